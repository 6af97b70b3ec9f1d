import Inventory

/// What kind of link there is, and so how much of it the uplink may take.
package struct LinkProfile: Sendable, Hashable {
  package enum Name: String, Sendable, CaseIterable {
    /// A harbour's Wi-Fi: nobody counts bytes.
    case marina
    /// A SIM card: bytes cost something.
    case cellular
    /// VSAT and the like: every byte counts, and every request takes seconds.
    case satellite
  }

  package var name: Name
  package var budget: Budget
  /// Lanes that travel over such a link at all; the others wait for a better one.
  package var lanes: Set<Lane>
  /// How long new changes of a lane are gathered before they go; what hurries goes at once.
  package var gathering: [Lane: Duration]
  /// zstd's level: where bytes cost more than the hub's spare time, the highest that pays.
  package var compression: Int

  package init(_ name: Name) {
    self.name = name
    switch name {
    case .marina:
      budget = Budget()
      lanes = Set(Lane.allCases)
      gathering = [:]
      compression = 12
    case .cellular:
      budget = Budget(hour: 20 << 20, day: 100 << 20, month: 1 << 30)
      lanes = Set(Lane.allCases)
      gathering = [.normal: .seconds(5), .bulk: .seconds(60)]
      compression = 19
    case .satellite:
      budget = Budget(hour: 1 << 20, day: 8 << 20, month: 100 << 20)
      lanes = [.first, .normal]
      gathering = [.normal: .seconds(60), .bulk: .seconds(60)]
      compression = 19
    }
  }
}
