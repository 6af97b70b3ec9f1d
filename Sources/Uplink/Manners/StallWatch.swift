import Storage

/// Decides when people must be told that the uplink stands still: once for each time that something
/// waits and nothing gets ashore for so many minutes of powered time, and once when it goes on.
package struct StallWatch: Sendable, Hashable {
  package enum Order: Sendable, Hashable {
    case none
    case raise(minutes: Int64)
    case clear
  }

  private let patience: Duration
  /// Powered time in milliseconds since which something waits and nothing moves.
  package private(set) var since: Int64?
  private var isAlarmed: Bool

  package init(patience: Duration, since: Int64? = nil, isAlarmed: Bool = false) {
    self.patience = patience
    self.since = since
    self.isAlarmed = isAlarmed
  }

  package mutating func progressed() {
    since = nil
  }

  /// - Parameter isPlanned: it waits because it should, as for a budget.
  package mutating func looked(
    powered: Int64, pending: Int64, isPlanned: Bool
  ) -> Order {
    guard pending > 0, !isPlanned else {
      if pending == 0 { since = nil }
      return pending == 0 ? clear() : .none
    }
    guard let since else {
      since = powered
      return clear()
    }
    let still = powered - since
    guard still >= patience.milliseconds, !isAlarmed else { return .none }
    isAlarmed = true
    return .raise(minutes: still / 60_000)
  }

  private mutating func clear() -> Order {
    guard isAlarmed else { return .none }
    isAlarmed = false
    return .clear
  }
}
