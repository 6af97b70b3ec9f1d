import Access
import Inventory
import NIOCore
import NIOHTTP1
import NIOWebSocket
import Realtime
import Storage
import Wire

/// One device in one count room. Lives on one event loop.
final class CountRoomConnection: WebSocketPeer, WebSocketVoice {
  let receiver: Receiver
  private let dialect: CountRoomsDialect
  private let path: RoomPath
  /// The room, once the device is in it.
  private var room: CountRoom?
  private var count: Int64?
  private(set) var socket: WebSocketHandler?
  private var turnstile: Turnstile<ByteBuffer>
  private var hasJoined = false
  /// Marks this connection's commands: what they bring about is told to the others only.
  private let mark = String(UInt64.random(in: .min ... .max), radix: 36)
  private var commands = 0

  init(_ caller: Admission.Admitted, at deck: Deck, in dialect: CountRoomsDialect) {
    self.dialect = dialect
    path = RoomPath(String(caller.request.uri.prefix { $0 != "?" }))
    receiver = Receiver(
      deck: deck, id: caller.connection, address: caller.address, place: path.place,
      identity: caller.identity, asOf: caller.head, renditions: [CountRoomsDialect.rendition])
    turnstile = Turnstile(limit: deck.hub.limits.messageSize * 2)
  }

  private var hub: Hub { receiver.hub }

  func opened(_ socket: WebSocketHandler) {
    self.socket = socket
    receiver.enter(speaking: self)
    switch path {
    case .fault(let reason): socket.close(.policyViolation, reason)
    case .room: enterRoom()
    }
  }

  func closed() {
    announceMovement("count:user_left")
    if let room { hub.left(room.name) }
    receiver.leave()
    hub.released(address: receiver.address)
    turnstile.clear()
    socket = nil
  }

  /// Takes a place in the room as soon as somebody of the crew has signed in.
  private func enterRoom() {
    guard room == nil, let identity = receiver.identity else { return }
    guard case .room(let room) = path else { return }
    guard Roles.crew.contains(identity.role) else {
      socket?.close(.policyViolation, "No permission for this room")
      return
    }
    guard hub.entered(room.name, limit: hub.limits.connectionsPerRoom) else {
      socket?.close(.policyViolation, "Room is full")
      return
    }
    self.room = room
    receiver.listen(to: [room.topic], in: CountRoomsDialect.rendition)
  }

  func received(_ text: ByteBuffer) {
    receiver.read()
    switch turnstile.arrived(text, size: text.readableBytes) {
    case .through: handle(text)
    case .queued: break
    case .full: close(.tooManyMessages)
    }
  }

  private func resume() {
    turnstile.release()
    while socket != nil, let text = turnstile.next() { handle(text) }
  }

  private func handle(_ text: ByteBuffer) {
    let message = try? text.withUnsafeReadableBytes {
      try JSON.parse($0.bindMemory(to: UInt8.self), depth: hub.limits.jsonDepth).get()
    }
    let word = message?["type"]?.text
    let type = word.flatMap(CountMessage.init)
    let sender = CountRoomsDialect.Sender(
      user: receiver.identity?.user,
      connection: receiver.identity == nil ? receiver.id : nil, type: type)
    guard dialect.admits(sender, limit: hub.limits.countMessagesPerMinute) else {
      return complain("Rate limit exceeded")
    }
    guard let message, let word else { return complain("Invalid message format") }
    guard let type else { return complain("Unknown message type: \(word.prefix(64))") }
    receiver.note("message:\(type.rawValue)")
    handle(type, message["data"])
  }

  private func handle(_ type: CountMessage, _ data: JSON?) {
    switch type {
    case .ping: return send("pong", ["timestamp": ISO8601.json(hub.now())])
    case .auth: return authenticate(data ?? [:])
    default: break
    }
    guard let room else { return complain("No room assigned") }
    guard type == .history || data?.members != nil else {
      return complain("Invalid message format")
    }
    let data = data ?? [:]
    switch type {
    case .userJoined:
      guard !hasJoined else { return }
      hasJoined = true
      announceMovement("count:user_joined")
    case .scanAdded: scan(data, command: ScanCount.name, ["unique": true])
    case .scanRemoved: scan(data, command: UnscanCount.name, [:])
    case .inventoryCompleted:
      withCount(of: room) { count in
        self.perform(
          CompleteCount.name, .compact(["countId": .int(count), "message": data["message"]]))
      }
    case .history: tellHistory(of: room)
    case .ping, .auth: break
    }
  }

  private func authenticate(_ data: JSON) {
    guard receiver.identity == nil else { return complain("Already signed in") }
    guard let token = data["token"]?.text ?? data["sessionId"]?.text else {
      return complain("Invalid authentication")
    }
    turnstile.hold()
    receiver.signIn(token) { result in
      switch result {
      case .success(let identity):
        self.send(
          "authenticated",
          [
            "userId": .string("\(identity.user)"), "userName": .string(identity.name),
            "timestamp": ISO8601.json(self.hub.now()),
          ])
        self.enterRoom()
      case .failure: self.complain("Invalid authentication")
      }
      self.resume()
    }
  }
}

/// Commands on the room's session.
extension CountRoomConnection {
  private func scan(_ data: JSON, command: String, _ more: JSON) {
    guard let room, let code = data["scanData"]?["code"]?.text, !code.isEmpty else {
      return complain("Invalid message format")
    }
    let time = data["scanData"]?["timestamp"]?.text.flatMap(ISO8601.milliseconds)
    withCount(of: room) { count in
      var fields = more
      fields["countId"] = .int(count)
      fields["code"] = .string(code)
      self.perform(command, fields, deviceTime: time)
    }
  }

  /// The room's open session, which its first scan opens.
  private func withCount(of room: CountRoom, _ body: @escaping (Int64) -> Void) {
    if let count { return body(count) }
    turnstile.hold()
    perform(OpenCount.name, ["room": .string(room.name), "once": true]) { outcome in
      if case .done(let receipt) = outcome, let id = try? receipt.integer("countId") {
        self.count = id
        body(id)
      }
      self.resume()
    }
  }

  private func perform(
    _ command: String, _ data: JSON, deviceTime: Int64? = nil,
    done: @escaping (Outcome) -> Void = { _ in }
  ) {
    commands += 1
    let request = CommandRequest(
      command: command, data: data, operation: "\(mark)-\(commands)", deviceTime: deviceTime)
    receiver.perform(request) { outcome in
      if case .refused(let refusal) = outcome { self.complain(refusal.message) }
      done(outcome)
    }
  }

  private func announceMovement(_ type: String) {
    guard hasJoined, let room, let identity = receiver.identity else { return }
    hub.announce(
      type, topics: [room.topic], to: Audience(roles: .crew),
      [
        "room": .string(room.name), "userId": .int(identity.user),
        "userName": .string(identity.name), "connectionId": .int(receiver.id),
      ])
  }

  /// Every scan that stands, then `history_complete`; from there on live. Whoever joins late, or comes
  /// back, starts from this.
  private func tellHistory(of room: CountRoom) {
    turnstile.hold()
    receiver.unlisten(to: room.topic, in: CountRoomsDialect.rendition)
    receiver.ask { store throws(StoreError) in
      try store.countHistory(room: room.name)
    } done: {
      result in
      switch result {
      case .failure(let refusal):
        self.complain(refusal.message)
        self.receiver.listen(to: [room.topic], in: CountRoomsDialect.rendition)
        self.resume()
      case .success(let history): self.tell(history, of: room)
      }
    }
  }

  private func tell(_ history: CountHistory, of room: CountRoom) {
    // The audience of each line is that of its session; a branch's count is for the branch.
    guard receiver.identity?.belongs(to: history.branch) ?? false else {
      complain("No permission for this room")
      return resume()
    }
    for line in history.lines {
      send("scan_added", CountRoomsDialect.scan(line, in: room))
    }
    receiver.listen(
      to: [room.topic], in: CountRoomsDialect.rendition, after: history.position
    ) { result in
      switch result {
      case .failure(let refusal): self.complain(refusal.message)
      case .success:
        self.send(
          "history_complete",
          [
            "scans": .int(Int64(history.lines.count)), "epoch": .string(history.position.epoch),
            "seq": .int(history.position.seq), "timestamp": ISO8601.json(self.hub.now()),
          ])
      }
      self.resume()
    }
  }

  private func complain(_ message: String) {
    send("error", ["message": .string(message), "timestamp": ISO8601.json(hub.now())])
  }

  private func send(_ type: String, _ data: JSON) {
    guard let socket else { return }
    let message: JSON = ["type": .string(type), "data": data]
    socket.write(WebSocketFrames.text(message.encodedBytes))
    receiver.wrote()
  }
}

/// Being spoken to.
extension CountRoomConnection {
  var isSelective: Bool { true }

  func selects(_ event: Event) -> Bool {
    switch event.type {
    case EventType.countCompleted.rawValue, EventType.countCancelled.rawValue: count = nil
    default: break
    }
    return !isOwn(event)
  }

  private func isOwn(_ event: Event) -> Bool {
    if let operation = event.operation { return operation.hasPrefix(mark + "-") }
    return event.seq == 0 && Told(event)["connectionId"].integer == receiver.id
  }
}
