import Inventory

/// How the uplink stands, for people and their screens.
package struct UplinkStatus: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable {
    case starting, upToDate, sending, waiting, stopped
  }

  package struct Allowance: Sendable, Hashable {
    package var hours: Int64
    package var limit: Int64
    package var spent: Int64
  }

  package var state = State.starting
  package var profile: LinkProfile.Name
  /// Events per lane that shore has not confirmed.
  package var pending: [Lane: Int64] = [:]
  /// When shore last proved that it read something, in milliseconds since 1970 on the hub's clock.
  package var lastContact: Int64?
  /// What is in the way now, in one plain sentence; `nil` while nothing is.
  package var lastError: String?
  /// Why some lanes wait although nothing is in the way: a budget, or the kind of link.
  package var planned: String?
  /// Events that shore confirmed, since the hub started.
  package var eventsSent: Int64 = 0
  /// Bytes through the sockets to shore, since the hub started.
  package var bytesSent: Int64 = 0
  package var bytesReceived: Int64 = 0
  /// Events put into the tray for a person, since the hub started.
  package var refused: Int64 = 0
  /// What the link was last measured to carry.
  package var bytesPerSecond: Int64?
  package var eventsPerSecond: Double?
  package var roundTrip: Duration?
  package var budget: [Allowance] = []
  /// By how much the hub's clock is ahead of shore's, in milliseconds; behind is negative.
  package var clockAhead: Int64?

  package init(profile: LinkProfile.Name = .marina) {
    self.profile = profile
  }

  package var waiting: Int64 { pending.values.reduce(0, +) }

  /// In how many seconds everything will be ashore, as fast as it goes now.
  package var secondsLeft: Int64? {
    guard state == .sending, let eventsPerSecond, eventsPerSecond > 0 else { return nil }
    return Int64((Double(waiting) / eventsPerSecond).rounded(.up))
  }

  /// Why nothing moves; `nil` while something does, or nothing has to.
  package var reason: String? {
    state == .waiting || state == .stopped ? lastError ?? planned : nil
  }

  package var words: String {
    let events = waiting == 1 ? "1 event waits" : "\(waiting) events wait"
    return switch state {
    case .starting: "The uplink is starting."
    case .upToDate: "Everything is safe on shore."
    case .sending: "Sending to shore: \(events)."
    case .waiting: "\(events) for shore. \(reason ?? "Trying again soon.")"
    case .stopped: "The uplink is stopped: \(events)."
    }
  }
}
