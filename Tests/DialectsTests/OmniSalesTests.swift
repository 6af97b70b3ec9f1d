import Access
import HubFixtures
import Inventory
import Realtime
import Testing
import Wire

/// Seed 001: signing in, namespaces, acknowledgements, statistics.
@Suite struct OmniSalesTests {
  /// What the hub answers in Omni Sales' words: the type and what is under `data`.
  private static func told(
    _ client: WebSocketClient, _ message: JSON
  ) async throws -> [(type: String, data: JSON)] {
    let messages = try await client.answers(to: message).filter(\.isOfOmniSales)
    for message in messages {
      #expect(message.keys == ["type", "data", "timestamp"])
      #expect(message["timestamp"]?.isMilliseconds == true)
    }
    return messages.map { ($0["type"]?.text ?? "", $0["data"] ?? .null) }
  }

  @Test func `the first word is a notification with the connection's id`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.connect(live)

      let welcome = try await client.receive("system:notification")

      #expect(welcome.keys == ["type", "data", "timestamp"])
      #expect(welcome["data"]?.keys == ["message", "connectionId"])
      #expect(welcome["data"]?["message"]?.text == "Connected to real-time server")
      #expect(welcome["data"]?["connectionId"]?.text?.hasPrefix("conn_") == true)
      #expect(welcome["timestamp"]?.isMilliseconds == true)
    }
  }

  enum Bearer: CaseIterable { case sessionId, token, header, number, foreign }

  @Test(arguments: Bearer.allCases)
  func `a signed-in user's auth message is a success, with the hub's own name for them`(
    bearer: Bearer
  ) async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.manager)
      let isAtTheDoor = [.header, .number, .foreign].contains(bearer)
      let client = try await WebSocketClient.open(live, as: isAtTheDoor ? person : nil)
      var data: JSON = [
        "userId": "user_123", "role": "admin", "expiresAt": .int(live.hub.now() + 86_400_000),
      ]
      switch bearer {
      case .sessionId: data["sessionId"] = .string(person.token)
      case .token: data["token"] = .string(person.token)
      case .header: break
      case .number: data["sessionId"] = .string("\(person.session)")
      case .foreign: data["sessionId"] = "session_456"
      }

      let answers = try await Self.told(client, ["type": "auth", "data": data])

      #expect(answers.map(\.type) == ["system:notification"])
      #expect(
        answers.first?.data == [
          "severity": "success", "message": "Authentication successful",
          "userId": .text(of: person.user), "role": "manager",
        ])
    }
  }

  @Test(
    arguments: [
      (["userId": "u", "role": "admin", "sessionId": "x", "expiresAt": 1], "Token expired"),
      (["userId": "u", "role": "admin", "expiresAt": 1], "Token expired"),
      (["userId": "u", "role": "admin", "sessionId": "test_session"], "Invalid authentication"),
      (["userId": "u", "role": "admin"], "Invalid authentication"),
      (["role": "admin", "expiresAt": 0], "Invalid authentication"),
      ([:], "Invalid authentication"),
      (["sessionId": "1"], "Invalid authentication"), (["sessionId": 1], "Invalid authentication"),
    ] as [(JSON, String)])
  func `an auth message without a sign-in is an alert, and the connection stays a guest's`(
    data: JSON, text: String
  ) async throws {
    try await LiveHub.with { live in
      _ = try await live.person(.admin)
      let client = try await WebSocketClient.open(live)

      let answers = try await Self.told(client, ["type": "auth", "data": data])
      let then = try await Self.told(client, Omni.subscription("orders"))

      #expect(answers.map(\.type) == ["system:alert"])
      #expect(answers.first?.data == Omni.error(text))
      #expect(then.first?.data == Omni.error("No permission to subscribe to orders"))
    }
  }

  @Test func `subscribing and unsubscribing are acknowledged each time, in the exact words`()
    async throws
  {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      func leaving(_ namespace: String) -> JSON {
        ["type": "unsubscribe", "data": ["namespace": .string(namespace)]]
      }

      for _ in 0..<2 {
        let answers = try await Self.told(client, Omni.subscription("orders"))
        #expect(answers.map(\.type) == ["system:notification"])
        #expect(answers.first?.data == Omni.done("Subscribed to orders", "success", "orders"))
      }
      for name in ["orders", "orders", "payments", "no such namespace"] {
        let answers = try await Self.told(client, leaving(name))
        #expect(answers.map(\.type) == ["system:notification"])
        #expect(answers.first?.data == Omni.done("Unsubscribed from \(name)", "info", name))
      }
      for name in ["payments", "no such namespace", ""] {
        let answers = try await Self.told(client, Omni.subscription(name))
        #expect(answers.map(\.type) == ["system:alert"])
        #expect(answers.first?.data == Omni.error("No permission to subscribe to \(name)"))
      }
    }
  }

  @Test(
    arguments: [
      "{", #"{"type":"no such type"}"#, #"{"type":"subscribe"}"#, #"{"type":"unsubscribe"}"#,
      #"{"type":"subscribe","channel":"orders","payload":{"channel":"orders"},"messageId":"1"}"#,
      #"{"type":"subscribe","data":{"namespace":7}}"#,
    ])
  func `what it has no answer to has none in its words`(message: String) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)

      try await client.send(Frame(Frame.text, message))

      #expect(!(try await client.everything().contains(where: \.isOfOmniSales)))
    }
  }

  @Test(arguments: [#"{"type":"ping"}"#, #"{"type":"ping","payload":{},"timestamp":"2024"}"#])
  func `a ping of either client is answered`(message: String) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)

      try await client.send(Frame(Frame.text, message))
      let pong = try await client.receive()

      #expect(pong.keys == ["type", "timestamp"])
      #expect(pong["type"]?.text == "pong")
      #expect(pong["timestamp"]?.isMilliseconds == true)
    }
  }

  @Test func `whoever has said what to hear is put into no room by another auth`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.manager)
      let client = try await WebSocketClient.open(live, as: person)
      try await client.send(Frame(Frame.text, Omni.subscription("orders").encodedBytes))
      _ = try await client.everything()

      let auth: JSON = ["type": "auth", "data": ["sessionId": .string(person.token)]]
      try await client.send(Frame(Frame.text, auth.encodedBytes))

      let heard = try await client.everything()
      #expect(heard.contains { $0["data"]?["message"]?.text == "Authentication successful" })
      #expect(!heard.contains { $0["type"]?.text == "room_joined" })
    }
  }

  @Test func `subscribing at once after auth is answered in that order`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.manager)
      for _ in 0..<10 {
        let client = try await WebSocketClient.open(live)

        let auth: JSON = ["type": "auth", "data": ["sessionId": .string(person.token)]]
        try await client.send(
          Frame(Frame.text, auth.encodedBytes),
          Frame(Frame.text, Omni.subscription("orders").encodedBytes),
          Frame(Frame.text, Omni.subscription("system").encodedBytes),
          Frame(Frame.text, Omni.subscription("payments").encodedBytes))

        let texts = try await client.everything().filter(\.isOfOmniSales)
          .map { $0["data"]?["message"]?.text }
        #expect(
          texts == [
            "Authentication successful", "Subscribed to orders",
            "No permission to subscribe to system", "Subscribed to payments",
          ])
      }
    }
  }

  @Test(
    arguments: [
      (.admin, ["orders", "customers", "products", "inventory", "payments", "system"]),
      (.manager, ["orders", "customers", "products", "inventory", "payments"]),
      (.staff, ["orders", "customers", "products", "inventory"]),
      (.customer, ["orders", "products"]), (.guest, ["products"]), (nil, ["products"]),
    ] as [(Role?, [String])])
  func `the table of roles says which namespaces are open to whom`(
    role: Role?, open: [String]
  ) async throws {
    try await LiveHub.with { live in
      var person: LiveHub.Person?
      if let role { person = try await live.person(role) }
      let client = try await WebSocketClient.open(live, as: person)

      for namespace in Namespace.allCases.map(\.rawValue) {
        let answers = try await Self.told(client, Omni.subscription(namespace))

        let expected =
          open.contains(namespace)
          ? Omni.done("Subscribed to \(namespace)", "success", namespace)
          : Omni.error("No permission to subscribe to \(namespace)")
        #expect(answers.map(\.data) == [expected])
      }
    }
  }

  @Test func `beyond the rate each message is an alert, and abuse ends the connection`()
    async throws
  {
    var limits = Limits()
    limits.messagesPerMinute = 10
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live)
      let other = try await WebSocketClient.open(live)

      for _ in 0..<10 { #expect(try await client.ask(["type": "ping"])["type"]?.text == "pong") }
      for _ in 0..<10 {
        try await client.send(["type": "ping"])
        #expect(
          try await client.receive("system:alert")["data"] == Omni.error("Rate limit exceeded"))
      }
      try await client.send(["type": "ping"])

      #expect(try await client.closing().code == 4429)
      #expect(try await other.ask(["type": "ping"])["type"]?.text == "pong")
    }
  }

  @Test func `a hundred messages a minute, of whatever types, are answered and no more`()
    async throws
  {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)
      var answers: [String?] = []
      for number in 0..<101 {
        try await client.send(
          number.isMultiple(of: 2) ? ["type": "ping"] : Omni.subscription("products"))
      }
      while answers.count < 101 {
        let message = try await client.receiveAny()
        if message["type"]?.text == "pong" { answers.append("pong") }
        if message.isOfOmniSales { answers.append(message["data"]?["message"]?.text) }
      }

      #expect(answers.prefix(100).count { $0 == "pong" } == 50)
      #expect(answers.prefix(100).count { $0 == "Subscribed to products" } == 50)
      #expect(answers.last == "Rate limit exceeded")
    }
  }

  @Test func `ten times as many end the connection`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)

      for _ in 0..<1001 { try? await client.send(["type": "ping"]) }

      #expect(try await client.closing().code == 4429)
    }
  }

  @Test func `statistics come flat as documented and wrapped as the server sends them`()
    async throws
  {
    try await LiveHub.with(loops: 2) { live in
      let people = [
        try await live.person(.admin), try await live.person(.staff),
        try await live.person(.customer),
      ]
      var clients: [WebSocketClient] = []
      for person in people {
        let client = try await WebSocketClient.open(live, as: person)
        try await client.enter(.orders, .products)
        clients.append(client)
      }
      let nobody = try await WebSocketClient.open(live)
      try await nobody.enter(.products)

      let answer = try await live.get("/api/ws/stats", as: people[0])
      let statistics = try answer.json

      let figures: JSON = [
        "totalConnections": 4, "authenticatedConnections": 3,
        "connectionsByRole": ["admin": 1, "customer": 1, "staff": 1],
        "connectionsByNamespace": ["orders": 3, "products": 4],
      ]
      #expect(statistics.holds(figures))
      #expect(statistics["statistics"] == figures)
      #expect(statistics["timestamp"]?.isMilliseconds == true)
      #expect((statistics["uptime"]?.integer ?? -1) >= 0)
      #expect(clients.count == 3)
      #expect(try await live.get("/api/ws/stats").status == 401)
      #expect(try await live.get("/api/ws/stats", as: people[2]).status == 403)
    }
  }

  @Test func `the endpoint describes itself, to browsers and to health checks`() async throws {
    try await LiveHub.with { live in
      let entrance = try await live.get("/api/ws")
      let upgrade = try await live.request("GET", "/api/ws", headers: ["Upgrade: websocket"])
      let info = try await live.get("/api/ws/info").json

      #expect(entrance.status == 200)
      #expect(
        try entrance.json.holds(["message": "WebSocket API endpoint", "status": "ready"]))
      #expect(try entrance.json["endpoints"]?["stats"]?.text == "/api/ws/stats")
      #expect(upgrade.status == 426)
      #expect(try upgrade.json["error"]?.text == "Upgrade Required")
      #expect(try upgrade.json["message"]?.text?.isEmpty == false)
      #expect(info.keys == ["status", "version", "features", "connection"])
      #expect(info.holds(["status": "operational", "version": "1.0.0"]))
      let features = info["features"] ?? .null
      #expect(
        features.holds([
          "namespaces": ["orders", "customers", "products", "inventory", "payments", "system"],
          "authentication": [
            "required": true, "method": "token",
            "fields": ["userId", "role", "sessionId", "expiresAt"],
          ],
          "reconnection": [
            "enabled": true, "strategy": "exponential-backoff", "maxAttempts": 5,
          ],
          "rateLimit": ["windowMs": 60_000, "maxEvents": 100],
        ]))
      let documented = [
        "orders": ["order:created", "order:updated", "order:status_changed", "order:deleted"],
        "customers": [
          "customer:activity", "customer:viewing_product", "customer:added_to_cart",
          "customer:online", "customer:offline",
        ],
        "inventory": [
          "inventory:updated", "inventory:low_stock", "inventory:out_of_stock",
          "inventory:restocked",
        ],
        "products": [
          "product:price_changed", "product:created", "product:updated", "product:deleted",
        ],
        "payments": ["payment:received", "payment:failed", "payment:refunded"],
        "system": ["system:notification", "system:alert", "system:maintenance"],
      ]
      for (namespace, types) in documented {
        let told = features["eventTypes"]?[namespace]?.elements?.compactMap(\.text) ?? []
        #expect(Set(types).isSubset(of: told), "\(namespace)")
      }
      #expect(
        info["connection"]?.holds([
          "protocol": "ws/wss", "path": "/api/ws", "pingInterval": 30_000,
        ]) == true)
    }
  }
}
