import Access
import Inventory
import NIOCore
import Realtime
import Storage
import Wire

/// The hub's own words: `auth`, `subscribe`, `command` and their answers. Where Omni Sales answers the
/// same message with a text that its clients wait for, that text is sent as well.
extension RoomsConnection {
  func handle(_ message: JSON, _ type: MessageType?) {
    guard let type else { return refuseType(message) }
    // Commands are counted by their own names, where they are submitted.
    if type != .command { receiver.note("message:\(type.rawValue)") }
    let data = message["data"] ?? [:]
    let id = message["id"]
    if type.isOfTheHub { leaveDefaultRoom() }
    switch type {
    case .ping: send(.compact(["type": "pong", "id": id, "timestamp": .int(hub.now())]))
    case .auth: authenticate(data, id: id)
    case .subscribe: subscribe(data, id: id)
    case .unsubscribe: unsubscribe(data, id: id)
    case .command: perform(message)
    case .presence: tellPresence(id: id)
    case .joinRoom: joinRoom(message["room"])
    case .leaveRoom: leaveRoom(message["room"])
    case .getRooms: tellRooms()
    }
  }

  /// The first messages, of all three protocols. Each client knows its own and ignores the others.
  func greet() {
    let now = hub.now()
    greetSommOS(now)
    if receiver.identity != nil { joinDefaultRoom() }
    notify(
      .compact([
        "message": "Connected to real-time server",
        "connectionId": .string("conn_\(now)_\(receiver.id)"),
      ]))
    send([
      "type": "welcome",
      "data": [
        "connectionId": .int(receiver.id), "server": "quartermaster", "epoch": .string(hub.epoch),
        "seq": .int(deck.head), "authenticated": .bool(receiver.identity != nil),
      ],
      "timestamp": .int(now),
    ])
  }

  /// Somebody has signed in, at the door or since.
  func arrived() {
    guard receiver.identity?.role == .customer, let customer = receiver.identity?.customer else {
      return
    }
    // Omni Sales sends customers what is theirs whether they subscribed or not.
    receiver.listen(
      to: ["orders:customer:\(customer)", "payments:customer:\(customer)"],
      in: rendition)
  }

  /// Identity comes from the hub's own rows: of what Omni Sales' clients claim here only the session
  /// is looked at, which is the token of the sign-in.
  private func authenticate(_ data: JSON, id: JSON?) {
    // No other client says who it is, and none of theirs says it otherwise.
    if data["userId"] != nil || data["role"] != nil { speakOmniSales() }
    if let expiry = data["expiresAt"]?.integer, expiry > 0, expiry < hub.now() {
      alert("Token expired")
      return refuse(Refusal(.unauthenticated, "The token has expired.", field: "expiresAt"), id: id)
    }
    let session = data["sessionId"]?.text ?? data["sessionId"]?.integer.map(String.init)
    if let identity = receiver.identity, data["token"] == nil,
      session.map({ $0 == "\(identity.session)" || !Self.isOfTheHub(session: $0) }) ?? true
    {
      return authenticated(.success(identity), id: id)
    }
    guard let token = data["token"]?.text ?? session else {
      alert("Invalid authentication")
      return refuse(Refusal(.invalidField, "token is missing.", field: "token"), id: id)
    }
    pause()
    let before = receiver.identity
    receiver.signIn(token) { result in
      if self.receiver.identity != before { self.leaveRooms() }
      self.authenticated(result, id: id)
      self.resume()
    }
  }

  /// Whether `session` is the hub's to check: a token or a session's number. A shop's own session id
  /// says nothing here, neither for nor against whom the hub has signed in.
  private static func isOfTheHub(session: String) -> Bool {
    Int64(session) != nil || session.split(separator: ".").count == 3
  }

  private func authenticated(_ result: Result<Identity, Refusal>, id: JSON?) {
    guard isOpen else { return }
    switch result {
    case .success(let identity):
      send(
        .compact([
          "type": "authenticated", "id": id,
          "data": [
            "userId": .int(identity.user), "name": .string(identity.name),
            "role": .string(identity.role.rawValue),
            "branchIds": .array(identity.branches.sorted().map(JSON.int)),
          ],
        ]))
      notify([
        "severity": "success", "message": "Authentication successful",
        "userId": .string("\(identity.user)"), "role": .string(identity.role.rawValue),
      ])
      hearNotifications()
      joinDefaultRoom()
      arrived()
    case .failure(let refusal):
      alert("Invalid authentication")
      refuse(refusal, id: id)
    }
  }

  private func subscribe(_ data: JSON, id: JSON?) {
    let namespace = data["topic"] == nil ? data["namespace"]?.text : nil
    guard let topic = data["topic"]?.text ?? namespace, topic.utf8.count <= 256 else {
      return refuse(
        Refusal(.invalidField, "namespace or topic is missing.", field: "topic"), id: id)
    }
    guard receiver.mayListen(to: topic) else {
      if let namespace { alert("No permission to subscribe to \(namespace)") }
      return refuse(
        Refusal(.forbidden, "No permission to subscribe to \(topic).", field: "topic"), id: id)
    }
    var position: Position?
    if let after = data["after"], !after.isNull {
      guard let epoch = after["epoch"]?.text, let seq = after["seq"]?.integer, seq >= 0 else {
        return refuse(
          Refusal(.invalidField, "after must hold an epoch and a seq.", field: "after"), id: id)
      }
      position = Position(epoch: epoch, seq: seq)
    }
    if position != nil { pause() }
    receiver.listen(to: [topic], in: rendition, after: position) { result in
      switch result {
      case .success(let way):
        self.send(
          .compact([
            "type": "subscribed", "id": id,
            "data": .compact([
              namespace == nil ? "topic" : "namespace": .string(topic),
              "outcome": .string(way.rawValue), "epoch": .string(self.hub.epoch),
              "seq": .int(self.deck.head),
            ]),
          ]))
        if let namespace {
          // What is told to a person's role is theirs to hear, though few may listen to `system`.
          self.receiver.listen(to: self.notifications, in: self.rendition)
          self.notify([
            "severity": "success", "message": .string("Subscribed to \(namespace)"),
            "namespace": .string(namespace),
          ])
        }
      case .failure(let refusal): self.refuse(refusal, id: id)
      }
      if position != nil { self.resume() }
    }
  }

  private func unsubscribe(_ data: JSON, id: JSON?) {
    let namespace = data["topic"] == nil ? data["namespace"]?.text : nil
    guard let topic = data["topic"]?.text ?? namespace else {
      return refuse(
        Refusal(.invalidField, "namespace or topic is missing.", field: "topic"), id: id)
    }
    receiver.unlisten(to: topic, in: rendition)
    send(
      .compact([
        "type": "unsubscribed", "id": id,
        "data": .compact([namespace == nil ? "topic" : "namespace": .string(topic)]),
      ]))
    guard let namespace else { return }
    notify([
      "severity": "info", "message": .string("Unsubscribed from \(namespace)"),
      "namespace": .string(namespace),
    ])
  }

  private func perform(_ message: JSON) {
    let operation = message["id"]
    guard let name = message["command"]?.text, let id = operation?.text else {
      return refuse(
        Refusal(
          .malformed, "A command needs a name in \"command\" and an id chosen by the device."),
        id: operation)
    }
    let request = CommandRequest(
      command: name, data: message["data"] ?? [:], operation: id,
      deviceTime: message["deviceTime"]?.integer)
    receiver.perform(request) { self.answer($0, id: id) }
  }

  private func answer(_ outcome: Outcome, id: String) {
    switch outcome {
    case .refused(let refusal): refuse(refusal, id: .string(id))
    case .done(let receipt):
      var bytes: [UInt8] = []
      bytes.reserveCapacity(receipt.data.utf8.count + 128)
      bytes.append(contentsOf: #"{"type":"ack","id":"#.utf8)
      JSON.append(id, to: &bytes)
      bytes.append(contentsOf: #","epoch":"#.utf8)
      JSON.append(receipt.position.epoch, to: &bytes)
      bytes.append(contentsOf: #","seq":"#.utf8)
      JSON.append(receipt.position.seq, to: &bytes)
      bytes.append(contentsOf: #","data":"#.utf8)
      bytes.append(contentsOf: receipt.data.utf8)
      bytes.append(UInt8(ascii: "}"))
      send(WebSocketFrames.text(bytes))
    }
  }

  private func tellPresence(id: JSON?) {
    guard receiver.mayListen(to: Topics.presence) else {
      return refuse(Refusal(.forbidden, "Only the crew may see who is aboard."), id: id)
    }
    pause()
    let bound = NIOLoopBound(self, eventLoop: deck.eventLoop)
    hub.presences(on: deck.eventLoop).whenSuccess { presences in
      let connection = bound.value
      connection.send(
        .compact([
          "type": "presence", "id": id, "data": ["connections": .array(presences.map(\.json))],
        ]))
      connection.resume()
    }
  }
}

/// Refusals, in the hub's words and in those of the other two where they have any.
extension RoomsConnection {
  func refuse(_ refusal: Refusal, id: JSON?) {
    send(
      .compact([
        "type": "refused", "id": id, "code": .string(refusal.code.rawValue),
        "message": .string(refusal.message), "field": .text(refusal.field),
      ]))
  }

  func refuseRate(id: JSON?) {
    refuse(Refusal(.rateLimited, Farewell.tooManyMessages.reason), id: id)
    complain("Message rate limit exceeded")
    alert("Rate limit exceeded")
  }

  func refuseFormat(_ error: JSONError) {
    refuse(Refusal(.malformed, "The message is not JSON that the hub reads: \(error)."), id: nil)
    complain("Invalid message format")
  }

  func refuseType(_ message: JSON) {
    guard let type = message["type"]?.text else {
      if message.isNull { complain("Invalid message format") }
      return refuse(
        Refusal(.malformed, "A message is an object with a type."), id: message["id"])
    }
    refuse(
      Refusal(.unknownCommand, "There is no message type \(type.prefix(64))."), id: message["id"])
  }

  /// Omni Sales' acknowledgement.
  func notify(_ data: JSON) {
    send(["type": "system:notification", "data": data, "timestamp": .int(hub.now())])
  }

  /// Omni Sales' error.
  func alert(_ message: String) {
    send([
      "type": "system:alert", "data": ["severity": "error", "message": .string(message)],
      "timestamp": .int(hub.now()),
    ])
  }

  /// SommOS's error.
  func complain(_ message: String) {
    send(["type": "error", "message": .string(message)])
  }
}
