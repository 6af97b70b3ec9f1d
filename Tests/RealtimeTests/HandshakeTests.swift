import Access
import HubFixtures
import Inventory
import NIOCore
import Realtime
import Testing
import Wire

/// RFC 6455, section 4.2: how a connection becomes a WebSocket, or is told why not.
@Suite struct HandshakeTests {
  @Test func `the sample key of the RFC gets the sample answer`() async throws {
    try await LiveHub.with { live in
      let client = try await RawClient.connect(to: live.port)

      try await client.send(WebSocketClient.handshake())

      let response = try await client.readResponse()
      #expect(response.status == 101)
      #expect(response.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
      #expect(response.headers["upgrade"]?.lowercased() == "websocket")
      #expect(response.headers["connection"]?.lowercased() == "upgrade")
    }
  }

  @Test(
    arguments: [
      ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 400),
      ("Sec-WebSocket-Version: 13", "X-Nothing: 1", 400),
      ("Sec-WebSocket-Key: \(WebSocketClient.key)", "Sec-WebSocket-Key: short", 400),
      ("Sec-WebSocket-Key: \(WebSocketClient.key)", "X-Nothing: 1", 400),
      ("Connection: Upgrade", "Connection: keep-alive", 400),
      ("Connection: Upgrade", "X-Nothing: 1", 400),
      ("Connection: Upgrade", "Connection: keep-alive, upgrade", 101),
      ("Upgrade: websocket", "Upgrade: WebSocket", 101),
      ("Upgrade: websocket", "Upgrade: h2c, websocket", 101),
      ("GET", "POST", 400),
      ("HTTP/1.1", "HTTP/1.0", 400),
      ("/api/ws", "/api/other", 404),
      ("/api/ws", "/api/ws/", 404),
      ("/api/ws", "/api/ws?after=1", 101),
      ("Host: hub.example", "Host: hub.example\r\nOrigin: https://evil.example", 401),
      ("Host: hub.example", "Host: hub.example\r\nOrigin: null", 401),
      ("Host: hub.example", "Host: hub.example\r\nOrigin: http://hub.example", 101),
      ("Host: hub.example", "Host: hub.example\r\nOrigin: https://bridge.example", 101),
      ("Host: hub.example", "Host: hub.example\r\nAuthorization: Bearer nonsense", 401),
      ("Host: hub.example", "Host: hub.example\r\nCookie: quartermaster_session=a.b.c", 401),
      ("/api/ws", "/api/ws?access_token=nonsense", 401),
    ])
  func `a handshake is answered by its fault`(
    part: String, replacement: String, status: Int
  ) async throws {
    try await LiveHub.with(origins: ["https://bridge.example"]) { live in
      let client = try await RawClient.connect(to: live.port)
      let handshake = WebSocketClient.handshake().replacing(part, with: replacement)

      try await client.send(handshake)

      let response = try await client.readResponse()
      #expect(response.status == status)
      if status != 101 {
        #expect(response.headers["content-type"] == "application/problem+json")
        #expect(response.headers["sec-websocket-version"] == "13")
        _ = try await client.readToEnd()
        #expect(live.hub.traffic.connections == 0)
      }
    }
  }

  @Test func `each place for a token works, and the session must be open`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.staff)
      let handshakes = [
        WebSocketClient.handshake(token: person.token),
        WebSocketClient.handshake(path: "/api/ws?access_token=\(person.token)"),
        WebSocketClient.handshake(
          headers: ["Cookie: theme=dark; quartermaster_session=\(person.token)"]),
      ]

      for handshake in handshakes {
        let client = WebSocketClient(raw: try await .connect(to: live.port))
        try await client.raw.send(handshake)
        #expect(try await client.raw.readResponse().status == 101)
        let welcome = try await client.receive("welcome")
        #expect(welcome["data"]?["authenticated"]?.boolean == true)
      }

      try await live.perform("session.end", ["sessionId": .int(person.session)])
      for handshake in handshakes {
        let client = try await RawClient.connect(to: live.port)
        try await client.send(handshake)
        let response = try await client.readResponse()
        #expect(response.status == 401)
        #expect(response.code == "session_ended")
      }
    }
  }

  @Test func `frames sent in the same packet as the handshake are not lost`() async throws {
    try await LiveHub.with { live in
      let client = WebSocketClient(raw: try await .connect(to: live.port))
      let person = try await live.person(.staff)
      let ping = Frame(Frame.text, #"{"type":"ping","id":"first"}"#)

      try await client.raw.send(
        Array(WebSocketClient.handshake(token: person.token).utf8) + ping.bytes())

      #expect(try await client.raw.readResponse().status == 101)
      #expect(try await client.receive()["type"]?.text == "welcome")
      #expect(try await client.receive()["id"]?.text == "first")
    }
  }

  @Test func `a handshake may come byte by byte`() async throws {
    try await LiveHub.with { live in
      let client = WebSocketClient(raw: try await .connect(to: live.port))

      for byte in WebSocketClient.handshake().utf8 { try await client.raw.send([byte]) }

      #expect(try await client.raw.readResponse().status == 101)
      #expect(try await client.receive()["type"]?.text == "welcome")
    }
  }

  @Test func `an upgrade to something else is served as plain HTTP`() async throws {
    try await LiveHub.with { live in
      let h2c = ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"]

      let health = try await live.request("GET", "/health", headers: h2c)
      let signIn = try await live.request(
        "POST", "/api/v1/sign-in", ["name": "a", "password": "b"], headers: h2c)

      #expect(health.status == 200)
      #expect(signIn.status == 401)
    }
  }

  @Test func `a body in the handshake opens nothing and leaves nothing behind`() async throws {
    try await LiveHub.with { live in
      for body in ["Content-Length: 5\r\n\r\nhello", "Content-Length: 5\r\n\r\nhe"] {
        let client = try await RawClient.connect(to: live.port)
        let handshake = WebSocketClient.handshake()

        try await client.send(String(handshake.dropLast(2)) + "\r\n" + body)
        try await client.halfClose()

        let bytes = try await client.readToEnd()
        #expect(!String(decoding: bytes, as: UTF8.self).contains(" 101 "))
      }
      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
    }
  }

  @Test func `whoever vanishes between handshake and upgrade leaves no count behind`()
    async throws
  {
    try await LiveHub.with { live in
      let person = try await live.person(.staff)

      for _ in 0..<100 {
        let client = try await RawClient.connect(to: live.port)
        try await client.send(WebSocketClient.handshake(token: person.token))
        try await client.vanish()
      }

      let client = try await WebSocketClient.open(live, as: person)
      #expect(try await live.eventually { live.hub.traffic.connections == 1 })
      await client.raw.close()
      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
    }
  }

  @Test func `a first request that does not come is not waited for`() async throws {
    try await LiveHub.with(patience: .milliseconds(50)) { live in
      let silent = try await RawClient.connect(to: live.port)
      let slow = try await RawClient.connect(to: live.port)

      try await slow.send("GET /health HTTP/1.1\r\nHost: hub.ex")

      #expect(try await silent.readToEnd().isEmpty)
      #expect(try await slow.readToEnd().isEmpty)
    }
  }
}
