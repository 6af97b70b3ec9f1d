import HubFixtures
import NIOCore
import SocketIO
import Testing
import Wire

/// Engine.IO's rules for long-polling and for the upgrade, byte by byte on real sockets.
@Suite struct PollingTests {
  private static let settings: EngineSettings = {
    var settings = EngineSettings()
    settings.path = "/engine.io/"
    settings.maxPayload = 1000
    return settings
  }()

  private func serve<Value: Sendable>(
    _ settings: EngineSettings = settings, loops: Int = 1,
    _ body: @Sendable (PollingClient) async throws -> Value
  ) async throws -> Value {
    try await LivePort.with(.engineEcho(settings), loops: loops) { port in
      try await body(PollingClient(port: port, path: "/engine.io/"))
    }
  }

  private func upgrade(_ client: PollingClient, _ sid: String) async throws -> WebSocketClient {
    try await WebSocketClient.open(
      port: client.port, "EIO=4&transport=websocket&sid=\(sid)", path: client.path)
  }

  @Test func `a session opens with what the client needs to know`() async throws {
    try await serve { client in
      let answer = try await client.request("GET", "EIO=4&transport=polling")

      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "text/plain; charset=UTF-8")
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(answer.body.first == UInt8(ascii: "0"))
      let handshake = try JSON(answer.body.dropFirst(), depth: 4)
      #expect(handshake["sid"]?.text?.count == 22)
      #expect(handshake["upgrades"] == ["websocket"])
      #expect(handshake["pingInterval"] == 25000)
      #expect(handshake["pingTimeout"] == 20000)
      #expect(handshake["maxPayload"] == 1000)
      let other = try await client.open()
      #expect(other != handshake["sid"]?.text)
    }
  }

  @Test(
    arguments: [
      ("GET", "transport=polling", 5), ("GET", "EIO=3&transport=polling", 5),
      ("GET", "EIO=abc&transport=polling", 5), ("GET", "EIO=4", 0),
      ("GET", "EIO=4&transport=carrier-pigeon", 0), ("GET", "", 0),
      ("GET", "EIO=4&transport=websocket", 3), ("POST", "EIO=4&transport=polling", 2),
      ("PUT", "EIO=4&transport=polling", 2), ("GET", "EIO=4&transport=polling&sid=nobody", 1),
      ("POST", "EIO=4&transport=polling&sid=nobody", 1),
    ])
  func `a request that is not in order is refused in Engine.IO's own numbers`(
    method: String, query: String, code: Int64
  ) async throws {
    try await serve { client in
      let answer = try await client.request(method, query)

      #expect(answer.status == 400)
      #expect(try answer.json["code"]?.integer == code)
      #expect(try answer.json["message"]?.text?.isEmpty == false)
    }
  }

  @Test(arguments: ["4hello", "4a\u{1E}4b\u{1E}4c", "4hello\u{1E}bAQIDBA==", "4€ 🛥️"])
  func `packets are sent by POST and fetched by GET`(payload: String) async throws {
    try await serve { client in
      let sid = try await client.open()

      let posted = try await client.post(sid, payload)
      #expect(posted.status == 200)
      #expect(posted.text == "ok")
      let fetched = try await client.get(sid)
      #expect(fetched.status == 200)
      #expect(fetched.text == payload)
    }
  }

  @Test func `a GET waits for what is to come`() async throws {
    try await serve { client in
      let sid = try await client.open()
      let waiting = try await client.begin("GET", client.query(sid))

      _ = try await client.post(sid, "4later")

      #expect(try await waiting.readResponse().text == "4later")
    }
  }

  @Test(arguments: ["abc", "", "4a\u{1E}", "9", "2", "b***", "4\u{1E}x"])
  func `a malformed payload ends the session`(payload: String) async throws {
    try await serve { client in
      let sid = try await client.open()

      #expect(try await client.post(sid, payload).status == 400)
      #expect(try await client.get(sid).status == 400)
    }
  }

  @Test func `a payload beyond the limit ends the session`() async throws {
    try await serve { client in
      let sid = try await client.open()
      let other = try await client.open()

      #expect(try await client.post(sid, "4" + String(repeating: "x", count: 999)).status == 200)
      #expect(try await client.post(other, "4" + String(repeating: "x", count: 1000)).status == 413)
      #expect(try await client.get(sid).status == 200)
      #expect(try await client.get(other).status == 400)
    }
  }

  @Test func `a second GET at a time ends the session`() async throws {
    try await serve { client in
      let sid = try await client.open()
      let first = try await client.begin("GET", client.query(sid))
      // On its way before the second, though not in the same connection.
      _ = try await client.open()

      #expect(try await client.get(sid).status == 400)
      #expect(try await first.readResponse().text == "1")
      #expect(try await client.get(sid).status == 400)
    }
  }

  @Test func `a second POST at a time ends the session`() async throws {
    try await serve { client in
      let sid = try await client.open()
      let first = try await RawClient.connect(to: client.port)
      try await first.send(
        "POST /engine.io/?\(client.query(sid)) HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n4hel"
      )
      _ = try await client.open()

      #expect(try await client.post(sid, "4other").status == 400)
      #expect(try await client.get(sid).status == 400)
    }
  }

  @Test func `a GET that its client gives up ends the session`() async throws {
    try await serve { client in
      let sid = try await client.open()
      let waiting = try await client.begin("GET", client.query(sid))
      _ = try await client.open()

      await waiting.close()

      #expect(try await client.get(sid).status == 400)
    }
  }

  @Test func `a client's goodbye lets its GET go and ends the session`() async throws {
    try await serve { client in
      let sid = try await client.open()
      let waiting = try await client.begin("GET", client.query(sid))
      _ = try await client.open()

      #expect(try await client.post(sid, "1").text == "ok")
      #expect(try await waiting.readResponse().text == "6")
      #expect(try await client.get(sid).status == 400)
    }
  }

  @Test func `pings come by GET, and who answers them stays`() async throws {
    var settings = Self.settings
    settings.pingInterval = .milliseconds(60)
    settings.pingTimeout = .milliseconds(3000)
    settings.grain = .nanoseconds(1)
    try await serve(settings) { client in
      let sid = try await client.open()

      for _ in 0..<3 {
        #expect(try await client.get(sid).text == "2")
        #expect(try await client.post(sid, "3").status == 200)
      }
    }
  }

  @Test func `who does not answer a ping is let go`() async throws {
    var settings = Self.settings
    settings.pingInterval = .milliseconds(40)
    settings.pingTimeout = .milliseconds(40)
    settings.grain = .nanoseconds(1)
    try await serve(settings) { client in
      let sid = try await client.open()
      #expect(try await client.get(sid).text == "2")

      // Told by the GET that waits, if it came in time, and refused afterwards.
      let last = try await client.get(sid)
      #expect(last.text == "1" || last.status == 400)
      #expect(try await client.get(sid).status == 400)
      let socket = try await WebSocketClient.open(port: client.port, path: client.path)
      #expect(try await socket.text().first == "0")
      #expect(try await socket.text() == "2")
      #expect(try await socket.end().code == 1000)
    }
  }

  @Test(arguments: [1, 2])
  func `an upgrade moves the session without a loss`(loops: Int) async throws {
    try await serve(loops: loops) { client in
      let sid = try await client.open()
      let waiting = try await client.begin("GET", client.query(sid))
      let socket = try await upgrade(client, sid)

      try await socket.send("2probe")
      #expect(try await socket.text() == "3probe")
      #expect(try await waiting.readResponse().text == "6")
      // Sent by POST, and fetched by nobody before the upgrade.
      #expect(try await client.post(sid, "4before").text == "ok")
      try await socket.send("5")
      try await socket.send("4after")

      #expect(try await socket.text() == "4before")
      #expect(try await socket.text() == "4after")
      #expect(try await client.get(sid).status == 400)
      #expect(try await client.post(sid, "4x").status == 400)
      let second = try await upgrade(client, sid)
      #expect(try await second.end().code == 1008)
      try await socket.send(Frame(Frame.binary, [1, 2, 3]))
      #expect(try await socket.frame() == Frame(Frame.binary, [1, 2, 3]))
      try await socket.send("1")
      #expect(try await socket.end().code == 1000)
    }
  }

  @Test func `a probe that says anything else is closed, and polling goes on`() async throws {
    try await serve { client in
      let sid = try await client.open()
      let socket = try await upgrade(client, sid)

      try await socket.send("4hello")

      #expect(try await socket.end().code == 1000)
      _ = try await client.post(sid, "4still here")
      #expect(try await client.get(sid).text == "4still here")
    }
  }

  @Test(
    arguments: [
      "EIO=4&transport=websocket&sid=nobody", "transport=websocket", "EIO=3&transport=websocket",
      "EIO=4&transport=polling", "EIO=4", "",
    ])
  func `a WebSocket that is not in order is closed`(query: String) async throws {
    try await serve { client in
      let socket = try await WebSocketClient.open(port: client.port, query, path: client.path)

      #expect(try await socket.end().code == 1008)
    }
  }

  @Test(arguments: ["abc", "", "2probe", "2", "8"])
  func `a malformed packet on a WebSocket ends the session`(packet: String) async throws {
    try await serve { client in
      let socket = try await WebSocketClient.open(port: client.port, path: client.path)
      #expect(try await socket.text().first == "0")

      try await socket.send(packet)

      #expect(try await socket.end().code == 1002)
    }
  }

  @Test func `pages of allowed origins may read the answers, and no others`() async throws {
    var settings = Self.settings
    settings.allowedOrigins = ["https://app.example"]
    try await serve(settings) { client in
      var (friend, stranger) = (client, client)
      friend.headers = [
        "Origin: https://app.example", "Access-Control-Request-Headers: content-type",
      ]
      stranger.headers = ["Origin: https://evil.example"]

      let preflight = try await friend.request("OPTIONS", "EIO=4&transport=polling")
      #expect(preflight.status == 204)
      #expect(preflight.headers["access-control-allow-methods"] == "GET, POST, OPTIONS")
      #expect(preflight.headers["access-control-allow-headers"] == "content-type")
      let answer = try await friend.request("GET", "EIO=4&transport=polling")
      #expect(answer.headers["access-control-allow-origin"] == "https://app.example")
      #expect(answer.headers["access-control-allow-credentials"] == "true")
      #expect(answer.headers["vary"] == "Origin")
      let other = try await stranger.request("GET", "EIO=4&transport=polling")
      #expect(other.headers["access-control-allow-origin"] == nil)
    }
  }
}
