import Access
import Inventory
import NIOCore
import NIOWebSocket

/// The connections of one event loop, and who of them listens to what.
///
/// Everything here happens on that loop and needs no lock. A published batch of events arrives in
/// one hop; each matching connection is written to once per event, however many of its topics match,
/// and flushed once per batch.
package final class Deck {
  let eventLoop: any EventLoop
  let hub: Hub
  private var connections: [ObjectIdentifier: HubConnection] = [:]
  private var listeners: [String: [ObjectIdentifier: HubConnection]] = [:]
  private var unflushed: [HubConnection] = []
  private var isFlushScheduled = false
  private var heartbeat: RepeatedTask?
  /// The last event that was delivered on this loop.
  private(set) var head: Int64
  /// The last event among them that may have changed what somebody's rows say.
  private(set) var rightsChanged: Int64 = 0

  init(eventLoop: any EventLoop, hub: Hub, head: Int64) {
    self.eventLoop = eventLoop
    self.hub = hub
    self.head = head
  }

  var presences: [Presence] { connections.values.compactMap(\.presence) }

  func add(_ connection: HubConnection) {
    connections[ObjectIdentifier(connection)] = connection
    guard heartbeat == nil else { return }
    // A connection costs no timer of its own; one sweep per loop serves all, and none runs idle.
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    heartbeat = eventLoop.scheduleRepeatedTask(
      initialDelay: hub.heartbeat.sweep, delay: hub.heartbeat.sweep
    ) { _ in bound.value.sweep() }
  }

  func remove(_ connection: HubConnection) {
    connections[ObjectIdentifier(connection)] = nil
    if connections.isEmpty {
      heartbeat?.cancel()
      heartbeat = nil
    }
  }

  func listen(_ connection: HubConnection, to topic: String) {
    listeners[topic, default: [:]][ObjectIdentifier(connection)] = connection
  }

  func unlisten(_ connection: HubConnection, to topic: String) {
    listeners[topic]?[ObjectIdentifier(connection)] = nil
    if listeners[topic]?.isEmpty ?? false { listeners[topic] = nil }
  }

  func deliver(_ events: [SharedEvent]) {
    for shared in events {
      head = max(head, shared.event.seq)
      for topic in shared.event.topics {
        guard let receivers = listeners[topic] else { continue }
        for connection in receivers.values { connection.offer(shared) }
      }
      heed(shared.event)
    }
    flush()
  }

  /// Something of the moment that is no event: not logged, not replayed.
  func announce(_ frame: ByteBuffer, topic: String, to audience: Audience) {
    guard let receivers = listeners[topic] else { return }
    for connection in receivers.values where audience.includes(connection.identity) {
      connection.push(frame)
    }
    flush()
  }

  func tellAll(_ frame: ByteBuffer) {
    for connection in connections.values where connection.identity != nil {
      connection.push(frame)
    }
    flush()
  }

  /// Events about people reach their open connections at once: a session that has ended is closed,
  /// and a person whose role or branches changed comes back under the new ones.
  private func heed(_ event: Event) {
    switch EventType(rawValue: event.type) {
    case .sessionEnded:
      rightsChanged = event.seq
      guard let session = SessionEvent(event)?.session else { return }
      for connection in connections.values where connection.identity?.session == session {
        connection.close(.signedOut, "This session has ended. Sign in again.")
      }
    case .userUpdated:
      rightsChanged = event.seq
      guard let user = SessionEvent(event)?.user else { return }
      for connection in connections.values where connection.identity?.user == user {
        connection.close(.identityChanged, "Your rights have changed. Connect again.")
      }
    default: break
    }
  }

  /// Registers a connection for one flush at the end of this turn of the loop.
  func willFlush(_ connection: HubConnection) {
    unflushed.append(connection)
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.execute { bound.value.flush() }
  }

  private func flush() {
    isFlushScheduled = false
    let waiting = unflushed
    unflushed.removeAll(keepingCapacity: true)
    for connection in waiting { connection.flush() }
  }

  private func sweep() {
    let (now, silence) = (NIODeadline.now(), hub.heartbeat.silence)
    for connection in connections.values {
      let silent = now - connection.lastHeard
      if silent > silence + silence {
        connection.drop()
      } else if silent > silence - hub.heartbeat.sweep {
        connection.ping()
      }
    }
  }

  func closeAll(_ reason: String) {
    for connection in connections.values { connection.close(.goingAway, reason) }
  }
}
