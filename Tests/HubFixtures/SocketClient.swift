import NIOCore
import Wire

/// A client of Socket.IO on a WebSocket, packet by packet.
package struct SocketClient: Sendable {
  package let web: WebSocketClient
  package let namespace: String
  /// The answer to the wish to join: `{"sid":…}`, with `pid` where state is recovered.
  package let joined: JSON

  /// The server keeps the client out of the namespace, and says this.
  package struct Refused: Error, Equatable {
    package var message: String

    package init(message: String) {
      self.message = message
    }
  }

  /// Opens a session and joins `namespace`.
  package static func open(
    _ live: LiveHub, _ namespace: String = "/", as person: LiveHub.Person? = nil,
    auth: JSON = [:], headers: [String] = []
  ) async throws -> SocketClient {
    var auth = auth
    if let person, auth["token"] == nil { auth["token"] = .string(person.token) }
    return try await open(port: live.port, namespace, auth: auth, headers: headers)
  }

  package static func open(
    port: Int, _ namespace: String = "/", auth: JSON = [:], headers: [String] = []
  ) async throws -> SocketClient {
    let web = try await WebSocketClient.open(port: port, headers: headers)
    _ = try await Self.text(web)
    return try await join(web, namespace, auth)
  }

  /// Leaves the namespace and joins it again, on the same session.
  package func again() async throws -> SocketClient {
    try await send("41\(place)")
    return try await Self.join(web, namespace, [:])
  }

  /// Joins one more namespace of the same session.
  package func join(_ namespace: String, as person: LiveHub.Person) async throws -> SocketClient {
    try await Self.join(web, namespace, ["token": .string(person.token)])
  }

  private static func join(
    _ web: WebSocketClient, _ namespace: String, _ auth: JSON
  ) async throws -> SocketClient {
    let place = namespace == "/" ? "" : "\(namespace),"
    try await web.send(Frame(Frame.text, "40\(place)\(auth.encoded)"))
    while true {
      let text = try await Self.text(web)
      if text.hasPrefix("40\(place)") {
        let joined = try JSON(parsing: String(text.dropFirst(2 + place.count)))
        return SocketClient(web: web, namespace: namespace, joined: joined)
      }
      if text.hasPrefix("44\(place)") {
        let refusal = try JSON(parsing: String(text.dropFirst(2 + place.count)))
        throw Refused(message: refusal["message"]?.text ?? "")
      }
    }
  }

  private var place: String { namespace == "/" ? "" : "\(namespace)," }

  /// The next Engine.IO packet; pings are answered.
  private static func text(_ web: WebSocketClient) async throws -> String {
    while true {
      let frame = try await web.frame()
      switch frame.opcode {
      case Frame.text:
        let text = String(decoding: frame.payload, as: UTF8.self)
        guard text == "2" else { return text }
        try await web.send(Frame(Frame.text, "3"))
      case Frame.close:
        throw WebSocketClient.Closed(code: frame.closeCode, reason: frame.reason)
      default: continue
      }
    }
  }

  package func packet() async throws -> String { try await Self.text(web) }

  package func send(_ packet: String) async throws {
    try await web.send(Frame(Frame.text, packet))
  }

  package func emit(_ name: String, _ arguments: JSON..., id: Int? = nil) async throws {
    let payload = JSON.array([.string(name)] + arguments).encoded
    try await send("42\(place)\(id.map(String.init) ?? "")\(payload)")
  }

  /// The next event: its name and arguments.
  package func event() async throws -> (name: String, arguments: [JSON]) {
    while true {
      let text = try await packet()
      guard text.hasPrefix("42\(place)[") else {
        if text.hasPrefix("41\(place)") { throw Refused(message: "disconnect") }
        continue
      }
      let elements = try JSON(parsing: String(text.dropFirst(2 + place.count))).elements ?? []
      return (elements.first?.text ?? "", Array(elements.dropFirst()))
    }
  }

  /// The first argument of the next event called `name`, whatever comes before it.
  package func event(_ name: String) async throws -> JSON {
    while true {
      let event = try await event()
      if event.name == name { return event.arguments.first ?? .null }
    }
  }

  /// What the server acknowledges the event `id` with.
  package func acknowledgement(_ id: Int) async throws -> JSON {
    while true {
      let text = try await packet()
      guard text.hasPrefix("43\(place)\(id)[") else { continue }
      let json = try JSON(parsing: String(text.dropFirst(2 + place.count + "\(id)".count)))
      return json.elements?.first ?? .null
    }
  }

  /// The names of all events that the server has sent by now.
  package func heard() async throws -> [String] {
    try await emit("command", [:], id: 999_999)
    var names: [String] = []
    while true {
      let text = try await packet()
      if text.hasPrefix("43\(place)999999[") { return names }
      guard text.hasPrefix("42\(place)["),
        let name = try JSON(parsing: String(text.dropFirst(2 + place.count))).elements?.first?.text,
        name != "error"
      else { continue }
      names.append(name)
    }
  }

  /// How the server closes the connection; whatever comes before is passed over.
  package func closing() async throws -> WebSocketClient.Closed {
    do {
      while true { _ = try await packet() }
    } catch let closed as WebSocketClient.Closed {
      return closed
    }
  }
}
