/// How the way down stands, for people and their screens.
package struct DownlinkStatus: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable {
    case starting, listening, applying, waiting, stopped
  }

  package var state = State.starting
  /// The last change from shore that was carried out.
  package var change: Int64 = 0
  /// Changes that were carried out or refused, since the hub started.
  package var applied: Int64 = 0
  package var refused: Int64 = 0
  /// Bytes through the socket to shore, since the hub started.
  package var bytesSent: Int64 = 0
  package var bytesReceived: Int64 = 0
  /// When shore last proved that it answered, in milliseconds since 1970 on the hub's clock.
  package var lastContact: Int64?
  /// What is in the way now, in one plain sentence; `nil` while nothing is.
  package var lastError: String?

  package init() {}
}
