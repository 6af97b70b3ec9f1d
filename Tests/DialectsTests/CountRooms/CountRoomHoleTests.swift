import Access
import HubFixtures
import Inventory
import Realtime
import Testing
import Wire

/// What was unsafe there.
@Suite struct CountRoomHoleTests {
  @Test func `whoever has not signed in is in no room, hears nothing and does nothing`()
    async throws
  {
    try await LiveHub.with { live in
      let sam = try await Counter.enter(live, as: try await live.person(.staff, name: "sam"))
      let stranger = try await Counter.enter(live)

      try await stranger.send("user_joined", Counter.claim)
      try await stranger.send("scan_added", Counter.scan("B1"))
      try await stranger.send("inventory_completed", Counter.claim)
      try await stranger.send("history")
      try await sam.send("scan_added", Counter.scan("B2"))
      try await live.settle()

      let answers = try await stranger.heard()
      #expect(
        answers.map { $0["data"]?["message"]?.text }
          == Array(repeating: "No room assigned", count: 4))
      #expect(try await sam.heard().isEmpty)
      #expect(live.hub.rooms == ["Alfa Romeo/10/2025": 1])
    }
  }

  @Test func `signing in by a message brings one into the room`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.staff, name: "sam")
      let counter = try await Counter.enter(live)

      try await counter.send("auth", ["token": "guess"])
      try await counter.send("auth", ["sessionId": .string(person.token)])
      try await counter.send("user_joined", Counter.claim)

      let answers = try await counter.heard()
      #expect(answers.map { $0["type"]?.text } == ["error", "authenticated"])
      #expect(answers.last?["data"]?["userName"]?.text == "sam")
      #expect(live.hub.rooms == ["Alfa Romeo/10/2025": 1])
    }
  }

  @Test(arguments: [Role.customer, .guest])
  func `who is no crew is shown the door`(role: Role) async throws {
    try await LiveHub.with { live in
      let counter = try await Counter.enter(live, as: try await live.person(role))

      #expect(
        try await counter.web.closing()
          == WebSocketClient.Closed(code: 1008, reason: "No permission for this room"))
    }
  }

  @Test func `a flood in one room is the flooder's alone, whoever they claim to be`() async throws {
    var limits = Limits()
    limits.countMessagesPerMinute = 5
    try await LiveHub.with(limits) { live in
      let flooder = try await Counter.enter(live)
      let stranger = try await Counter.enter(live, room: "Fiat/10/2025")
      let sam = try await live.person(.staff, name: "sam")
      let first = try await Counter.enter(live, as: sam)
      let second = try await Counter.enter(live, as: sam)

      func ask(_ counter: Counter, _ userId: String) async throws -> String? {
        try await counter.send("ping", ["userId": .string(userId)])
        return try await counter.web.receiveAny()["data"]?["message"]?.text
      }
      var answers: [String?] = []
      for number in 0..<7 { answers.append(try await ask(flooder, "user\(number)")) }

      #expect(answers == [nil, nil, nil, nil, nil, "Rate limit exceeded", "Rate limit exceeded"])
      #expect(try await ask(stranger, "user1") == nil)
      // One user's devices share one allowance.
      for _ in 0..<5 { #expect(try await ask(first, "a") == nil) }
      #expect(try await ask(second, "b") == "Rate limit exceeded")
    }
  }

  @Test func `when all have gone no room is left`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let person = try await live.person(.staff)
      var counters: [Counter] = []
      for month in 1...4 {
        let counter = try await Counter.enter(live, as: person, room: "Alfa/\(month)/2025")
        try await counter.joined()
        counters.append(counter)
      }
      #expect(live.hub.rooms.count == 4)

      for counter in counters { try await counter.web.raw.vanish() }

      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
      #expect(live.hub.rooms.isEmpty)
      #expect(try await live.hub.census().topics == 0)
      #expect(live.hub.traffic.users == 0)
    }
  }
}
