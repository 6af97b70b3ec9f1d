import Access
import Inventory
import NIOCore
import NIOWebSocket
import Realtime
import SocketIO
import Storage
import Wire

/// One client in one namespace, as the hub's receiver. Lives on the session's event loop.
final class HubSocket: SocketPeer, Voice {
  let receiver: Receiver
  let sid: String
  let rendition: Rendition
  private let pid: String?
  private let socket: NamespaceSocket
  private let sockets: HubSockets
  private let namespace: String
  /// It holds this socket, too, for as long as it waits for an answer; let go of when the client leaves.
  private var conversation: (any SocketConversation)?
  private var turnstile: Turnstile<SocketEvent>
  private var rate = MessageRate()
  private var hasEntered = false
  /// The hub itself ends it, and it is not to be recovered.
  private var isSentAway = false

  init(
    _ socket: NamespaceSocket, sid: String, pid: String?, identity: Identity, asOf: Int64,
    at deck: Deck, of sockets: HubSockets, speaking tongue: any SocketTongue
  ) {
    self.socket = socket
    self.sid = sid
    self.pid = pid
    self.sockets = sockets
    namespace = socket.namespace
    rendition = tongue.rendition(in: socket.namespace, offsets: pid != nil)
    let caller = socket.session.caller
    receiver = Receiver(
      deck: deck, id: caller.connection, address: caller.address, place: socket.namespace,
      identity: identity, asOf: asOf, renditions: [rendition])
    turnstile = Turnstile(limit: deck.hub.limits.messageSize * 2)
    conversation = tongue.conversation(on: self)
  }

  var hub: Hub { receiver.hub }
  var now: JSON { ISO8601.json(hub.now()) }

  func begin(recovering: (Departure, Position)?) {
    hasEntered = true
    guard receiver.enter(speaking: self) else { return }
    conversation?.began(rooms: recovering?.0.rooms ?? [])
    guard let (before, position) = recovering else { return }
    turnstile.hold()
    let topics = before.topics.filter(receiver.mayListen(to:))
    for topic in topics { receiver.unlisten(to: topic, in: rendition) }
    receiver.listen(to: topics, in: rendition, after: position) { _ in self.resume() }
  }

  func disconnected() {
    guard hasEntered else {
      conversation = nil
      if let user = receiver.identity?.user { hub.departed(user) }
      return
    }
    if let pid, !isSentAway, let user = receiver.identity?.user {
      sockets.left(
        Departure(
          pid: pid, sid: sid, user: user, namespace: namespace,
          topics: receiver.topics.sorted(), rooms: conversation?.rooms ?? []))
    }
    receiver.leave()
    conversation?.ended()
    conversation = nil
    turnstile.clear()
  }

  func received(_ event: SocketEvent) {
    receiver.read()
    switch turnstile.arrived(event, size: event.size) {
    case .through: handle(event)
    case .queued: break
    case .full: close(.tooManyMessages)
    }
  }

  /// Holds back what arrives until `resume`, so that answers keep the order of the questions.
  func pause() { turnstile.hold() }

  func resume() {
    turnstile.release()
    while conversation != nil, let event = turnstile.next() { handle(event) }
    receiver.willFlush()
  }

  private func handle(_ event: SocketEvent) {
    let known = SocketWord.all.contains(event.name) ? event.name : ""
    switch rate.admit(known, within: hub.limits.socketAllowance) {
    case .admitted: break
    case .over: return complain("Rate limit exceeded")
    case .farOver: return close(.tooManyMessages)
    }
    if !known.isEmpty, known != SocketWord.command { receiver.note("message:\(known)") }
    let answer = event.id.map { id in
      { (json: JSON) in
        self.socket.acknowledge(id, [json])
        self.receiver.wrote()
      }
    }
    let data = event.arguments.first ?? .null
    if event.name == SocketWord.command {
      perform(data, answer: answer)
    } else {
      conversation?.heard(event.name, data, answer: answer)
    }
  }

  /// The hub's own commands, `{id,command,data}`, acknowledged as `/api/ws` does.
  private func perform(_ message: JSON, answer: ((JSON) -> Void)?) {
    guard let name = message["command"]?.text, let id = message["id"]?.text else {
      answer?(["type": "refused", "code": .string(Refusal.Code.malformed.rawValue)])
      return complain("A command needs a name in \"command\" and an id chosen by the device.")
    }
    perform(name, message["data"] ?? [:], operation: id) { outcome in
      answer?(outcome.json(id: id))
    }
  }

  func perform(
    _ command: String, _ data: JSON, operation: String? = nil, done: @escaping (Outcome) -> Void
  ) {
    receiver.perform(
      CommandRequest(command: command, data: data, operation: operation), done: done)
  }

  /// Whether the user has joined no more often within the minute than they may.
  func admitsArrival() -> Bool {
    receiver.identity.map { sockets.admits($0.user) } ?? false
  }

  func emit(_ name: String, _ payload: JSON) {
    socket.emit(name, [payload])
    receiver.wrote()
  }

  func complain(_ message: String) {
    emit("error", ["message": .string(message)])
  }

  /// Ends the whole connection, as some of the systems do who count connections.
  func sendAway(_ reason: String) {
    isSentAway = true
    receiver.willFlush()
    socket.session.flush()
    socket.disconnect()
    socket.session.close(.policyViolation, reason)
  }
}

/// Being spoken to.
extension HubSocket {
  var isOpen: Bool { socket.isOpen }
  var isKeepingUp: Bool { socket.session.isKeepingUp }
  var lastHeard: NIODeadline { socket.session.lastHeard }
  var roundTrip: TimeAmount? { socket.session.roundTrip }

  func say(_ frames: SharedFrames, promise: EventLoopPromise<Void>?) {
    socket.emit(frames, promise: promise)
  }

  func flush() {
    socket.flush()
  }

  /// Engine.IO has a heartbeat of its own.
  func ping() {}

  func drop() {
    socket.session.close(.policyViolation, "No sign of life.")
  }

  /// A client that may come back is cut off, for on a disconnect it would stay away.
  func close(_ farewell: Farewell) {
    conversation?.ending(farewell)
    socket.flush()
    switch farewell {
    case .sessionEnded:
      isSentAway = true
      socket.disconnect()
    case .rightsChanged, .stopping, .tooSlow, .tooManyMessages:
      isSentAway = farewell == .tooManyMessages
      socket.session.close(farewell.code, farewell.reason)
    }
  }
}

/// The events that clients of both systems send.
enum SocketWord {
  static let command = "command"
  static let all: Set<String> = [
    command, "subscribe:inventory", "subscribe:orders", "subscribe:notifications",
    "inventory:update", "inventory:reserve", "join-room", "leave-room", "get-rooms", "ping",
    "subscribe-events", "sync-status-update", "manual-sync-trigger", "sync-result", "sync-error",
  ]
  /// Work, of which there is much.
  static let work: Set<String> = [command, "inventory:update", "inventory:reserve"]
}

extension Limits {
  var socketAllowance: MessageRate.Allowance {
    MessageRate.Allowance(
      total: messagesPerMinute, others: controlMessagesPerMinute,
      types: SocketWord.work.reduce(into: [:]) { $0[$1] = messagesPerMinutePerType })
  }
}

extension Outcome {
  /// As `/api/ws` acknowledges or refuses.
  func json(id: String) -> JSON {
    switch self {
    case .done(let receipt):
      [
        "type": "ack", "id": .string(id), "epoch": .string(receipt.position.epoch),
        "seq": .int(receipt.position.seq), "data": (try? JSON(parsing: receipt.data)) ?? [:],
      ]
    case .refused(let refusal):
      .compact([
        "type": "refused", "id": .string(id), "code": .string(refusal.code.rawValue),
        "message": .string(refusal.message), "field": .text(refusal.field),
      ])
    }
  }
}
