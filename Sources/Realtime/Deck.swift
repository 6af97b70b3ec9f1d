import Access
import Inventory
import NIOCore

/// The receivers of one event loop, and who of them listens to what.
///
/// Everything here happens on that loop and needs no lock. Published events arrive in
/// one hop; each matching receiver is told once per event, however many of its topics match,
/// and flushed once per batch. Who hears what is decided by cohort, and one by one only for those
/// who wait for a replay or have just come, and for what is meant for one person.
package final class Deck {
  package let eventLoop: any EventLoop
  package let hub: Hub
  private(set) var receivers: [ObjectIdentifier: Receiver] = [:]
  /// Who is asked one by one: those without a cohort, and everybody under topics of their own.
  private var listeners: [String: [ObjectIdentifier: Receiver]] = [:]
  private var cohorts: [Cohort.Key: Cohort] = [:]
  private var cohortsByTopic: [String: [ObjectIdentifier: Cohort]] = [:]
  private var unsettled: [Receiver] = []
  private var unflushed: [Receiver] = []
  private var isFlushScheduled = false
  private var restsUntil = NIODeadline.uptimeNanoseconds(0)
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
    unsettled.removeAll { $0 === receiver }
    if receivers.isEmpty {
      heartbeat?.cancel()
      heartbeat = nil
    }
  }

  /// Topics that anybody listens to.
  var topics: Int { Set(listeners.keys).union(cohortsByTopic.keys).count }

  func listen(_ receiver: Receiver, to topic: String) {
    listeners[topic, default: [:]][ObjectIdentifier(receiver)] = receiver
  }

  func unlisten(_ receiver: Receiver, to topic: String) {
    listeners[topic]?[ObjectIdentifier(receiver)] = nil
    if listeners[topic]?.isEmpty ?? false { listeners[topic] = nil }
  }

  /// What the receiver hears has changed: it is asked one by one until the next delivery.
  func unsettle(_ receiver: Receiver) {
    receiver.isUnsettled = true
    unsettled.append(receiver)
    guard let cohort = receiver.cohort else { return }
    receiver.cohort = nil
    cohort.leave(receiver)
    for topic in cohort.key.topics where receiver.topics.contains(topic) {
      listen(receiver, to: topic)
    }
    guard cohort.members.isEmpty else { return }
    cohorts[cohort.key] = nil
    for topic in cohort.key.topics {
      cohortsByTopic[topic]?[ObjectIdentifier(cohort)] = nil
      if cohortsByTopic[topic]?.isEmpty ?? false { cohortsByTopic[topic] = nil }
    }
  }

  private func settle() {
    let candidates = unsettled
    unsettled.removeAll(keepingCapacity: true)
    for receiver in candidates {
      guard let key = receiver.cohortKey else {
        if receiver.subscriptions.isEmpty {
          receiver.isUnsettled = false
        } else {
          unsettled.append(receiver)
        }
        continue
      }
      receiver.isUnsettled = false
      let cohort = cohorts[key] ?? found(key)
      cohort.join(receiver)
      receiver.cohort = cohort
      for topic in key.topics { unlisten(receiver, to: topic) }
    }
  }

  private func found(_ key: Cohort.Key) -> Cohort {
    let cohort = Cohort(key: key)
    cohorts[key] = cohort
    for topic in key.topics {
      cohortsByTopic[topic, default: [:]][ObjectIdentifier(cohort)] = cohort
    }
    return cohort
  }

  /// Delivers what waits; after a long round not before the loop has had as much time for all else.
  /// What comes meanwhile shares the next round, whose cost is in the writes and not in what they hold.
  func fetch(_ arrivals: Arrivals) {
    guard NIODeadline.now() < restsUntil else { return deliver(arrivals.take()) }
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(deadline: restsUntil) { bound.value.deliver(arrivals.take()) }
  }

  /// A round that took less is followed by the next at once.
  private static let shortRound = TimeAmount.milliseconds(1)
  private static let longestRest = TimeAmount.milliseconds(20)

  func deliver(_ arrivals: Arrivals.Waiting) {
    guard !arrivals.events.isEmpty else { return }
    let start = NIODeadline.now()
    hub.delivered(after: start - arrivals.since)
    settle()
    var round = Round()
    for shared in arrivals.events {
      head = max(head, shared.event.seq)
      round.events.append(shared)
      for topic in shared.event.topics { offer(shared, under: topic, in: &round) }
      if Self.heeded.contains(shared.event.type) {
        // Whom it sends away has heard all that came before.
        finish(&round)
        heed(shared.event)
      }
    }
    finish(&round)
    flush()
    let end = NIODeadline.now()
    if end - start > Self.shortRound { restsUntil = end + min(end - start, Self.longestRest) }
  }

  /// Events that are told in a row.
  private struct Round {
    var events: [SharedEvent] = []
    var cohorts: [Cohort] = []
    /// Members of cohorts who hear something of their own as well.
    var apart: [ObjectIdentifier: Receiver] = [:]

    mutating func setApart(_ cohort: Cohort, where condition: (Receiver) -> Bool) {
      for member in cohort.members where condition(member) {
        apart[ObjectIdentifier(member)] = member
      }
    }
  }

  private func offer(_ shared: SharedEvent, under topic: String, in round: inout Round) {
    for receiver in listeners[topic]?.values ?? [:].values {
      if receiver.cohort == nil {
        receiver.offer(shared)
      } else {
        round.apart[ObjectIdentifier(receiver)] = receiver
      }
    }
    for cohort in cohortsByTopic[topic]?.values ?? [:].values {
      if let user = shared.event.audience.user {
        round.setApart(cohort) { $0.identity?.user == user }
        continue
      }
      if cohort.key.isSelective { round.setApart(cohort) { !$0.selects(shared.event) } }
      if cohort.hear(shared) { round.cohorts.append(cohort) }
    }
  }

  private func finish(_ round: inout Round) {
    for receiver in round.apart.values {
      for shared in round.events { receiver.offer(shared) }
    }
    for cohort in round.cohorts { cohort.tell(except: round.apart) }
    round = Round()
  }

  func tellAll(_ shared: SharedEvent) {
    for receiver in receivers.values { receiver.tellAnyway(shared) }
    flush()
  }

  private static let heeded = Set([EventType.sessionEnded, .userUpdated].map(\.rawValue))

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
