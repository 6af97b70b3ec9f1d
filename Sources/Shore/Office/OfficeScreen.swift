import Inventory
import NIOCore
import NIOWebSocket
import Sync
import WebSockets
import Wire

/// How a screen of the office is spoken to. Called on its event loop only.
protocol OfficeVoice: AnyObject {
  /// Whether less waits for the screen than it may leave unread.
  var isKeepingUp: Bool { get }
  /// Says at once what concerns this screen alone; an `id` in it is that of the message it answers.
  func say(_ message: JSON)
  /// Queues what others are told, too. `promise` is kept when it is on its way.
  func tell(_ news: OfficeNews, promise: EventLoopPromise<Void>?)
  func flush()
  func close(_ code: WebSocketErrorCode, _ reason: String)
}

/// How much one connection may say, whatever it leaves and joins.
final class OfficePace {
  private var rate = MessageRate()
  private let allowance: MessageRate.Allowance

  init(_ limits: OfficeLimits) {
    allowance = MessageRate.Allowance(
      total: limits.messagesPerMinute, others: limits.messagesPerMinute)
  }

  func admit() -> MessageRate.Verdict { rate.admit("", within: allowance) }
}

/// One screen of the office, on a WebSocket or on Socket.IO: the hub's own protocol, read only. It
/// subscribes to one site or to the fleet, hears each event once, and comes back by cursor. Lives on
/// one event loop.
final class OfficeScreen {
  private enum MessageType: String {
    case subscribe, unsubscribe, command, ping
  }

  /// How a topic is heard.
  private struct Listening {
    /// The arrivals after this are told live.
    var from: Int64
    /// Those before it, from here on, were told as missed.
    var behind: [SiteName: OfficeCursor]?

    func tells(_ arrival: Arrival) -> Bool { arrival.number > from }

    func hasReplayed(_ arrival: Arrival) -> Bool {
      guard !tells(arrival), let behind else { return false }
      return behind[arrival.site]?.isBehind(arrival) != true
    }
  }

  private let id: Int
  private let eventLoop: any EventLoop
  private let feed: OfficeFeed
  private let limits: OfficeLimits
  private let clock: @Sendable () -> Int64
  private var voice: (any OfficeVoice)?
  private let pace: OfficePace
  private var live: [OfficeTopic: Listening] = [:]
  private var isGreeted = false
  /// Done one after the other: whoever asks for two gets nothing twice.
  private var wishes: [OfficeWish] = []

  init(
    _ id: Int, on eventLoop: any EventLoop, hearing feed: OfficeFeed, limits: OfficeLimits,
    pace: OfficePace, clock: @escaping @Sendable () -> Int64
  ) {
    self.id = id
    self.pace = pace
    self.eventLoop = eventLoop
    self.feed = feed
    self.limits = limits
    self.clock = clock
  }

  /// It is spoken to from here on, until it leaves.
  func enter(speaking voice: any OfficeVoice) {
    self.voice = voice
    let (feed, seat) = (feed, OfficeSeat(id, self, on: eventLoop))
    Task { await feed.enter(seat) }
  }

  func leave() {
    voice = nil
    (live, wishes) = ([:], [])
    let (feed, id) = (feed, id)
    Task { await feed.leave(id) }
  }

  /// Hears a message, which is read when the screen has not said too much already.
  /// - Parameter read: `nil` where it is not JSON.
  func received(_ read: @autoclosure () -> JSON?) {
    let verdict = pace.admit()
    guard verdict != .farOver else {
      voice?.close(.rateLimited, "Too many messages. Wait a minute.")
      return
    }
    guard let message = read() else {
      return refuse("malformed", "The message is not JSON that shore reads.", nil)
    }
    let id = message["id"]?.text
    guard verdict == .admitted else {
      return refuse("rate_limited", "Too many messages. Wait a minute.", id)
    }
    guard let name = message["type"]?.text else {
      return refuse("malformed", "A message is an object with a type.", id)
    }
    switch MessageType(rawValue: name) {
    case .ping:
      voice?.say(.compact(["type": "pong", "id": .text(id), "timestamp": .int(clock())]))
    case .subscribe: subscribe(message["data"] ?? [:], id)
    case .unsubscribe: unsubscribe(message["data"] ?? [:], id)
    case .command:
      refuse(
        "forbidden",
        "This socket only listens. Send changes with POST /v1/sites/{site}/send; the hub decides.",
        id)
    case nil:
      refuse("unknown_command", "There is no message type \(name.prefix(64)) ashore.", id)
    }
  }

  private func subscribe(_ data: JSON, _ id: String?) {
    guard let topic = topic(of: data, id) else { return }
    let taken = Set(live.keys).union(wishes.map(\.topic))
    guard taken.contains(topic) || taken.count < limits.subscriptions else {
      return refuse(
        "too_large", "A connection has at most \(limits.subscriptions) subscriptions.", id)
    }
    var wish = OfficeWish(topic: topic, id: id)
    if let told = data["after"], !told.isNull {
      guard let after = Self.cursors(told, of: topic.site) else {
        return refuse(
          "invalid_field",
          "after must hold the cursor of a message for each site, as {\"aurora\":\"…\"}.", id)
      }
      wish.after = after
    }
    wishes.append(wish)
    if wishes.count == 1, isGreeted { fulfil(wish) }
  }

  private func fulfil(_ wish: OfficeWish) {
    // Until it has caught up, or the log and the feed would both tell what comes.
    if wish.after != nil { live[wish.topic] = nil }
    let (feed, seat) = (feed, OfficeSeat(id, self, on: eventLoop))
    Task { await feed.subscribe(seat, wish) }
  }

  private func unsubscribe(_ data: JSON, _ id: String?) {
    guard let topic = topic(of: data, id) else { return }
    live[topic] = nil
    for index in wishes.indices where wishes[index].topic == topic {
      wishes[index].isWithdrawn = true
    }
    voice?.say(
      .compact([
        "type": "unsubscribed", "id": .text(id), "data": .object(JSON.Members(topic.members)),
      ]))
  }

  /// What `site`, `namespace` and `topic` name; `nil` when that is nothing, and it has been said.
  private func topic(of data: JSON, _ id: String?) -> OfficeTopic? {
    let site = data["site"]?.text
    guard site == nil || site.flatMap(SiteName.init) != nil else {
      refuse("invalid_field", "site is no site's name.", id)
      return nil
    }
    let topic = data["topic"]?.text ?? data["namespace"]?.text
    guard topic.map({ (1...256).contains($0.utf8.count) }) ?? true else {
      refuse("invalid_field", "topic has 1 to 256 bytes.", id)
      return nil
    }
    return OfficeTopic(site: site.flatMap(SiteName.init), topic: topic)
  }

  /// `{"aurora":"e1.0.12.3"}`, or for one site its cursor alone.
  private static func cursors(_ told: JSON, of site: SiteName?) -> [SiteName: OfficeCursor]? {
    if let site, let text = told.text { return OfficeCursor(text).map { [site: $0] } }
    guard let pairs = told.members?.pairs, !pairs.isEmpty else { return nil }
    var cursors: [SiteName: OfficeCursor] = [:]
    for (name, value) in pairs {
      guard let name = SiteName(name), let cursor = value.text.flatMap(OfficeCursor.init) else {
        return nil
      }
      cursors[name] = cursor
    }
    return cursors
  }

  private func refuse(_ code: String, _ message: String, _ id: String?) {
    voice?.say(
      .compact([
        "type": "refused", "id": .text(id), "code": .string(code), "message": .string(message),
      ]))
  }
}

/// What the feed says.
extension OfficeScreen {
  func greet(_ cursors: [SiteName: OfficeCursor]) {
    guard let voice else {
      // It left before it had come, and nobody will tell the feed again.
      let (feed, id) = (feed, id)
      Task { await feed.leave(id) }
      return
    }
    voice.say([
      "type": "welcome",
      "data": [
        "connectionId": .int(Int64(id)), "server": "quartermaster-shore", "authenticated": true,
        "readOnly": true, "sites": OfficeAnswer(.live, cursors).sites,
      ],
      "timestamp": .int(clock()),
    ])
    isGreeted = true
    if let wish = wishes.first { fulfil(wish) }
  }

  func hear(_ news: [OfficeNews]) {
    guard let voice else { return }
    var isTold = false
    for item in news
    where isHeard(item.arrival, { $0.tells(item.arrival) })
      && !isHeard(item.arrival, { $0.hasReplayed(item.arrival) })
    {
      voice.tell(item, promise: nil)
      isTold = true
    }
    // What else waits is a replay, which takes the pace of whoever reads it.
    guard isTold else { return }
    voice.flush()
    if !voice.isKeepingUp {
      voice.close(.tooSlow, "This connection does not keep up. Come back with the last cursors.")
    }
  }

  private func isHeard(_ arrival: Arrival, _ how: (Listening) -> Bool) -> Bool {
    live.contains { $0.key.covers(arrival) && how($0.value) }
  }

  /// Tells what was missed, but for what another subscription has told.
  /// - Returns: when it is on its way, whether there is anybody who still wishes to hear more.
  func replay(_ news: [OfficeNews], for wish: OfficeWish) -> EventLoopFuture<Bool> {
    guard let voice else { return eventLoop.makeSucceededFuture(false) }
    guard wishes.first?.isWithdrawn == false else { return eventLoop.makeSucceededFuture(false) }
    let fresh = news.filter { item in
      !isHeard(item.arrival) { $0.tells(item.arrival) || $0.hasReplayed(item.arrival) }
    }
    guard let last = fresh.last else { return eventLoop.makeSucceededFuture(true) }
    for item in fresh.dropLast() { voice.tell(item, promise: nil) }
    let written = eventLoop.makePromise(of: Void.self)
    voice.tell(last, promise: written)
    voice.flush()
    return written.futureResult.map { true }
  }

  /// - Parameter behind: where what was missed began.
  func goLive(
    _ wish: OfficeWish, from arrival: Int64, behind: [SiteName: OfficeCursor]? = nil,
    _ answer: OfficeAnswer
  ) {
    guard let voice else { return }
    guard wishes.first?.isWithdrawn == false else { return giveUp() }
    // What was heard live already is heard on, or there would be a hole in it.
    if live[wish.topic] == nil { live[wish.topic] = Listening(from: arrival, behind: behind) }
    let told: [(key: String, value: JSON)] = [
      ("outcome", .string(answer.outcome.rawValue)), ("sites", answer.sites),
    ]
    voice.say(
      .compact([
        "type": "subscribed", "id": .text(wish.id),
        "data": .object(JSON.Members(wish.topic.members + told)),
      ]))
    next()
  }

  /// Nothing more is told for the first wish, if that has been withdrawn.
  func giveUp() {
    guard let wish = wishes.first, wish.isWithdrawn else { return }
    refuse("withdrawn", "Unsubscribed before it was live.", wish.id)
    next()
  }

  private func next() {
    // In answering it may have found that nobody is there.
    guard !wishes.isEmpty else { return }
    wishes.removeFirst()
    if let wish = wishes.first { fulfil(wish) }
  }

  /// A restore aboard took back some of what was told of `site`.
  func restored(_ site: SiteName) {
    guard live.keys.contains(where: { $0.site == nil || $0.site == site }) else { return }
    voice?.say(["type": "snapshot_required", "data": ["site": .string(site.text)]])
  }

  func stop() { voice?.close(.goingAway, "Shore is stopping.") }

  /// Shore's database can't be read just now.
  func fail() {
    voice?.close(.unexpectedServerError, "Shore can't read its log just now. Come back shortly.")
  }
}
