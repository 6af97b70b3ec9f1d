import Access
import Inventory
import Logging
import NIOCore
import Storage
import Synchronization
import Wire

/// All live connections, on all event loops.
///
/// Owns the decks, one an event loop, and the counts that connection limits are checked against.
/// Promises that an event reaches each connection that listens and may hear it once and in log
/// order, or that the connection is closed with a code. Imports Access, Storage and NIO; knows
/// nothing of REST.
package final class Hub: Sendable {
  package let gate: Gate
  package let epoch: String
  let log: ReplayReader
  package let heartbeat: Heartbeat
  package let now: @Sendable () -> Int64
  private let decks: Mutex<[Berth]>
  private let counts = Mutex(Counts())
  private let strain: Mutex<Strain>
  /// Not within `counts`: what is told of them keeps the order in which it came to be.
  private let customers = Mutex(CustomersAboard())

  private struct Berth {
    var loop: any EventLoop
    var deck: NIOLoopBound<Deck>
    var arrivals = Arrivals()

    /// On its loop: what has been published before, then `body`.
    func catchUp(_ body: (Deck) -> Void = { _ in }) {
      deck.value.deliver(arrivals.take())
      body(deck.value)
    }
  }

  private struct Counts {
    var total = 0
    var byAddress: [String: Int] = [:]
    var byUser: [Int64: Int] = [:]
    var byRoom: [String: Int] = [:]
    var lastConnection: Int64 = 0
    var attempts = RateLimiter<String>()
    var opened = 0
    var refused = 0
    var published = 0
    var dropped = 0
  }

  package init(
    gate: Gate, position: Position, heartbeat: Heartbeat = Heartbeat(),
    strain: Strain = Strain(), now: @escaping @Sendable () -> Int64 = Store.systemTime
  ) {
    self.gate = gate
    self.heartbeat = heartbeat
    self.now = now
    self.strain = Mutex(strain)
    epoch = position.epoch
    decks = Mutex([])
    log = ReplayReader(
      store: gate.ledger.store, epoch: position.epoch, limit: gate.limits.replayedEvents,
      pageBytes: gate.limits.waitingBytes / 2)
  }

  package var limits: Limits { gate.limits }

  /// Gives every loop of `group` its deck; events after `head` are delivered from then on.
  package func start(on group: any EventLoopGroup, head: Int64) async throws {
    for loop in group.makeIterator() {
      let deck = try await loop.submit {
        NIOLoopBound(Deck(eventLoop: loop, hub: self, head: head), eventLoop: loop)
      }.get()
      decks.withLock { $0.append(Berth(loop: loop, deck: deck)) }
    }
  }

  package func deck(on loop: any EventLoop) -> Deck? {
    decks.withLock { $0 }.first { $0.loop === loop }?.deck.value
  }

  /// After what has been published before.
  private func onEachDeck(_ body: @escaping @Sendable (Deck) -> Void) {
    for berth in decks.withLock({ $0 }) {
      berth.loop.execute { berth.catchUp(body) }
    }
  }

  /// Delivers committed events, one hop per event loop.
  package func publish(_ events: [Event]) {
    let shared = events.map { SharedEvent($0, epoch: epoch) }
    counts.withLock { $0.published += events.count }
    deliver(shared)
  }

  /// One hop per event loop; what comes while a loop is busy is delivered with what came before.
  private func deliver(_ events: [SharedEvent]) {
    let published = NIODeadline.now()
    for berth in decks.withLock({ $0 }) {
      guard berth.arrivals.add(events, published: published) else { continue }
      berth.loop.execute { berth.deck.value.fetch(berth.arrivals) }
    }
  }

  /// Tells whoever listens now something of the moment, which is neither logged nor replayed, and
  /// not told at all while the event loops are behind.
  package func announce(
    _ type: String, topics: [String], to audience: Audience, _ data: JSON
  ) {
    guard relief < .passingIsDropped else { return counts.withLock { $0.dropped += 1 } }
    let shared = SharedEvent(
      passing: type, topics: topics, audience: audience, data: data.encoded, time: now())
    deliver([shared])
  }

  /// Counts a connection of `identity`, and tells the crew when a customer has come with it.
  func came(_ identity: Identity) {
    guard let customer = identity.customer, identity.role == .customer else { return }
    customers.withLock { if $0.came(customer) { tell(customer, isOnline: true) } }
  }

  /// The opposite of `came`.
  func went(_ identity: Identity) {
    guard let customer = identity.customer, identity.role == .customer else { return }
    customers.withLock { if $0.went(customer) { tell(customer, isOnline: false) } }
  }

  private func tell(_ customer: Int64, isOnline: Bool) {
    announce(
      isOnline ? "customer:online" : "customer:offline",
      topics: ["customers", "customers:\(customer)"], to: Audience(roles: .crew),
      ["customerId": .int(customer), "isOnline": .bool(isOnline), "lastSeen": .int(now())])
  }

  /// An event loop was so late with what was published.
  func delivered(after delay: TimeAmount) {
    strain.withLock { $0.delivered(after: .nanoseconds(delay.nanoseconds), at: Self.uptime) }
  }

  /// What the hub gives up at this moment to keep its promises.
  package var relief: Strain.Relief { strain.withLock { $0.relief(at: Self.uptime) } }

  private static var uptime: Duration {
    .nanoseconds(Int64(NIODeadline.now().uptimeNanoseconds))
  }

  /// Tells every device how far the log is safe on shore: the second receipt.
  package func tellShore(through seq: Int64) {
    let data: JSON = ["epoch": .string(epoch), "through": .int(seq)]
    let shared = SharedEvent(
      passing: "shore", topics: [], audience: Audience(roles: .signedIn), data: data.encoded,
      time: now())
    onEachDeck { $0.tellAll(shared) }
  }

  enum Movement: String { case joined, left }

  func announce(_ movement: Movement, _ receiver: Receiver) {
    guard let presence = receiver.presence else { return }
    announce(
      "presence:\(movement.rawValue)", topics: [Topics.presence], to: Audience(roles: .crew),
      presence.json)
  }

  /// Reads the store off the event loops; `answer` is called once, on a thread of its own.
  package func read<Value: Sendable>(
    _ body: @escaping @Sendable (Store) throws(StoreError) -> Value,
    answer: @escaping @Sendable (Result<Value, StoreError>) -> Void
  ) {
    log.read(body, answer)
  }

  /// Who is connected at this moment.
  package func presences(on loop: any EventLoop) -> EventLoopFuture<[Presence]> {
    let answers = decks.withLock { $0 }.map { berth in
      berth.loop.submit { berth.deck.value.presences }
    }
    return EventLoopFuture.whenAllSucceed(answers, on: loop).map { $0.flatMap { $0 } }
  }

  package func presences() async throws -> [Presence] {
    guard let loop = decks.withLock({ $0.first?.loop }) else { return [] }
    return try await presences(on: loop).get()
  }

  package func census() async throws -> Census {
    var census = Census()
    for berth in decks.withLock({ $0 }) {
      census = census + (try await berth.loop.submit { berth.deck.value.census }.get())
    }
    return census
  }

  /// Says goodbye to every device.
  package func closeAll() {
    onEachDeck { $0.closeAll() }
  }

  /// Completes after every event loop has turned once and delivered what had been published before; the
  /// watchdog's question.
  package func turn() async throws {
    for berth in decks.withLock({ $0 }) {
      try await berth.loop.submit { berth.catchUp() }.get()
    }
  }
}

/// Counting connections against the limits.
extension Hub {
  package struct Traffic: Sendable {
    package var connections: Int
    package var opened: Int
    package var refused: Int
    package var published: Int
    /// What passed and was not told, for the sake of what is logged.
    package var dropped: Int
    /// Addresses and users that have a connection.
    package var addresses: Int
    package var users: Int
  }

  package var traffic: Traffic {
    counts.withLock {
      Traffic(
        connections: $0.total, opened: $0.opened, refused: $0.refused, published: $0.published,
        dropped: $0.dropped, addresses: $0.byAddress.count, users: $0.byUser.count)
    }
  }

  /// Counts an attempt to connect, whatever becomes of it.
  package func attempted(from address: String) throws(Refusal) {
    let now = Self.uptime
    let isAdmitted = counts.withLock { counts in
      let isAdmitted = counts.attempts.admit(
        address, limit: limits.connectionAttemptsPerMinute, now: now)
      if !isAdmitted { counts.refused += 1 }
      return isAdmitted
    }
    guard isAdmitted else {
      throw Refusal(.rateLimited, "Too many connections from this address. Wait a minute.")
    }
  }

  /// Takes a place for a connection and gives it its number, or says which limit is reached.
  package func reserve(address: String, user: Int64? = nil) throws(Refusal) -> Int64 {
    let isStrained = relief >= .newcomersAreRefused
    let result = counts.withLock { counts -> Result<Int64, Refusal> in
      func refused(_ code: Refusal.Code, _ message: String) -> Result<Int64, Refusal> {
        counts.refused += 1
        return .failure(Refusal(code, message))
      }
      guard !isStrained else {
        return refused(.unavailable, "The hub is behind with its work. Try again in a moment.")
      }
      guard counts.total < limits.connections else {
        return refused(.unavailable, "The hub has as many connections as it can serve.")
      }
      guard counts.byAddress[address, default: 0] < limits.connectionsPerAddress else {
        return refused(.rateLimited, "This address has as many connections as it may have.")
      }
      if let user, counts.byUser[user, default: 0] >= limits.connectionsPerUser {
        return refused(.rateLimited, Self.userIsFull)
      }
      counts.total += 1
      counts.opened += 1
      counts.byAddress[address, default: 0] += 1
      if let user { counts.byUser[user, default: 0] += 1 }
      counts.lastConnection += 1
      return .success(counts.lastConnection)
    }
    return try result.get()
  }

  /// Gives a connection's place back.
  package func released(address: String) {
    counts.withLock { counts in
      counts.total -= 1
      Self.decrement(&counts.byAddress, address)
    }
  }

  /// One connection of a user less.
  package func departed(_ user: Int64) {
    counts.withLock { Self.decrement(&$0.byUser, user) }
  }

  private static let userIsFull = "This user has as many connections as they may have."

  /// One more connection of `user`, or one that was `before`'s; the limit is the same as at the door.
  package func arrived(_ user: Int64, insteadOf before: Int64? = nil) throws(Refusal) {
    guard before != user else { return }
    let isAdmitted = counts.withLock { counts in
      guard counts.byUser[user, default: 0] < limits.connectionsPerUser else { return false }
      if let before { Self.decrement(&counts.byUser, before) }
      counts.byUser[user, default: 0] += 1
      return true
    }
    guard isAdmitted else { throw Refusal(.rateLimited, Self.userIsFull) }
  }

  /// Takes a place in `room`, of which there are `limit`.
  /// - Returns: whether one was left.
  package func entered(_ room: String, limit: Int) -> Bool {
    counts.withLock { counts in
      guard counts.byRoom[room, default: 0] < limit else { return false }
      counts.byRoom[room, default: 0] += 1
      return true
    }
  }

  package func left(_ room: String) {
    counts.withLock { Self.decrement(&$0.byRoom, room) }
  }

  /// The rooms that somebody is in, with how many.
  package var rooms: [String: Int] { counts.withLock { $0.byRoom } }

  private static func decrement<Key: Hashable>(_ counts: inout [Key: Int], _ key: Key) {
    let left = counts[key, default: 1] - 1
    counts[key] = left > 0 ? left : nil
  }
}
