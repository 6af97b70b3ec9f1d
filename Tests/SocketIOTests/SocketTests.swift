import HubFixtures
import NIOCore
import SocketIO
import Testing
import Wire

/// Socket.IO's rules, packet by packet on real sockets. The server is the conformance suite's: it
/// emits `auth` on connection, and in `/` answers `message` and `message-with-ack`.
@Suite struct SocketTests {
  private func serve<Value: Sendable>(
    _ bounds: SocketSettings = SocketSettings(),
    _ body: @Sendable (_ port: Int) async throws -> Value
  ) async throws -> Value {
    try await LivePort.with(.socketEcho(EngineSettings(), bounds)) { try await body($0) }
  }

  /// A WebSocket whose session is open, and no namespace joined.
  private func open(_ port: Int) async throws -> WebSocketClient {
    let socket = try await WebSocketClient.open(port: port)
    #expect(try await socket.text().first == "0")
    return socket
  }

  /// The same in `/`.
  private func joined(_ port: Int) async throws -> WebSocketClient {
    let socket = try await open(port)
    try await socket.send("40")
    #expect(try await socket.text().hasPrefix("40{\"sid\":\""))
    #expect(try await socket.text() == #"42["auth",{}]"#)
    return socket
  }

  @Test(
    arguments: [
      ("40", "40", #"42["auth",{}]"#),
      (#"40{"token":"123"}"#, "40", #"42["auth",{"token":"123"}]"#),
      ("40/custom,", "40/custom,", #"42/custom,["auth",{}]"#),
      ("40/custom", "40/custom,", #"42/custom,["auth",{}]"#),
      ("40/custom?a=b,", "40/custom,", #"42/custom,["auth",{}]"#),
      (#"40/custom,{"token":"abc"}"#, "40/custom,", #"42/custom,["auth",{"token":"abc"}]"#),
    ])
  func `a client joins a namespace, with what it brings along`(
    packet: String, prefix: String, auth: String
  ) async throws {
    try await serve { port in
      let socket = try await open(port)

      try await socket.send(packet)

      let answer = try await socket.text()
      #expect(answer.hasPrefix(prefix))
      let payload = try JSON(parsing: String(answer.dropFirst(prefix.count)))
      #expect(payload["sid"]?.text?.count == 22)
      #expect(payload["pid"] == nil)
      #expect(try await socket.text() == auth)
    }
  }

  @Test func `a socket's id is not its session's`() async throws {
    try await serve { port in
      let socket = try await WebSocketClient.open(port: port)
      let session = try JSON(parsing: String(try await socket.text().dropFirst()))["sid"]

      try await socket.send("40")

      let id = try JSON(parsing: String(try await socket.text().dropFirst(2)))["sid"]
      #expect(id != session)
    }
  }

  @Test func `an unknown namespace is refused, and the connection goes on`() async throws {
    try await serve { port in
      let socket = try await open(port)

      try await socket.send("40/random")
      #expect(try await socket.text() == #"44/random,{"message":"Invalid namespace"}"#)
      try await socket.send("40")
      #expect(try await socket.text().hasPrefix("40{"))
    }
  }

  @Test func `who joins no namespace in time is let go`() async throws {
    var bounds = SocketSettings()
    bounds.connectTimeout = .milliseconds(30)
    var settings = EngineSettings()
    settings.grain = .nanoseconds(1)
    try await LivePort.with(.socketEcho(settings, bounds)) { port in
      let idle = try await open(port)
      let refused = try await open(port)
      try await refused.send("40/random")
      #expect(try await refused.text().hasPrefix("44"))

      #expect(try await idle.end().code == 1008)
      #expect(try await refused.end().code == 1008)
    }
  }

  @Test func `who has joined in time stays`() async throws {
    var bounds = SocketSettings()
    bounds.connectTimeout = .milliseconds(200)
    var settings = EngineSettings()
    settings.grain = .nanoseconds(1)
    try await LivePort.with(.socketEcho(settings, bounds)) { port in
      let socket = try await joined(port)
      let idle = try await open(port)

      #expect(try await idle.end().code == 1008)
      try await socket.send(#"42["message"]"#)
      #expect(try await socket.text() == #"42["message-back"]"#)
    }
  }

  @Test(
    arguments: [
      #"42["message"]"#, "41", "43[1]", #"430["a"]"#, "4abc", "4", #"44{"message":"no"}"#,
    ])
  func `whoever does not begin by joining is let go`(packet: String) async throws {
    try await serve { port in
      let socket = try await open(port)

      try await socket.send(packet)

      #expect(try await socket.end().code == 1002)
    }
  }

  @Test(
    arguments: [
      "4abc", "42{}", "42[]", "42", #"42abc["message"]"#, #"42["disconnect"]"#, "40",
      #"42/custom,["message"]"#, "41/custom", #"44{"message":"no"}"#,
      #"42["message",{"_placeholder":true,"num":0}]"#,
    ])
  func `a packet that cannot be ends the connection`(packet: String) async throws {
    try await serve { port in
      let socket = try await joined(port)

      try await socket.send(packet)

      #expect(try await socket.end().code == 1002)
    }
  }

  @Test func `binary that is not due ends the connection`() async throws {
    try await serve { port in
      let socket = try await joined(port)

      try await socket.send(Frame(Frame.binary, [1, 2, 3]))

      #expect(try await socket.end().code == 1002)
    }
  }

  @Test func `events go both ways, binary ones with their attachments`() async throws {
    try await serve { port in
      let socket = try await joined(port)
      let binary = #"["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#

      try await socket.send(#"42["message",1,"2",{"3":[true]}]"#)
      #expect(try await socket.text() == #"42["message-back",1,"2",{"3":[true]}]"#)
      try await socket.send("452-" + binary)
      try await socket.send(Frame(Frame.binary, [1, 2, 3]), Frame(Frame.binary, [4, 5, 6]))
      #expect(
        try await socket.text() == "452-" + binary.replacing("message", with: "message-back"))
      #expect(try await socket.frame() == Frame(Frame.binary, [1, 2, 3]))
      #expect(try await socket.frame() == Frame(Frame.binary, [4, 5, 6]))
    }
  }

  @Test func `an event with an id is acknowledged under it`() async throws {
    try await serve { port in
      let socket = try await joined(port)

      try await socket.send(#"42456["message-with-ack",1,"2",{"3":[false]}]"#)
      #expect(try await socket.text() == #"43456[1,"2",{"3":[false]}]"#)
      try await socket.send(#"420["message-with-ack"]"#)
      #expect(try await socket.text() == "430[]")
      try await socket.send(#"451-7["message-with-ack",{"_placeholder":true,"num":0}]"#)
      try await socket.send(Frame(Frame.binary, [9]))
      #expect(try await socket.text() == #"461-7[{"_placeholder":true,"num":0}]"#)
      #expect(try await socket.frame() == Frame(Frame.binary, [9]))
      // Of something that the server never asked.
      try await socket.send("4399[1]")
      try await socket.send(#"42["message"]"#)
      #expect(try await socket.text() == #"42["message-back"]"#)
    }
  }

  @Test func `an event is as large as what it came in, attachments and all`() async throws {
    try await serve { port in
      let socket = try await joined(port)

      // Of `421["size", 7 ]` all but Engine.IO's first digit.
      try await socket.send(#"421["size", 7 ]"#)
      #expect(try await socket.text() == "431[14]")
      try await socket.send(#"451-2["size",{"_placeholder":true,"num":0}]"#)
      try await socket.send(Frame(Frame.binary, Array(repeating: 9, count: 100)))
      #expect(try await socket.text() == "432[142]")
      try await socket.send(#"423["size"]"#)
      #expect(try await socket.text() == "433[10]")
    }
  }

  @Test func `leaving one namespace leaves the others`() async throws {
    try await serve { port in
      let socket = try await joined(port)
      try await socket.send("40/custom")
      #expect(try await socket.text().hasPrefix("40/custom,{"))
      #expect(try await socket.text() == #"42/custom,["auth",{}]"#)

      try await socket.send("41/custom,")
      try await socket.send(#"42["message","still"]"#)

      #expect(try await socket.text() == #"42["message-back","still"]"#)
      // Left, and joined again; and the last may be left as well.
      try await socket.send("40/custom")
      #expect(try await socket.text().hasPrefix("40/custom,{"))
      #expect(try await socket.text() == #"42/custom,["auth",{}]"#)
      try await socket.send("41/custom,")
      try await socket.send("41")
      try await socket.send("40")
      #expect(try await socket.text().hasPrefix("40{"))
    }
  }

  @Test func `a client that polls says and hears the same`() async throws {
    try await serve { port in
      let client = PollingClient(port: port)
      let sid = try await client.open()

      #expect(try await client.post(sid, "40").text == "ok")
      #expect(try await client.get(sid).text.hasPrefix("40{\"sid\":\""))
      #expect(try await client.get(sid).text == #"42["auth",{}]"#)
      let body = #"42["message","a"]"# + "\u{1E}" + #"421["message-with-ack","b"]"#
      #expect(try await client.post(sid, body).text == "ok")
      let both = #"42["message-back","a"]"# + "\u{1E}" + #"431["b"]"#
      #expect(try await client.get(sid).text == both)
      let binary = #"451-["message",{"_placeholder":true,"num":0}]"# + "\u{1E}bAQID"
      #expect(try await client.post(sid, binary).text == "ok")
      #expect(try await client.get(sid).text == binary.replacing("message", with: "message-back"))
      #expect(try await client.post(sid, "4abc").status == 400)
      #expect(try await client.get(sid).status == 400)
    }
  }
}
