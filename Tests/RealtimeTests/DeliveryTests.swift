import Access
import HubFixtures
import Inventory
import Realtime
import Storage
import Testing
import Wire

/// Who hears what: topics, roles, branches and persons.
@Suite struct DeliveryTests {
  @Test(
    arguments: [
      ("orders", [.admin, .manager, .staff, .customer]),
      ("customers", [.admin, .manager, .staff]),
      ("products", [.admin, .manager, .staff, .customer, .guest, nil]),
      ("inventory", [.admin, .manager, .staff]),
      ("payments", [.admin, .manager]), ("system", [.admin]),
      ("inventory:location:7", [.admin, .manager, .staff]),
      ("payments:order:1", [.admin, .manager]), ("system:user:1", [.admin]),
      ("presence", [.admin, .manager, .staff]),
      ("notifications", [.admin, .manager, .staff, .customer, .guest, nil]),
      ("notifications:999", []), ("Inventory", []), ("inventories", []), ("", []), ("*", []),
      ("inventory*", []), (":inventory", []), ("presence:1", []),
    ] as [(String, [Role?])])
  func `a topic is open to the roles of the table`(topic: String, roles: [Role?]) async throws {
    try await LiveHub.with { live in
      for role in Role.allCases.map(Optional.some) + [nil] {
        var person: LiveHub.Person?
        if let role { person = try await live.person(role) }
        let client = try await WebSocketClient.open(live, as: person)

        let answer = try await client.subscribe(topic)

        let isOpen = roles.contains(role)
        let name = role?.rawValue ?? "nobody"
        #expect(answer["type"]?.text == (isOpen ? "subscribed" : "refused"), "\(name)")
        #expect(isOpen || answer["code"]?.text == "forbidden")
      }
    }
  }

  @Test func `an event reaches a connection once, however many of its topics match`() async throws {
    try await LiveHub.with { live in
      let (product, location) = (try await live.product(), try await live.location())
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      for topic in ["inventory", "inventory:location:\(location)", "inventory:product:\(product)"] {
        try await client.subscribe(topic)
      }

      try await live.adjust(product, at: location, by: 3)
      try await live.settle()

      let heard = try await client.heard().filter { $0["type"]?.text == "inventory:updated" }
      #expect(heard.count == 1)
    }
  }

  @Test func `what is counted blind is told live to those alone who may complete the count`()
    async throws
  {
    try await LiveHub.with { live in
      let (product, location) = (try await live.product(), try await live.location())
      try await live.adjust(product, at: location, by: 9)
      let count = try await live.id(
        "countId", "count.open", ["room": "Store", "locationId": .int(location), "blind": true])
      var clients: [Role: WebSocketClient] = [:]
      for role in [Role.staff, .manager] {
        clients[role] = try await WebSocketClient.open(live, as: try await live.person(role))
        try await clients[role]?.subscribe("inventory")
      }
      let heard = { (role: Role) in
        try await live.settle()
        return try await clients[role]?.heard().filter { $0["type"]?.text == "inventory:updated" }
          .count
      }

      try await live.adjust(product, at: location, by: -1)

      #expect(try await heard(.staff) == 0)
      #expect(try await heard(.manager) == 1)

      try await live.perform("count.cancel", ["countId": .int(count)])
      try await live.adjust(product, at: location, by: -1)

      #expect(try await heard(.staff) == 1)
      #expect(try await heard(.manager) == 1)
    }
  }

  @Test func `after unsubscribing nothing more comes, of that topic alone`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      for topic in ["inventory", "products"] { try await client.subscribe(topic) }

      let answer = try await client.ask(
        ["type": "unsubscribe", "id": "u", "data": ["namespace": "inventory"]])
      _ = (try await live.product(), try await live.location())
      try await live.settle()

      #expect(answer["type"]?.text == "unsubscribed")
      #expect(answer["data"]?["namespace"]?.text == "inventory")
      #expect(try await client.heard().map { $0["type"]?.text } == ["product:created"])
    }
  }

  @Test func `a customer hears their own orders and no others, whatever they subscribe to`()
    async throws
  {
    try await LiveHub.with { live in
      let product = try await live.product()
      let (mine, other) = (try await live.customer("Ana"), try await live.customer("Ben"))
      let person = try await live.person(.customer, customer: mine)
      let nameless = try await live.person(.customer, name: "nobody")
      let client = try await WebSocketClient.open(live, as: person)
      let stranger = try await WebSocketClient.open(live, as: nameless)
      for topic in ["orders", "orders:customer:\(mine)", "orders:customer:\(other)", "orders:2"] {
        try await client.subscribe(topic)
        try await stranger.subscribe(topic)
      }

      let line: JSON = [["productId": .int(product), "quantity": 1]]
      for customer in [mine, other, nil] {
        try await live.perform(
          "order.create", .compact(["customerId": .integer(customer), "lines": line]))
      }
      try await live.perform("order.status", ["orderId": 2, "status": "processing"])
      try await live.perform("order.remove", ["orderId": 3])
      try await live.settle()

      let heard = try await client.heard()
      #expect(heard.map { $0["data"]?["customerId"]?.integer } == [mine])
      #expect(try await stranger.heard().isEmpty)
      // The same when it is replayed.
      let zero: JSON = ["epoch": .string(live.hub.epoch), "seq": 0]
      let late = try await WebSocketClient.open(live, as: person)
      try await late.send([
        "type": "subscribe", "data": ["topic": .string("orders:customer:\(other)"), "after": zero],
      ])
      #expect(try await late.receive()["data"]?["outcome"]?.text == "nothing_missed")
    }
  }

  @Test func `a branch's events are for its own crew and admins`() async throws {
    try await LiveHub.with { live in
      let (north, south) = (try await live.branch("North"), try await live.branch("South"))
      let product = try await live.product()
      let places = [
        try await live.location("A", branch: north), try await live.location("B", branch: south),
        try await live.location("C"),
      ]
      let people = [
        try await live.person(.staff, name: "n", branches: [north]),
        try await live.person(.manager, name: "s", branches: [south]),
        try await live.person(.staff, name: "none"), try await live.person(.admin),
      ]
      var clients: [WebSocketClient] = []
      for person in people {
        let client = try await WebSocketClient.open(live, as: person)
        try await client.subscribe("inventory")
        for place in places { try await client.subscribe("inventory:location:\(place)") }
        clients.append(client)
      }

      for place in places { try await live.adjust(product, at: place, by: 5) }
      try await live.settle()

      var heard: [[Int64?]] = []
      for client in clients {
        heard.append(
          try await client.heard().filter { $0["type"]?.text == "inventory:updated" }
            .map { $0["data"]?["locationId"]?.integer })
      }
      let (a, b, c) = (places[0], places[1], places[2])
      #expect(heard == [[a, c], [b, c], [c], [a, b, c]])
    }
  }

  @Test func `a notification reaches whom it is meant for`() async throws {
    try await LiveHub.with { live in
      let people = [
        try await live.person(.staff, name: "Ana"), try await live.person(.staff, name: "Ben"),
        try await live.person(.admin), try await live.person(.guest),
      ]
      var clients: [WebSocketClient] = []
      for person in people {
        let client = try await WebSocketClient.open(live, as: person)
        try await client.subscribe("notifications")
        try await client.subscribe("notifications:\(person.user)")
        clients.append(client)
      }

      let ana = people[0].user
      for (title, target) in [
        ("all", [:]), ("Ana", ["userId": .int(ana)]), ("staff", ["targetRoles": ["staff"]]),
      ] as [(String, JSON)] {
        var data = target
        data["title"] = .string(title)
        data["message"] = ""
        try await live.perform("notification.send", data)
      }
      try await live.settle()

      var heard: [[String?]] = []
      for client in clients {
        heard.append(try await client.heard().map { $0["data"]?["title"]?.text })
      }
      #expect(heard == [["all", "Ana", "staff"], ["all", "staff"], ["all"], ["all"]])
    }
  }

  @Test func `on two event loops every subscriber hears every event once, in order`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let (product, location) = (try await live.product(), try await live.location())
      let person = try await live.person(.staff)
      var clients: [WebSocketClient] = []
      for _ in 0..<20 {
        let client = try await WebSocketClient.open(live, as: person)
        try await client.subscribe("inventory:product:\(product)")
        clients.append(client)
      }
      let head = try live.store.position().seq

      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<100 {
          group.addTask { try await live.adjust(product, at: location, by: 1) }
        }
        try await group.waitForAll()
      }
      try await live.settle()

      let expected = try live.store.events(after: head, limit: 1000)
        .filter { $0.topics.contains("inventory:product:\(product)") }.map(\.seq)
      #expect(expected.count >= 100)
      for client in clients {
        #expect(try await client.heard().compactMap { $0["seq"]?.integer } == expected)
      }
    }
  }

  @Test func `what another process has committed is delivered in its place`() async throws {
    let folder = try Folder()
    try await LiveHub.with(in: folder) { live in
      let client = try await WebSocketClient.open(live)
      try await client.subscribe("products")
      let beside = Ledger(store: try Store(directory: folder.path), logger: .silent)
      guard let create = Catalogue.command(named: "product.create") else { return }

      _ = await beside.submit(
        Submission(try create.init(data: ["sku": "1", "name": "1"]), by: .hub))
      _ = try await live.product("2")
      _ = await beside.submit(
        Submission(try create.init(data: ["sku": "3", "name": "3"]), by: .hub))
      live.feed.catchUp()
      try await live.settle()

      #expect(try await client.heard().map { $0["seq"]?.integer } == [1, 2, 3])
    }
  }

  @Test func `the second receipt reaches everybody who has signed in`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.customer))
      let nobody = try await WebSocketClient.open(live)

      live.hub.tellShore(through: 7)
      try await live.hub.turn()

      let heard = try await client.heard()
      #expect(heard.map { $0["type"]?.text } == ["shore"])
      #expect(heard.first?["data"] == ["epoch": .string(live.hub.epoch), "through": 7])
      #expect(try await nobody.heard().isEmpty)
    }
  }
}
