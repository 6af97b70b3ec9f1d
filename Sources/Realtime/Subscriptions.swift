import Access
import Inventory
import NIOCore
import Storage
import Wire

/// What a receiver listens to under one topic, in one rendition.
struct Subscription {
  struct Key: Hashable {
    var topic: String
    var rendition: ObjectIdentifier
  }

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

/// How a subscription that asked for what it missed came to be live. Exactly one of promise 4's answers,
/// or plainly live where nothing was asked for.
package enum Resumed: String, Sendable {
  case live, replayed
  case nothingMissed = "nothing_missed"
  case snapshotRequired = "snapshot_required"
}

/// Subscribing, with resume: register first, replay from the log, go live, then say so.
extension Receiver {
  /// Listens to `topics`, which `mayListen(to:)` allows, in `rendition`.
  /// - Parameters:
  ///   - position: what was seen last; what was missed since is told first, in log order.
  ///   - done: called once on this event loop, at once where there is nothing to replay; not at all
  ///     when the connection ends before.
  package func listen(
    to topics: [String], in rendition: Rendition, after position: Position? = nil,
    done: @escaping (Result<Resumed, Refusal>) -> Void
  ) {
    guard !hasLeft else { return }
    let keys = topics.map { Subscription.Key(topic: $0, rendition: ObjectIdentifier(rendition)) }
    let fresh = keys.filter { subscriptions[$0] == nil }
    let taken = subscriptions.keys.count { $0.rendition == ObjectIdentifier(rendition) }
    guard fresh.isEmpty || taken + fresh.count <= hub.limits.subscriptions else {
      return done(
        .failure(
          Refusal(.tooLarge, "A connection has at most \(hub.limits.subscriptions) subscriptions."))
      )
    }
    let wish = Wish(keys: keys, rendition: rendition, done: done)
    guard let position else {
      goLive(wish)
      return done(.success(.live))
    }
    resume(wish, from: position)
  }

  /// Listens to `topics` from now on, where there is room for more subscriptions.
  package func listen(to topics: [String], in rendition: Rendition) {
    listen(to: topics, in: rendition) { _ in }
  }

  package func unlisten(to topic: String, in rendition: Rendition) {
    let key = Subscription.Key(topic: topic, rendition: ObjectIdentifier(rendition))
    guard subscriptions.removeValue(forKey: key) != nil,
      !subscriptions.keys.contains(where: { $0.topic == topic })
    else { return }
    deck.unlisten(self, to: topic)
  }

  package func isListening(to topic: String, in rendition: Rendition) -> Bool {
    subscriptions[Subscription.Key(topic: topic, rendition: ObjectIdentifier(rendition))] != nil
  }

  /// The topics of live and coming subscriptions, once each.
  package var topics: Set<String> { Set(subscriptions.keys.map(\.topic)) }

  func unlistenToAll() {
    for topic in topics { deck.unlisten(self, to: topic) }
    subscriptions = [:]
  }

  func isSubscribed(to event: Event, in rendition: Rendition) -> Bool {
    let id = ObjectIdentifier(rendition)
    return event.topics.contains { topic in
      subscriptions[Subscription.Key(topic: topic, rendition: id)].map {
        $0.isLive && (event.seq == 0 || event.seq > $0.start)
      } ?? false
    }
  }

  /// Whether whoever signed in may listen to `topic` at all. What they then hear is decided event by
  /// event.
  package func mayListen(to topic: String) -> Bool {
    Topics.mayListen(identity, to: topic)
  }

  private struct Wish {
    var keys: [Subscription.Key]
    var rendition: Rendition
    var done: (Result<Resumed, Refusal>) -> Void
  }

  private func goLive(_ wish: Wish) {
    for key in wish.keys {
      let start = subscriptions[key].map { $0.isLive ? $0.start : deck.head } ?? deck.head
      subscriptions[key] = Subscription(start: start, progress: .live)
      deck.listen(self, to: key.topic)
    }
  }

  private func withdraw(_ wish: Wish) {
    for key in wish.keys { unlisten(to: key.topic, in: wish.rendition) }
  }

  private func resume(_ wish: Wish, from position: Position) {
    let bound = NIOLoopBound((self, wish), eventLoop: deck.eventLoop)
    let eventLoop = deck.eventLoop
    hub.log.resumption(from: position) { result in
      eventLoop.execute {
        let (receiver, wish) = bound.value
        guard receiver.isOpen else { return }
        switch result {
        case .success(.snapshotRequired):
          receiver.goLive(wish)
          wish.done(.success(.snapshotRequired))
        case .success(.nothingMissed), .success(.replay):
          for key in wish.keys {
            receiver.subscriptions[key] = Subscription(
              start: position.seq, progress: .replaying(through: position.seq))
            receiver.deck.listen(receiver, to: key.topic)
          }
          receiver.catchUp(wish, through: position.seq, .nothingMissed)
        case .failure(let error): wish.done(.failure(Refusal(failure: error)))
        }
      }
    }
  }

  /// Goes live when the replay has reached what this loop has delivered, else reads another page.
  private func catchUp(_ wish: Wish, through seq: Int64, _ way: Resumed) {
    guard isOpen else { return }
    guard wish.keys.contains(where: { subscriptions[$0] != nil }) else {
      return wish.done(.success(way))
    }
    guard seq < deck.head else {
      for key in wish.keys { subscriptions[key]?.progress = .live }
      return wish.done(.success(way))
    }
    let bound = NIOLoopBound((self, wish), eventLoop: deck.eventLoop)
    let eventLoop = deck.eventLoop
    hub.log.page(after: seq) { result in
      eventLoop.execute {
        let (receiver, wish) = bound.value
        switch result {
        case .success(let page): receiver.replay(page, wish, after: seq, way)
        case .failure(let error):
          receiver.withdraw(wish)
          wish.done(.failure(Refusal(failure: error)))
        }
      }
    }
  }

  /// Sends what of `page` is wanted and waits until it is written before the next page is read.
  private func replay(_ page: [SharedEvent], _ wish: Wish, after seq: Int64, _ way: Resumed) {
    guard isOpen else { return }
    // What this loop has not delivered yet comes live to other subscriptions; it is left to then.
    let reached = page.filter { $0.event.seq <= deck.head }
    let through = reached.last?.event.seq ?? deck.head
    let wished = Set(wish.keys)
    let topics = Set(wish.keys.map(\.topic))
    let rendition = ObjectIdentifier(wish.rendition)
    let missed = reached.filter { shared in
      let event = shared.event
      return event.topics.contains(where: topics.contains) && event.audience.includes(identity)
        && !subscriptions.contains { key, subscription in
          key.rendition == rendition && !wished.contains(key)
            && event.topics.contains(key.topic) && subscription.covers(event.seq)
        }
    }
    for key in wish.keys { subscriptions[key]?.progress = .replaying(through: through) }
    guard let last = missed.last else { return catchUp(wish, through: through, way) }
    for shared in missed.dropLast() { replay(shared, in: wish.rendition, written: nil) }
    let written = deck.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound((self, wish), eventLoop: deck.eventLoop)
    written.futureResult.whenComplete { _ in
      let (receiver, wish) = bound.value
      receiver.catchUp(wish, through: through, .replayed)
    }
    replay(last, in: wish.rendition, written: written)
  }
}
