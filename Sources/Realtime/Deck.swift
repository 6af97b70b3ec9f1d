import Access
import Inventory
import NIOCore

/// The receivers of one event loop, and who of them listens to what.
///
/// Everything here happens on that loop and needs no lock. Published events arrive in
/// one hop; each matching receiver is told once per event, however many of its topics match,
/// and flushed once per batch.
package final class Deck {
  package let eventLoop: any EventLoop
  package let hub: Hub
  private(set) var receivers: [ObjectIdentifier: Receiver] = [:]
  private(set) var listeners: [String: [ObjectIdentifier: Receiver]] = [:]
  private var unflushed: [Receiver] = []
  private var isFlushScheduled = false
  private var heartbeat: RepeatedTask?
  /// Messages from devices, and to them, since the start.
  var received = 0
  var sent = 0
  /// The last event that was delivered on this loop.
  package private(set) var head: Int64
  /// The last event among them that may have changed what somebody's rows say.
  private(set) var rightsChanged: Int64 = 0

  init(eventLoop: any EventLoop, hub: Hub, head: Int64) {
    self.eventLoop = eventLoop
    self.hub = hub
    self.head = head
  }

  var presences: [Presence] { receivers.values.compactMap(\.presence) }

  func add(_ receiver: Receiver) {
    receivers[ObjectIdentifier(receiver)] = receiver
    guard heartbeat == nil else { return }
    // A connection costs no timer of its own; one sweep per loop serves all, and none runs idle.
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    heartbeat = eventLoop.scheduleRepeatedTask(
      initialDelay: hub.heartbeat.sweep, delay: hub.heartbeat.sweep
    ) { _ in bound.value.sweep() }
  }

  func remove(_ receiver: Receiver) {
    receivers[ObjectIdentifier(receiver)] = nil
    if receivers.isEmpty {
      heartbeat?.cancel()
      heartbeat = nil
    }
  }

  func listen(_ receiver: Receiver, to topic: String) {
    listeners[topic, default: [:]][ObjectIdentifier(receiver)] = receiver
  }

  func unlisten(_ receiver: Receiver, to topic: String) {
    listeners[topic]?[ObjectIdentifier(receiver)] = nil
    if listeners[topic]?.isEmpty ?? false { listeners[topic] = nil }
  }

  func deliver(_ arrivals: Arrivals.Waiting) {
    hub.delivered(after: NIODeadline.now() - arrivals.since)
    for shared in arrivals.events {
      head = max(head, shared.event.seq)
      for topic in shared.event.topics {
        guard let listening = listeners[topic] else { continue }
        for receiver in listening.values { receiver.offer(shared) }
      }
      heed(shared.event)
    }
    flush()
  }

  func tellAll(_ shared: SharedEvent) {
    for receiver in receivers.values { receiver.tellAnyway(shared) }
    flush()
  }

  /// Events about people reach their open connections at once: a session that has ended is closed,
  /// and a person whose role or branches changed comes back under the new ones.
  private func heed(_ event: Event) {
    switch EventType(rawValue: event.type) {
    case .sessionEnded:
      rightsChanged = event.seq
      guard let session = SessionEvent(event)?.session else { return }
      for receiver in receivers.values where receiver.identity?.session == session {
        receiver.close(.sessionEnded)
      }
    case .userUpdated:
      rightsChanged = event.seq
      guard let user = SessionEvent(event)?.user else { return }
      for receiver in receivers.values where receiver.identity?.user == user {
        receiver.close(.rightsChanged)
      }
    default: break
    }
  }

  /// Registers a connection for one flush at the end of this turn of the loop.
  func willFlush(_ receiver: Receiver) {
    unflushed.append(receiver)
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.execute { bound.value.flush() }
  }

  private func flush() {
    isFlushScheduled = false
    let waiting = unflushed
    unflushed.removeAll(keepingCapacity: true)
    for receiver in waiting { receiver.flush() }
  }

  private func sweep() {
    let (now, silence) = (NIODeadline.now(), hub.heartbeat.silence)
    for receiver in receivers.values {
      let silent = now - receiver.lastHeard
      if silent > silence + silence {
        receiver.drop()
      } else if silent > silence - hub.heartbeat.sweep {
        receiver.ping()
      }
    }
  }

  func closeAll() {
    for receiver in receivers.values { receiver.close(.stopping) }
  }
}
