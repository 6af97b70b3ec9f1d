import Access
import Inventory
import NIOCore
import NIOWebSocket
import Wire

/// One device on the hub's own protocol at `/api/ws`: JSON text messages with a `type`.
///
/// Messages of one connection are handled strictly in order: while one waits for the database (a
/// sign-in, a replay) those behind it queue. Commands are the exception, since the ledger keeps
/// their order itself. Lives on one event loop.
final class HubConnection: WebSocketPeer {
  let deck: Deck
  let id: Int64
  private(set) var identity: Identity?
  private let asOf: Int64
  private let address: String
  private var socket: WebSocketHandler?
  private var since: Int64 = 0
  private var needsFlush = false
  /// The newest event that was offered, so that a second matching topic does not send it again.
  private var lastOffered: Int64 = 0
  private var inbox: [ByteBuffer] = []
  private var inboxSize = 0
  private var isBusy = false
  private var rate = MessageRate()
  var subscriptions: [String: Subscription] = [:]

  /// - Parameter asOf: how far the log had been delivered when `identity` was read.
  init(deck: Deck, id: Int64, identity: Identity?, asOf: Int64, address: String) {
    self.deck = deck
    self.id = id
    self.identity = identity
    self.asOf = asOf
    self.address = address
  }

  var hub: Hub { deck.hub }
  var lastHeard: NIODeadline { socket?.lastHeard ?? .now() }

  var presence: Presence? {
    identity.map { identity in
      Presence(
        connection: id, user: identity.user, name: identity.name, role: identity.role,
        device: identity.device, address: address, since: since)
    }
  }

  func opened(_ socket: WebSocketHandler) {
    self.socket = socket
    since = hub.now()
    deck.add(self)
    send([
      "type": "welcome",
      "data": [
        "connectionId": .int(id), "server": "quartermaster", "epoch": .string(hub.epoch),
        "seq": .int(deck.head), "authenticated": .bool(identity != nil),
      ],
      "timestamp": .int(since),
    ])
    guard identity != nil else { return }
    hub.announce(.joined, self)
    // Told before this connection was there to hear it; who may be meant is not worth finding out.
    if deck.rightsChanged > asOf {
      close(.identityChanged, "Your rights may have changed. Connect again.")
    }
  }

  func closed() {
    for topic in subscriptions.keys { deck.unlisten(self, to: topic) }
    subscriptions = [:]
    inbox = []
    inboxSize = 0
    deck.remove(self)
    hub.released(address: address, user: identity?.user)
    if identity != nil { hub.announce(.left, self) }
    socket = nil
  }

  func received(_ text: ByteBuffer) {
    if isBusy {
      inboxSize += text.readableBytes
      guard inbox.count < 1000, inboxSize <= hub.limits.messageSize * 2 else {
        return close(.policyViolation, "Too many messages wait to be answered.")
      }
      inbox.append(text)
    } else {
      handle(text)
    }
  }

  /// Holds back what arrives until `resume`, so that answers keep the order of the questions.
  func pause() {
    isBusy = true
  }

  func resume() {
    isBusy = false
    while !isBusy, socket != nil, !inbox.isEmpty {
      let text = inbox.removeFirst()
      inboxSize -= text.readableBytes
      handle(text)
    }
  }

  private func handle(_ text: ByteBuffer) {
    let parsed = text.withUnsafeReadableBytes {
      JSON.parse($0.bindMemory(to: UInt8.self), depth: hub.limits.jsonDepth)
    }
    let type = (try? parsed.get())?["type"]?.text
    switch rate.admit(type ?? "", hub.limits, now: .now()) {
    case .admitted: break
    case .over:
      return refuse(
        Refusal(.rateLimited, "Too many messages. Wait a minute."), id: (try? parsed.get())?["id"])
    case .farOver:
      return close(.rateLimited, "Too many messages. Wait a minute.")
    }
    switch parsed {
    case .failure(let error):
      refuse(Refusal(.malformed, "The message is not JSON that the hub reads: \(error)."), id: nil)
    case .success(let message): handle(message)
    }
  }

  /// Offers a live event; it is sent when the person may hear it and a live subscription matches.
  func offer(_ shared: SharedEvent) {
    let event = shared.event
    guard event.seq > lastOffered else { return }
    let isWanted = event.topics.contains { topic in
      subscriptions[topic].map { $0.isLive && event.seq > $0.start } ?? false
    }
    guard isWanted, event.audience.includes(identity) else { return }
    lastOffered = event.seq
    push(shared.frame)
  }

  /// Sends what the device did not ask for; one that does not read it in time is closed.
  func push(_ frame: ByteBuffer) {
    send(frame)
    if let socket, !socket.isKeepingUp {
      close(.tooSlow, "This connection does not keep up. Connect again with the last seq.")
    }
  }

  func send(_ message: JSON) {
    send(WebSocketFrames.text(message.encodedBytes))
  }

  func send(_ frame: ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
    guard let socket else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    socket.write(frame, promise: promise)
    markUnflushed()
  }

  func refuse(_ refusal: Refusal, id: JSON?) {
    send(
      .compact([
        "type": "refused", "id": id, "code": .string(refusal.code.rawValue),
        "message": .string(refusal.message), "field": .text(refusal.field),
      ]))
  }

  /// The hub's rows say that the bearer of a token is `identity`. Rights of an earlier one end.
  func signedIn(_ identity: Identity) throws(Refusal) {
    try hub.reassigned(from: self.identity?.user, to: identity.user)
    if self.identity != nil { hub.announce(.left, self) }
    if let before = self.identity, before.user != identity.user || before.role != identity.role {
      for topic in subscriptions.keys { deck.unlisten(self, to: topic) }
      subscriptions = [:]
    }
    self.identity = identity
    hub.announce(.joined, self)
  }

  func close(_ code: WebSocketErrorCode, _ reason: String) {
    socket?.close(code, reason)
  }

  func ping() {
    send(WebSocketFrames.ping)
  }

  /// The peer is gone without a word: nothing is left to shake hands with.
  func drop() {
    socket?.close(.policyViolation, "No sign of life.")
  }

  private func markUnflushed() {
    guard !needsFlush else { return }
    needsFlush = true
    deck.willFlush(self)
  }

  func flush() {
    needsFlush = false
    socket?.flush()
  }

  var isOpen: Bool { socket?.isOpen ?? false }
}

/// Messages of one connection within a minute.
private struct MessageRate {
  enum Verdict { case admitted, over, farOver }

  private var windowStart = NIODeadline.uptimeNanoseconds(0)
  private var total = 0
  private var byType: [String: Int] = [:]

  mutating func admit(_ type: String, _ limits: Limits, now: NIODeadline) -> Verdict {
    if now - windowStart >= .seconds(60) {
      windowStart = now
      total = 0
      byType.removeAll(keepingCapacity: false)
    }
    total += 1
    if total > limits.messagesPerMinute * 2 { return .farOver }
    if total > limits.messagesPerMinute { return .over }
    // Only types that the hub knows are told apart, so that invented ones take no memory.
    let key = HubMessage.types.contains(type) ? type : ""
    let count = byType[key, default: 0] + 1
    byType[key] = count
    return count > limits.messagesPerMinutePerType ? .over : .admitted
  }
}
