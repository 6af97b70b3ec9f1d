import Access
import HubFixtures
import Inventory
import Realtime
import Testing
import Wire

/// The `auth` message: who a connection is, from the hub's own rows.
@Suite struct SignInTests {
  private func auth(_ token: String) -> JSON {
    ["type": "auth", "id": "a", "data": ["token": .string(token)]]
  }

  @Test func `a token says who the connection is`() async throws {
    try await LiveHub.with { live in
      let branch = try await live.branch("North")
      let person = try await live.person(.staff, name: "Ana", branches: [branch])
      let client = try await WebSocketClient.open(live)

      let answer = try await client.ask(auth(person.token))

      #expect(answer["type"]?.text == "authenticated")
      #expect(answer["id"]?.text == "a")
      #expect(answer["data"]?["userId"]?.integer == person.user)
      #expect(answer["data"]?["role"]?.text == "staff")
      #expect(answer["data"]?["branchIds"] == [.int(branch)])
    }
  }

  @Test func `what a message claims beside its token counts for nothing`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.guest)
      let client = try await WebSocketClient.open(live)

      let answer = try await client.ask([
        "type": "auth", "role": "admin",
        "data": ["token": .string(person.token), "role": "admin", "userId": 1, "branchIds": [1]],
      ])

      #expect(answer["data"]?["role"]?.text == "guest")
      #expect(try await client.subscribe("system")["code"]?.text == "forbidden")
    }
  }

  @Test func `a bad token, an ended session and no token at all are told apart`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.staff)
      let client = try await WebSocketClient.open(live)
      try await live.perform("session.end", ["sessionId": .int(person.session)])

      let answers = [
        try await client.ask(auth("nonsense")), try await client.ask(auth(person.token)),
        try await client.ask(["type": "auth", "id": "a", "data": [:]]),
        try await client.ask(["type": "auth", "id": "a", "data": ["token": 7]]),
        try await client.ask(["type": "auth", "id": "a", "data": "token"]),
        try await client.ask(["type": "auth", "id": "a"]),
      ]

      #expect(answers.allSatisfy { $0["type"]?.text == "refused" && $0["id"]?.text == "a" })
      #expect(
        answers.map { $0["code"]?.text } == [
          "unauthenticated", "session_ended", "invalid_field", "invalid_field", "invalid_field",
          "invalid_field",
        ])
    }
  }

  @Test func `commands before signing in are refused, and after it are done`() async throws {
    try await LiveHub.with { live in
      let (product, location) = (try await live.product(), try await live.location())
      let person = try await live.person(.staff)
      let client = try await WebSocketClient.open(live)
      let command = WebSocketClient.command(
        "stock.adjust", "1", LiveHub.adjustment(product, location, 5))

      // Sent in one go: answers keep the order of the questions.
      try await client.send(
        Frame(Frame.text, command.encodedBytes), Frame(Frame.text, auth(person.token).encodedBytes),
        Frame(Frame.text, command.encodedBytes))

      #expect(try await client.receive()["code"]?.text == "unauthenticated")
      #expect(try await client.receive()["type"]?.text == "authenticated")
      #expect(try await client.receive()["type"]?.text == "ack")
    }
  }

  @Test func `signing in as somebody else ends the rights of the first`() async throws {
    try await LiveHub.with { live in
      let (admin, guest) = (try await live.person(.admin), try await live.person(.guest))
      let client = try await WebSocketClient.open(live, as: admin)
      for topic in ["inventory", "system", "products"] { try await client.subscribe(topic) }

      #expect(try await client.ask(auth(guest.token))["type"]?.text == "authenticated")
      let (product, location) = (try await live.product(), try await live.location())
      try await live.adjust(product, at: location, by: 1)
      try await live.settle()

      #expect(try await client.heard().isEmpty)
      #expect(try await client.subscribe("inventory")["code"]?.text == "forbidden")
      let command = WebSocketClient.command("branch.create", "1", ["name": "South"])
      #expect(try await client.ask(command)["code"]?.text == "forbidden")
    }
  }

  @Test func `signing in anew as oneself keeps the subscriptions`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.staff)
      let client = try await WebSocketClient.open(live, as: person)
      try await client.subscribe("products")

      #expect(try await client.ask(auth(person.token))["type"]?.text == "authenticated")
      _ = try await live.product()
      try await live.settle()

      #expect(try await client.heard().count == 1)
    }
  }

  @Test func `a failed attempt leaves the connection as it was`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      try await client.subscribe("inventory")

      #expect(try await client.ask(auth("nonsense"))["code"]?.text == "unauthenticated")
      _ = try await live.location()
      try await live.settle()

      #expect(try await client.heard().count == 1)
    }
  }

  @Test func `the limit of a user's connections holds for auth messages, too`() async throws {
    var limits = Limits()
    limits.connectionsPerUser = 2
    try await LiveHub.with(limits) { live in
      let person = try await live.person(.staff)
      let first = try await WebSocketClient.open(live, as: person)
      let second = try await WebSocketClient.open(live)
      let third = try await WebSocketClient.open(live)

      #expect(try await second.ask(auth(person.token))["type"]?.text == "authenticated")
      #expect(try await second.ask(auth(person.token))["type"]?.text == "authenticated")
      #expect(try await third.ask(auth(person.token))["code"]?.text == "rate_limited")
      await #expect(throws: WebSocketClient.Closed.self) {
        try await WebSocketClient.open(live, as: person)
      }

      await first.raw.close()
      _ = try await live.eventually { live.hub.traffic.connections == 2 }
      #expect(try await third.ask(auth(person.token))["type"]?.text == "authenticated")
    }
  }
}
