import Access
import Inventory
import NIOCore
import Storage
import Wire

/// What a connection listens to under one topic.
struct Subscription {
  /// The subscription covers events after this.
  var start: Int64
  /// How far a replay has come; live once it has caught up.
  var progress: Progress

  enum Progress { case replaying(through: Int64), live }

  var isLive: Bool { if case .live = progress { true } else { false } }

  /// Whether the event of `seq` has been sent, or will be, under this subscription.
  func covers(_ seq: Int64) -> Bool {
    switch progress {
    case .live: seq > start
    case .replaying(let through): seq > start && seq <= through
    }
  }
}

/// Subscribing, with resume: register first, replay from the log, go live, then say so.
extension HubConnection {
  private enum Way: String {
    case live, replayed
    case nothingMissed = "nothing_missed"
    case snapshotRequired = "snapshot_required"
  }

  func subscribe(_ data: JSON, id: JSON?) {
    guard let topic = data["topic"]?.text ?? data["namespace"]?.text, topic.utf8.count <= 256 else {
      return refuse(
        Refusal(.invalidField, "namespace or topic is missing.", field: "topic"), id: id)
    }
    guard mayListen(to: topic) else {
      return refuse(
        Refusal(.forbidden, "No permission to subscribe to \(topic).", field: "topic"), id: id)
    }
    guard subscriptions[topic] != nil || subscriptions.count < hub.limits.subscriptions else {
      return refuse(
        Refusal(.tooLarge, "A connection has at most \(hub.limits.subscriptions) subscriptions."),
        id: id)
    }
    let request = Request(topic: topic, isNamespace: data["topic"] == nil, id: id)
    guard let after = data["after"], !after.isNull else { return goLive(request, .live) }
    guard let epoch = after["epoch"]?.text, let seq = after["seq"]?.integer, seq >= 0 else {
      return refuse(
        Refusal(.invalidField, "after must hold an epoch and a seq.", field: "after"), id: id)
    }
    resume(request, from: Position(epoch: epoch, seq: seq))
  }

  func unsubscribe(_ data: JSON, id: JSON?) {
    guard let topic = data["topic"]?.text ?? data["namespace"]?.text else {
      return refuse(
        Refusal(.invalidField, "namespace or topic is missing.", field: "topic"), id: id)
    }
    if subscriptions.removeValue(forKey: topic) != nil { deck.unlisten(self, to: topic) }
    send(
      .compact([
        "type": "unsubscribed", "id": id,
        "data": .compact([data["topic"] == nil ? "namespace" : "topic": .string(topic)]),
      ]))
  }

  private struct Request {
    var topic: String
    var isNamespace: Bool
    var id: JSON?
  }

  private func mayListen(to topic: String) -> Bool {
    if topic == Presence.topic { return identity.map { Roles.crew.contains($0.role) } ?? false }
    // Messages to people have a topic of their own, since the system namespace is for admins.
    if topic == "notifications" { return true }
    if topic.hasPrefix("notifications:") {
      return identity.map { topic == "notifications:\($0.user)" } ?? false
    }
    guard let namespace = Namespace(topic: topic) else { return false }
    return namespace.readers.contains(identity?.role ?? .guest)
  }

  private func goLive(_ request: Request, _ way: Way) {
    let start = subscriptions[request.topic].map { $0.isLive ? $0.start : deck.head } ?? deck.head
    subscriptions[request.topic] = Subscription(start: start, progress: .live)
    deck.listen(self, to: request.topic)
    confirm(request, way)
  }

  private func confirm(_ request: Request, _ way: Way) {
    send(
      .compact([
        "type": "subscribed", "id": request.id,
        "data": .compact([
          request.isNamespace ? "namespace" : "topic": .string(request.topic),
          "outcome": .string(way.rawValue), "epoch": .string(hub.epoch), "seq": .int(deck.head),
        ]),
      ]))
  }

  private func resume(_ request: Request, from position: Position) {
    pause()
    let bound = NIOLoopBound((self, request), eventLoop: deck.eventLoop)
    let eventLoop = deck.eventLoop
    hub.log.resumption(from: position) { result in
      eventLoop.execute {
        let (connection, request) = bound.value
        guard connection.isOpen else { return }
        switch result {
        case .success(.snapshotRequired):
          connection.goLive(request, .snapshotRequired)
          connection.resume()
        case .success(.nothingMissed), .success(.replay):
          connection.subscriptions[request.topic] = Subscription(
            start: position.seq, progress: .replaying(through: position.seq))
          connection.deck.listen(connection, to: request.topic)
          connection.catchUp(request, through: position.seq, .nothingMissed)
        case .failure(let error):
          connection.refuse(Refusal(failure: error), id: request.id)
          connection.resume()
        }
      }
    }
  }

  /// Goes live when the replay has reached what this loop has delivered, else reads another page.
  private func catchUp(_ request: Request, through seq: Int64, _ way: Way) {
    guard isOpen, subscriptions[request.topic] != nil else { return resume() }
    guard seq < deck.head else {
      subscriptions[request.topic]?.progress = .live
      confirm(request, way)
      return resume()
    }
    let bound = NIOLoopBound((self, request), eventLoop: deck.eventLoop)
    let eventLoop = deck.eventLoop
    hub.log.page(after: seq) { result in
      eventLoop.execute {
        let (connection, request) = bound.value
        switch result {
        case .success(let page): connection.replay(page, request, after: seq)
        case .failure(let error):
          connection.subscriptions[request.topic] = nil
          connection.deck.unlisten(connection, to: request.topic)
          connection.refuse(Refusal(failure: error), id: request.id)
          connection.resume()
        }
      }
    }
  }

  /// Sends what of `page` is wanted and waits until it is written before the next page is read.
  private func replay(_ page: [SharedEvent], _ request: Request, after seq: Int64) {
    guard isOpen else { return resume() }
    // What this loop has not delivered yet comes live to other subscriptions; it is left to then.
    let reached = page.filter { $0.event.seq <= deck.head }
    let through = reached.last?.event.seq ?? deck.head
    let missed = reached.filter { shared in
      let event = shared.event
      return event.topics.contains(request.topic) && event.audience.includes(identity)
        && !event.topics.contains { topic in
          topic != request.topic && subscriptions[topic]?.covers(event.seq) ?? false
        }
    }
    subscriptions[request.topic]?.progress = .replaying(through: through)
    guard let last = missed.last else { return catchUp(request, through: through, .replayed) }
    for shared in missed.dropLast() { send(shared.frame) }
    let written = deck.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound((self, request), eventLoop: deck.eventLoop)
    written.futureResult.whenComplete { _ in
      let (connection, request) = bound.value
      connection.catchUp(request, through: through, .replayed)
    }
    send(last.frame, promise: written)
  }
}
