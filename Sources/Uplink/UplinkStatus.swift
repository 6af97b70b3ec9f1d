import Inventory

/// How the uplink stands, for people and their screens.
package struct UplinkStatus: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable {
    case starting, upToDate, sending, waiting, stopped
  }

  package var state = State.starting
  /// Events per lane that shore has not confirmed.
  package var pending: [Lane: Int64] = [:]
  /// When shore last proved that it read something, in milliseconds since 1970 on the hub's clock.
  package var lastContact: Int64?
  /// What is in the way now, in one plain sentence; `nil` while nothing is.
  package var lastError: String?
  /// Events that shore confirmed and bytes of bodies sent, since the hub started.
  package var eventsSent: Int64 = 0
  package var bytesSent: Int64 = 0
  /// Events put into the tray for a person, since the hub started.
  package var refused: Int64 = 0

  package init() {}

  package var words: String {
    let waiting = pending.values.reduce(0, +)
    let events = waiting == 1 ? "1 event waits" : "\(waiting) events wait"
    return switch state {
    case .starting: "The uplink is starting."
    case .upToDate: "Everything is safe on shore."
    case .sending: "Sending to shore: \(events)."
    case .waiting: "\(events) for shore. \(lastError ?? "Trying again soon.")"
    case .stopped: "The uplink is stopped: \(events)."
    }
  }
}
