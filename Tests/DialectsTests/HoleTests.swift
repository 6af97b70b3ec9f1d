import Access
import HubFixtures
import Inventory
import NIOCore
import Realtime
import Testing
import Wire

/// What was unsafe in the systems of seeds 000 and 001, here, beside the honest client for whom
/// all works.
@Suite struct HoleTests {
  @Test func `a role that a message claims is nobody's`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.staff)
      let liar = try await WebSocketClient.open(live)
      let honest = try await WebSocketClient.open(live)
      let claim: JSON = ["userId": .int(person.user), "role": "admin", "expiresAt": 0]

      try await liar.send(["type": "auth", "data": claim])
      try await liar.enter(.system, .payments, .orders)
      var data = claim
      data["sessionId"] = .string(person.token)
      let answers = try await honest.answers(to: ["type": "auth", "data": data])
      let payments = try await honest.answers(to: Omni.subscription("payments"))
      try await honest.enter(.orders)
      try await live.perform(
        "order.create", ["lines": [["productId": .int(live.product()), "quantity": 1]]])
      try await live.settle()

      #expect(
        answers.contains {
          $0["data"]?.holds(["message": "Authentication successful", "role": "staff"]) == true
        })
      #expect(payments.contains { $0["type"]?.text == "system:alert" })
      #expect(try await liar.events().isEmpty)
      #expect(try await honest.events().contains { $0["type"]?.text == "order:created" })
    }
  }

  @Test func `a session that has ended, or is another's number, signs nobody in`() async throws {
    try await LiveHub.with { live in
      let (ana, ben) = (try await live.person(.admin, name: "Ana"), try await live.person(.staff))
      try await live.perform("session.end", ["sessionId": .int(ana.session)])
      let client = try await WebSocketClient.open(live, as: ben)

      for session in [
        .string(ana.token), .string("\(ana.session)"), .int(ana.session), "a.b.c",
      ] as [JSON] {
        let answers = try await client.answers(to: ["type": "auth", "data": ["sessionId": session]])
        #expect(
          answers.filter(\.isOfOmniSales).map { $0["data"] }
            == [Omni.error("Invalid authentication")])
      }

      let still = try await client.answers(to: Omni.subscription("inventory"))
      #expect(still.contains { $0["type"]?.text == "subscribed" })
    }
  }

  @Test func `signing in as somebody else ends what the first one had, in every protocol`()
    async throws
  {
    try await LiveHub.with { live in
      let (first, second) = (try await live.customer("Ana"), try await live.customer("Ben"))
      let ana = try await live.person(.customer, name: "a", customer: first)
      let ben = try await live.person(.customer, name: "b", customer: second)
      let staff = try await live.person(.staff)
      func auth(_ person: LiveHub.Person) -> JSON {
        ["type": "auth", "data": ["sessionId": .string(person.token)]]
      }
      let shopper = try await WebSocketClient.open(live, as: ana)
      try await shopper.enter(.orders)
      let hand = try await WebSocketClient.open(live, as: staff)

      _ = try await shopper.answers(to: auth(ben))
      _ = try await hand.answers(to: auth(ben))
      let rooms = try await hand.answers(to: ["type": "get_rooms"])
      let (kit, place) = (try await live.product(), try await live.location())
      try await live.adjust(kit, at: place, by: 1)
      for customer in [first, second] {
        try await live.perform(
          "payment.record",
          ["customerId": .int(customer), "amount": 100, "method": "cash"])
      }
      try await live.perform("notification.send", ["title": "All", "message": "m"])
      try await live.settle()

      let heard = try await shopper.events()
      #expect(heard.map { $0["data"]?["customerId"] } == [.int(second)])
      #expect(heard.map { $0["type"]?.text } == ["payment:received"])
      #expect(rooms.first == ["type": "rooms_list", "rooms": []])
      let told = try await hand.everything()
      #expect(!told.contains { $0["type"]?.text == "inventory_action" })
      // What is everybody's goes on.
      #expect(told.contains { $0["type"]?.text == "system_notification" })
      #expect(live.hub.rooms.isEmpty)
    }
  }

  @Test func `namespaces that came with a former role are gone with it`() async throws {
    try await LiveHub.with { live in
      let admin = try await live.person(.admin)
      let guest = try await live.person(.guest)
      let client = try await WebSocketClient.open(live, as: admin)
      try await client.enter(.orders, .payments, .system, .products)

      _ = try await client.answers(
        to: ["type": "auth", "data": ["sessionId": .string(guest.token)]])
      try await live.perform("payment.record", ["amount": 100, "method": "cash"])
      _ = try await live.branch("North")
      try await live.settle()

      #expect(try await client.events().isEmpty)
    }
  }

  @Test(
    arguments: [
      #"{"a":1}"#, "[]", "7", "true", #""no such room""#, #""inventory""#, #""system""#,
      #""__proto__""#, #""Inventory_updates""#, "\"\(String(repeating: "x", count: 100_000))\"",
    ])
  func `rooms that do not exist cannot be joined, and their names are not repeated`(
    room: String
  ) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.admin))
      _ = try await client.everything()

      try await client.send(Frame(Frame.text, #"{"type":"join_room","room":\#(room)}"#))
      let answers = try await client.everything()

      #expect(
        answers == [["type": "error", "message": "No permission to join this room"]])
      #expect(live.hub.rooms == ["inventory_updates": 1])
    }
  }

  @Test(arguments: [#"{"a":1}"#, "7", "\"\(String(repeating: "x", count: 100_000))\""])
  func `names that cannot be a room's are not repeated on leaving`(room: String) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.admin))
      _ = try await client.everything()

      try await client.send(Frame(Frame.text, #"{"type":"leave_room","room":\#(room)}"#))

      #expect(
        try await client.everything() == [["type": "error", "message": "There is no such room"]])
    }
  }

  @Test(arguments: [.customer, .guest, nil] as [Role?])
  func `who is no crew is in no room`(role: Role?) async throws {
    try await LiveHub.with { live in
      var person: LiveHub.Person?
      if let role { person = try await live.person(role) }
      let client = try await WebSocketClient.connect(live, as: person)
      let (kit, place) = (try await live.product(), try await live.location())

      for room in ["inventory_updates", "procurement_updates", "pairing_recommendations"] {
        try await client.send(["type": "join_room", "room": .string(room)])
      }
      try await live.adjust(kit, at: place, by: 1)
      try await live.settle()

      let told = try await client.everything().filter(\.isOfSommOS)
      #expect(
        told.map { $0["type"]?.text } == ["connection_established", "error", "error", "error"])
      #expect(told.last?["message"]?.text == "No permission to join this room")
    }
  }

  @Test func `a room brings the movements of one's own branches`() async throws {
    try await LiveHub.with { live in
      let (north, south) = (try await live.branch("North"), try await live.branch("South"))
      let kit = try await live.product()
      let places = [
        try await live.location("A", branch: north), try await live.location("B", branch: south),
      ]
      let hand = try await WebSocketClient.open(
        live, as: try await live.person(.staff, branches: [south]))
      _ = try await hand.answers(to: ["type": "join_room", "room": "inventory_updates"])

      for place in places { try await live.adjust(kit, at: place, by: 1) }
      try await live.settle()

      let told = try await hand.everything().filter { $0["type"]?.text == "inventory_action" }
      #expect(told.map { $0["data"]?["item"]?["location"]?.text } == ["B"])
    }
  }

  @Test func `a client of both protocols is told once`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      _ = try await client.answers(to: ["type": "join_room", "room": "inventory_updates"])
      try await client.enter(.inventory)
      let (kit, place) = (try await live.product(), try await live.location())

      try await live.adjust(kit, at: place, by: 1)
      try await live.settle()

      let types = try await client.everything().compactMap { $0["type"]?.text }
      #expect(types.filter { $0 == "inventory:updated" }.count == 1)
      // The product is no news of `inventory`, and comes by the room.
      #expect(types.filter { $0 == "inventory_action" }.count == 1)
    }
  }

  @Test func `messages to managers reach managers, though they may not hear the system`()
    async throws
  {
    try await LiveHub.with { live in
      let manager = try await WebSocketClient.open(live, as: try await live.person(.manager))
      let staff = try await WebSocketClient.open(live, as: try await live.person(.staff))
      for client in [manager, staff] { try await client.enter(.orders) }

      try await live.perform(
        "notification.send",
        ["title": "T", "message": "m", "targetRoles": ["admin", "manager"]])
      try await live.perform(
        "notification.send", ["kind": "maintenance", "title": "M", "message": "tonight"])
      _ = try await live.branch("North")
      try await live.settle()

      #expect(
        try await manager.events().map { $0["type"]?.text } == [
          "system:notification", "system:maintenance",
        ])
      #expect(try await staff.events().map { $0["type"]?.text } == ["system:maintenance"])
    }
  }

  @Test func `what is no JSON counts against the rate and ends the connection`() async throws {
    var limits = Limits()
    limits.controlMessagesPerMinute = 10
    limits.messagesPerMinute = 50
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live)
      let other = try await WebSocketClient.open(live)

      for _ in 0..<150 { try? await client.send(Frame(Frame.text, "{")) }
      var errors: [String?] = []
      do {
        while true {
          let message = try await client.receiveAny()
          if message["type"]?.text == "error" { errors.append(message["message"]?.text) }
        }
      } catch let closed as WebSocketClient.Closed {
        #expect(closed.code == 4429)
      }

      #expect(errors.prefix(10).allSatisfy { $0 == "Invalid message format" })
      #expect(errors.dropFirst(10).allSatisfy { $0 == "Message rate limit exceeded" })
      #expect(errors.count == 100)
      #expect(try await other.ask(["type": "ping"])["type"]?.text == "pong")
    }
  }

  @Test func `a page of the hub's own host or of an allowed one may connect, another's may not`()
    async throws
  {
    try await LiveHub.with(origins: ["http://localhost:3000"]) { live in
      _ = try await WebSocketClient.connect(live, headers: ["Origin: http://hub.example"])
      let refused = await #expect(throws: WebSocketClient.Closed.self) {
        try await WebSocketClient.connect(live, headers: ["Origin: http://evil.example"])
      }
      _ = try await WebSocketClient.connect(live)

      _ = try await WebSocketClient.connect(live, headers: ["Origin: http://localhost:3000"])

      #expect(refused?.code == 401)
    }
  }

  @Test func `whoever answers protocol pings alone lives on, whoever does not is closed`()
    async throws
  {
    let heartbeat = Heartbeat(sweep: .milliseconds(900), silence: .seconds(1))
    try await LiveHub.with(heartbeat: heartbeat) { live in
      let idle = try await WebSocketClient.open(live, as: try await live.person(.staff))
      let dead = try await WebSocketClient.open(live, as: try await live.signedIn("staff"))

      // Four rounds; upstream dropped such a client at its second.
      for _ in 0..<4 {
        var frame = try await idle.frame()
        while frame.opcode != Frame.ping { frame = try await idle.frame() }
        try await idle.send(Frame(Frame.pong, frame.payload))
      }

      #expect(try await idle.answers(to: ["type": "get_rooms"]).last?["type"]?.text == "rooms_list")
      // The other's socket is closed, not left to wait in silence.
      #expect(try await dead.closing().code == 1008)
      #expect(live.hub.rooms == ["inventory_updates": 1])
    }
  }
}
