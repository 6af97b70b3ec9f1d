import Access
import Inventory
import NIOCore
import Storage
import Wire

/// One party on the hub: who it is, what it listens to, and how it is spoken to. A device's
/// connection, or one namespace of a Socket.IO connection.
///
/// All dialects stand on this: topics, permissions, resume and delivery exist here once. An event
/// reaches a receiver once however many of its topics and renditions match, in log order, or the
/// receiver is closed. Lives on one event loop.
package final class Receiver {
  package let deck: Deck
  package let id: Int64
  package let address: String
  /// Where it connected, for statistics: `/api/ws`, `/ws-pos`.
  package let place: String
  package private(set) var identity: Identity? { didSet { unsettle() } }
  package private(set) var since: Int64 = 0
  private var voice: (any Voice)?
  /// From here on nothing is listened to, whatever answer comes late.
  private(set) var hasLeft = false
  /// In the order of preference, should several say the same event.
  private let renditions: [Rendition]
  private let asOf: Int64
  private var needsFlush = false
  /// Whether something live waits for the flush. A replay waits for its device, live events do not.
  private var wasTold = false
  /// The newest event that was offered, so that a second matching topic does not send it again.
  private var lastOffered: Int64 = 0
  /// Likewise for what passes.
  private var lastPassage: Int64 = 0
  var subscriptions: [Subscription.Key: Subscription] = [:] { didSet { unsettle() } }
  /// Those with whom it hears most of what it hears; `nil` while that is decided for it alone.
  var cohort: Cohort?
  /// Whether the deck will look for its cohort.
  var isUnsettled = false

  /// - Parameters:
  ///   - identity: as its rows said when the loop had delivered the log up to `asOf`.
  package init(
    deck: Deck, id: Int64, address: String, place: String, identity: Identity?, asOf: Int64,
    renditions: [Rendition]
  ) {
    self.deck = deck
    self.id = id
    self.address = address
    self.place = place
    self.identity = identity
    self.asOf = asOf
    self.renditions = renditions
  }

  package var hub: Hub { deck.hub }
  var lastHeard: NIODeadline { voice?.lastHeard ?? .now() }
  var roundTrip: TimeAmount? { voice?.roundTrip }
  package var isOpen: Bool { voice?.isOpen ?? false }

  package var presence: Presence? {
    identity.map { identity in
      Presence(
        connection: id, user: identity.user, name: identity.name, role: identity.role,
        device: identity.device, address: address, place: place, since: since)
    }
  }

  /// From here on the receiver is offered events.
  /// - Returns: whether it may stay. If not, it has been told why.
  @discardableResult
  package func enter(speaking voice: any Voice) -> Bool {
    self.voice = voice
    since = hub.now()
    deck.add(self)
    guard let identity else { return true }
    note("connection")
    hub.came(identity)
    hub.announce(.joined, self)
    // Told before this receiver was there to hear it; who may be meant is not worth finding out.
    guard deck.rightsChanged <= asOf else {
      close(.rightsChanged)
      return false
    }
    return true
  }

  /// The last call, once, however the connection ended. The connection's place is given back by
  /// whoever reserved it, the user's here.
  package func leave() {
    guard voice != nil else { return }
    hasLeft = true
    unlistenToAll()
    deck.remove(self)
    if let identity {
      hub.departed(identity.user)
      hub.went(identity)
      hub.announce(.left, self)
    }
    voice = nil
  }

  /// The hub's rows say that the bearer of a token is `identity`. Rights of an earlier one end.
  private func signedIn(_ identity: Identity) throws(Refusal) {
    try hub.arrived(identity.user, insteadOf: self.identity?.user)
    if self.identity != nil { hub.announce(.left, self) }
    note("connection")
    hub.came(identity)
    if let before = self.identity { hub.went(before) }
    if let before = self.identity, before.user != identity.user || before.role != identity.role {
      unlistenToAll()
    }
    self.identity = identity
    hub.announce(.joined, self)
  }

  /// Counts one use of the hub, of a kind that the dialect names, by whoever signed in.
  package func note(_ kind: String) {
    if let identity { hub.gate.usage.note(kind, by: identity.user) }
  }

  /// Makes the receiver who the bearer of `token` is, by the rows of this moment.
  package func signIn(_ token: String, done: @escaping (Result<Identity, Refusal>) -> Void) {
    let asOf = deck.head
    let bound = NIOLoopBound((self, done), eventLoop: deck.eventLoop)
    let (gate, eventLoop) = (hub.gate, deck.eventLoop)
    Task {
      let result: Result<Identity, Refusal>
      do throws(Refusal) {
        result = .success(try await gate.identity(token: token))
      } catch {
        result = .failure(error)
      }
      eventLoop.execute {
        let (receiver, done) = bound.value
        // Somebody's rights have changed since: the rows are read again.
        if receiver.isOpen, receiver.deck.rightsChanged > asOf {
          return receiver.signIn(token, done: done)
        }
        done(receiver.taken(result))
      }
    }
  }

  private func taken(_ result: Result<Identity, Refusal>) -> Result<Identity, Refusal> {
    do throws(Refusal) {
      let identity = try result.get()
      guard isOpen else { throw Refusal(.unavailable, "The connection has closed.") }
      try signedIn(identity)
      return .success(identity)
    } catch {
      return .failure(error)
    }
  }

  /// Submits a command on behalf of whoever signed in; `done` is called once, on this event loop.
  package func perform(
    _ request: CommandRequest, done: @escaping (Outcome) -> Void
  ) {
    guard let identity else {
      return done(.refused(Refusal(.unauthenticated, "Sign in before sending commands.")))
    }
    let bound = NIOLoopBound(done, eventLoop: deck.eventLoop)
    let eventLoop = deck.eventLoop
    hub.gate.submit(request, from: identity) { outcome in
      if eventLoop.inEventLoop {
        bound.value(outcome)
      } else {
        eventLoop.execute { bound.value(outcome) }
      }
    }
  }

  /// Asks the store beside the event loops; `done` is called once, on this one.
  package func ask<Value: Sendable>(
    _ question: @escaping @Sendable (Store) async throws(StoreError) -> Value,
    done: @escaping (Result<Value, Refusal>) -> Void
  ) {
    let bound = NIOLoopBound(done, eventLoop: deck.eventLoop)
    let (eventLoop, store) = (deck.eventLoop, hub.gate.ledger.store)
    Task {
      let result: Result<Value, Refusal>
      do throws(StoreError) {
        result = .success(try await question(store))
      } catch {
        result = .failure(Refusal(failure: error))
      }
      eventLoop.execute { bound.value(result) }
    }
  }

  /// Offers a live event; it is told when the person may hear it and a live subscription matches.
  func offer(_ shared: SharedEvent) {
    let isNew = shared.isPassing ? shared.passage != lastPassage : shared.event.seq > lastOffered
    guard isNew, let frames = frames(of: shared), selects(shared.event) else { return }
    if shared.isPassing {
      lastPassage = shared.passage
    } else {
      lastOffered = shared.event.seq
    }
    tell(frames)
  }

  /// What is to be told of a live event; `nil` where the person may not hear it or has not asked to.
  func frames(of shared: SharedEvent) -> SharedFrames? {
    let event = shared.event
    guard event.audience.includes(identity) else { return nil }
    for rendition in renditions where isSubscribed(to: event, in: rendition) {
      if let frames = shared.heard(by: identity)?.frames(in: rendition) { return frames }
    }
    return nil
  }

  /// What decides what it hears, short of what is meant for the person alone; `nil` while a replay is
  /// under way, or where the device has seen more than this loop has delivered.
  var cohortKey: Cohort.Key? {
    guard !subscriptions.isEmpty,
      subscriptions.values.allSatisfy({ $0.isLive && $0.start <= deck.head })
    else { return nil }
    return Cohort.Key(
      role: identity?.role, branches: identity?.branches ?? [], customer: identity?.customer,
      renditions: renditions.map(ObjectIdentifier.init), isSelective: voice?.isSelective ?? false,
      subscriptions: Set(subscriptions.keys.filter { !Topics.isPersonal($0.topic) }))
  }

  /// Whether the dialect leaves an event to be told.
  func selects(_ event: Event) -> Bool { voice?.selects(event) ?? false }

  private func unsettle() {
    guard !isUnsettled else { return }
    deck.unsettle(self)
  }

  /// Tells what concerns everybody who has signed in, whatever they listen to.
  func tellAnyway(_ shared: SharedEvent) {
    guard let rendition = renditions.first, shared.event.audience.includes(identity),
      let frames = shared.heard(by: identity)?.frames(in: rendition)
    else { return }
    tell(frames)
  }

  func tell(_ frames: SharedFrames) {
    guard let voice else { return }
    voice.say(frames, promise: nil)
    wasTold = true
    wrote(frames.messages.count)
    if !voice.isKeepingUp { close(.tooSlow) }
  }

  /// Tells a whole round's worth, which leaves at once, while all that it goes through is at hand.
  func tell(_ pieces: [SharedFrames]) {
    guard let voice else { return }
    for piece in pieces {
      voice.say(piece, promise: nil)
      deck.sent += piece.messages.count
    }
    voice.flush()
    if !voice.isKeepingUp { close(.tooSlow) }
  }

  /// Tells a missed event; `written` is kept when it is on its way.
  func replay(_ shared: SharedEvent, in rendition: Rendition, written: EventLoopPromise<Void>?) {
    guard let voice else {
      written?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    guard let frames = shared.heard(by: identity)?.frames(in: rendition), selects(shared.event)
    else {
      written?.succeed()
      return
    }
    voice.say(frames, promise: written)
    wrote(frames.messages.count)
  }

  package func close(_ farewell: Farewell) {
    voice?.close(farewell)
  }

  func ping() {
    voice?.ping()
  }

  func drop() {
    voice?.drop()
  }

  /// Counts a message from the device.
  package func read() { deck.received += 1 }

  /// Counts messages that were written to the device, which go out with whatever else is written in
  /// this turn of the loop.
  package func wrote(_ messages: Int = 1) {
    deck.sent += messages
    willFlush()
  }

  /// What was written goes out with whatever else is written in this turn of the loop.
  package func willFlush() {
    guard !needsFlush else { return }
    needsFlush = true
    deck.willFlush(self)
  }

  func flush() {
    needsFlush = false
    guard let voice else { return }
    voice.flush()
    if wasTold, !voice.isKeepingUp { close(.tooSlow) }
    wasTold = false
  }
}
