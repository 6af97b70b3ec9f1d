import Access
import HubFixtures
import Inventory
import Realtime
import Testing
import Wire

@Suite struct LimitTests {
  @Test func `beyond the messages of a minute each is refused, and far beyond all is over`()
    async throws
  {
    var limits = Limits()
    limits.messagesPerMinute = 5
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live)
      let other = try await WebSocketClient.open(live)

      for _ in 0..<5 { #expect(try await client.ask(["type": "ping"])["type"]?.text == "pong") }
      for _ in 0..<5 {
        let refused = try await client.ask(["type": "ping", "id": "x"])
        #expect(refused["code"]?.text == "rate_limited")
        #expect(refused["id"]?.text == "x")
      }
      try await client.send(["type": "ping"])

      #expect(try await client.closing().code == 4429)
      #expect(try await other.ask(["type": "ping"])["type"]?.text == "pong")
    }
  }

  @Test func `what is no command shares one allowance, and commands have another`() async throws {
    var limits = Limits()
    limits.controlMessagesPerMinute = 4
    limits.messagesPerMinutePerType = 2
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))

      let answers = [
        try await client.ask(["type": "ping"]), try await client.ask(["type": "a"]),
        try await client.subscribe("products"), try await client.ask(["type": "ping"]),
        try await client.ask(["type": "ping"]), try await client.ask(["type": "b"]),
      ]
      var commands: [JSON] = []
      for id in ["1", "2", "3"] {
        commands.append(try await client.ask(WebSocketClient.command("no.such", id, [:])))
      }
      // The hub's own app asks this whenever somebody comes, and its heartbeat must not wait for that.
      let presence = try await client.ask(["type": "presence"])

      #expect(
        answers.map { $0["type"]?.text } == [
          "pong", "refused", "subscribed", "pong", "refused", "refused",
        ])
      #expect(
        answers.map { $0["code"]?.text } == [
          nil, "unknown_command", nil, nil, "rate_limited", "rate_limited",
        ])
      #expect(
        commands.map { $0["code"]?.text } == ["unknown_command", "unknown_command", "rate_limited"])
      #expect(presence["type"]?.text == "presence")
    }
  }

  @Test func `a connection has so many subscriptions and no more`() async throws {
    var limits = Limits()
    limits.subscriptions = 2
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live)

      #expect(try await client.subscribe("products:1")["type"]?.text == "subscribed")
      #expect(try await client.subscribe("products:2")["type"]?.text == "subscribed")
      #expect(try await client.subscribe("products:2")["type"]?.text == "subscribed")
      #expect(try await client.subscribe("products:3")["code"]?.text == "too_large")
      _ = try await client.ask(["type": "unsubscribe", "data": ["topic": "products:1"]])
      #expect(try await client.subscribe("products:3")["type"]?.text == "subscribed")
    }
  }

  enum Cap: CaseIterable { case total, address, user, attempts }

  @Test(arguments: Cap.allCases)
  func `connections beyond a limit are refused before they are opened`(cap: Cap) async throws {
    var limits = Limits()
    switch cap {
    case .total: limits.connections = 3
    case .address: limits.connectionsPerAddress = 3
    case .user: limits.connectionsPerUser = 3
    case .attempts: limits.connectionAttemptsPerMinute = 3
    }
    try await LiveHub.with(limits) { live in
      let person = try await live.person(.staff)
      var clients: [WebSocketClient] = []
      for _ in 0..<3 { clients.append(try await WebSocketClient.open(live, as: person)) }

      let client = try await RawClient.connect(to: live.port)
      try await client.send(WebSocketClient.handshake(token: person.token))
      let response = try await client.readResponse()

      #expect(response.status == (cap == .total ? 503 : 429))
      #expect(response.code == (cap == .total ? "unavailable" : "rate_limited"))
      #expect(response.headers["retry-after"] != nil)
      #expect(live.hub.traffic.connections == 3)
      #expect(live.hub.traffic.refused == 1)
      #expect(try await clients[0].ask(["type": "ping"])["type"]?.text == "pong")
    }
  }

  @Test func `attempts with bad tokens are attempts`() async throws {
    var limits = Limits()
    limits.connectionAttemptsPerMinute = 3
    try await LiveHub.with(limits) { live in
      var statuses: [Int] = []

      for _ in 0..<5 {
        let client = try await RawClient.connect(to: live.port)
        try await client.send(WebSocketClient.handshake(token: "guess"))
        statuses.append(try await client.readResponse().status)
      }

      #expect(statuses == [401, 401, 401, 429, 429])
    }
  }
}
