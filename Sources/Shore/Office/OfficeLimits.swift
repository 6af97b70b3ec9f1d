import WebSockets

/// How much the office's sockets may take, and how long they may be silent.
package struct OfficeLimits: Sendable {
  package var connections = 500
  package var subscriptions = 200
  /// Messages of one socket within a minute; twice as many end it.
  package var messagesPerMinute = 200
  package var messageSize = 16 << 10
  package var jsonDepth = 16
  /// Bytes that may wait for a slow reader before it is closed.
  package var waitingBytes = 1 << 20
  /// Events of one site that a screen may have missed; beyond that it takes a snapshot.
  package var replayedEvents = 20_000
  package var heartbeat = Heartbeat()

  package init() {}
}
