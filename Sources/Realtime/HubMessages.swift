import Access
import Inventory
import NIOCore
import Storage
import Wire

/// The messages that a device may send.
enum HubMessage {
  static let types: Set<String> = [
    "auth", "subscribe", "unsubscribe", "command", "ping", "presence",
  ]
}

extension HubConnection {
  func handle(_ message: JSON) {
    guard let type = message["type"]?.text else {
      return refuse(Refusal(.malformed, "A message is an object with a type."), id: message["id"])
    }
    let data = message["data"] ?? [:]
    switch type {
    case "ping":
      send(.compact(["type": "pong", "id": message["id"], "timestamp": .int(hub.now())]))
    case "auth": authenticate(data, id: message["id"])
    case "subscribe": subscribe(data, id: message["id"])
    case "unsubscribe": unsubscribe(data, id: message["id"])
    case "command": perform(message)
    case "presence": tellPresence(id: message["id"])
    default:
      refuse(
        Refusal(.unknownCommand, "There is no message type \(type.prefix(64))."),
        id: message["id"])
    }
  }

  private func authenticate(_ data: JSON, id: JSON?) {
    guard let token = data["token"]?.text else {
      return refuse(
        Refusal(.invalidField, "token is missing.", field: "token"), id: id)
    }
    pause()
    signIn(token, id: id)
  }

  private func signIn(_ token: String, id: JSON?) {
    let asOf = deck.head
    let bound = NIOLoopBound(self, eventLoop: deck.eventLoop)
    let (gate, eventLoop) = (hub.gate, deck.eventLoop)
    Task {
      let result: Result<Identity, Refusal>
      do throws(Refusal) {
        result = .success(try await gate.identity(token: token))
      } catch {
        result = .failure(error)
      }
      eventLoop.execute {
        let connection = bound.value
        // Somebody's rights have changed since: the rows are read again.
        if connection.isOpen, connection.deck.rightsChanged > asOf {
          connection.signIn(token, id: id)
        } else {
          connection.authenticated(result, id: id)
        }
      }
    }
  }

  private func authenticated(_ result: Result<Identity, Refusal>, id: JSON?) {
    defer { resume() }
    guard isOpen else { return }
    do throws(Refusal) {
      let identity = try result.get()
      try signedIn(identity)
      send(
        .compact([
          "type": "authenticated", "id": id,
          "data": [
            "userId": .int(identity.user), "name": .string(identity.name),
            "role": .string(identity.role.rawValue),
            "branchIds": .array(identity.branches.sorted().map(JSON.int)),
          ],
        ]))
    } catch {
      refuse(error, id: id)
    }
  }

  private func perform(_ message: JSON) {
    let operation = message["id"]
    guard let identity else {
      return refuse(
        Refusal(.unauthenticated, "Sign in before sending commands."), id: operation)
    }
    guard let name = message["command"]?.text, let id = operation?.text else {
      return refuse(
        Refusal(
          .malformed, "A command needs a name in \"command\" and an id chosen by the device."),
        id: operation)
    }
    let request = CommandRequest(
      command: name, data: message["data"] ?? [:], operation: id,
      deviceTime: message["deviceTime"]?.integer)
    let bound = NIOLoopBound(self, eventLoop: deck.eventLoop)
    let eventLoop = deck.eventLoop
    hub.gate.submit(request, from: identity) { outcome in
      if eventLoop.inEventLoop {
        bound.value.answer(outcome, id: id)
      } else {
        eventLoop.execute { bound.value.answer(outcome, id: id) }
      }
    }
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
    guard let identity, Roles.crew.contains(identity.role) else {
      return refuse(Refusal(.forbidden, "Only the crew may see who is aboard."), id: id)
    }
    pause()
    let bound = NIOLoopBound(self, eventLoop: deck.eventLoop)
    let eventLoop = deck.eventLoop
    hub.presences(on: eventLoop).whenSuccess { presences in
      let connection = bound.value
      connection.send(
        .compact([
          "type": "presence", "id": id, "data": ["connections": .array(presences.map(\.json))],
        ]))
      connection.resume()
    }
  }
}
