import HubFixtures
import Inventory
import Realtime
import Testing
import Wire

/// Seed 002 on the hub: `/`, over a WebSocket.
@Suite struct OdaTests {
  @Test func `whoever signs in is told that they are connected`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.staff)

      let client = try await SocketClient.open(live, as: person)

      let connected = try await client.event("connected")
      #expect(connected["socketId"] == client.joined["sid"])
      #expect(connected["userId"]?.text == "\(person.user)")
      #expect(connected["timestamp"]?.text.flatMap(ISO8601.milliseconds) != nil)
    }
  }

  @Test(
    arguments: [
      ([:], "Authentication token required"), (["token": "rubbish"], "Authentication failed"),
      (["token": 7], "Authentication token required"),
      (["token": ""], "Authentication token required"),
    ] as [(JSON, String)])
  func `whoever does not is kept out in the system's own words`(
    auth: JSON, message: String
  ) async throws {
    try await LiveHub.with { live in
      _ = await #expect(throws: SocketClient.Refused(message: message)) {
        _ = try await SocketClient.open(live, auth: auth)
      }
    }
  }

  @Test func `a bearer header signs in as well, and an ended session does not`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.staff)
      let header = ["Authorization: Bearer \(person.token)"]
      let client = try await SocketClient.open(live, headers: header)
      _ = try await client.event("connected")

      try await live.perform("session.end", ["sessionId": .int(person.session)])

      await #expect(throws: SocketClient.Refused(message: "disconnect")) {
        while true { _ = try await client.event() }
      }
      await #expect(throws: SocketClient.Refused(message: "Authentication failed")) {
        _ = try await SocketClient.open(live, headers: header)
      }
    }
  }

  @Test(
    arguments: ["41", nil],
    [
      #"42["subscribe:inventory",{"locationIds":["1"]}]"#,
      #"42["subscribe:orders",{"customerId":"1"}]"#,
      #"421["inventory:update",{"inventoryItemId":"nosuch","quantity":5}]"#,
      #"422["inventory:reserve",{"inventoryItemId":"nosuch","quantity":5,"reason":"x"}]"#,
      #"423["command",{"id":"c","command":"location.create","data":{"name":"Attic"}}]"#,
    ])
  func `whoever leaves before the answer ends nobody else's stay`(
    goodbye: String?, question: String
  ) async throws {
    try await LiveHub.with(loops: 2) { live in
      let person = try await live.person(.staff)
      let other = try await SocketClient.open(live, as: person)
      for _ in 0..<10 {
        let client = try await SocketClient.open(live, as: person)
        try await client.send(question)
        if let goodbye { try await client.send(goodbye) }
        await client.web.raw.close()
      }

      try await other.emit("subscribe:inventory", [:])
      _ = try await other.event("inventory:subscribed")
      #expect(try await live.eventually { live.hub.traffic.connections == 1 })
      // The other's own, and the inventory.
      #expect(try await live.eventually { try await live.hub.census().topics == 2 })
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `of many who come at once all are let in and answered`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let (person, place) = (try await live.person(.staff), try await live.location())
      try await withThrowingTaskGroup { group in
        for _ in 0..<150 {
          group.addTask {
            let client = try await SocketClient.open(live, as: person)
            try await client.emit("subscribe:inventory", ["locationIds": [.string("\(place)")]])
            _ = try await client.event("inventory:subscribed")
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func `a subscriber of the inventory hears each change once, as Oda says it`() async throws {
    try await LiveHub.with { live in
      let (product, place) = (try await live.product(), try await live.location())
      try await live.adjust(product, at: place, by: 10)
      let client = try await SocketClient.open(live, as: try await live.person(.staff))
      try await client.emit("subscribe:inventory", [:])
      let subscribed = try await client.event("inventory:subscribed")

      try await live.perform(
        "stock.remove",
        ["productId": .int(product), "locationId": .int(place), "quantity": 3, "reason": "use"])

      let told = try await client.event("inventory:updated")
      #expect(subscribed["locationIds"] == nil)
      #expect(told["type"]?.text == "inventory:updated")
      #expect(told["data"]?["productId"]?.text == "\(product)")
      #expect(told["data"]?["locationId"]?.text == "\(place)")
      #expect(told["data"]?["oldQuantity"]?.integer == 10)
      #expect(told["data"]?["newQuantity"]?.integer == 7)
      #expect(told["data"]?["availableQuantity"]?.integer == 7)
      #expect(told["data"]?["inventoryItemId"]?.text != nil)
      #expect(told["timestamp"]?.text != nil)
      #expect(try await client.heard().isEmpty)
    }
  }

  @Test func `a filter keeps other places and products away`() async throws {
    try await LiveHub.with { live in
      let (rum, oil) = (try await live.product("Rum"), try await live.product("Oil"))
      let (bar, store) = (try await live.location("Bar"), try await live.location("Store"))
      let client = try await SocketClient.open(live, as: try await live.person(.staff))
      try await client.emit(
        "subscribe:inventory",
        ["locationIds": [.string("Bar"), "nowhere"], "productIds": [.string("\(oil)")]])
      _ = try await client.event("inventory:subscribed")

      try await live.adjust(rum, at: store, by: 1)
      try await live.adjust(rum, at: bar, by: 2)
      try await live.adjust(oil, at: store, by: 3)
      try await live.adjust(oil, at: bar, by: 4)

      var levels: [Int64?] = []
      while levels.count < 3 {
        let told = try await client.event("inventory:updated")
        levels.append(told["data"]?["newQuantity"]?.integer)
      }
      #expect(levels == [2, 3, 4])
      #expect(try await !client.heard().contains("inventory:updated"))
    }
  }

  /// Upstream each of these ends the process.
  @Test(arguments: [
    "subscribe:inventory", "subscribe:orders", "inventory:update", "inventory:reserve",
    "subscribe:notifications", "no:such:event",
  ])
  func `no payload ends anything`(event: String) async throws {
    try await LiveHub.with { live in
      let client = try await SocketClient.open(live, as: try await live.person(.staff))
      let payloads: [JSON] = [
        .null, 7, "x", [], [1], ["locationIds": 7], ["locationIds": ["a": 1], "productIds": [[]]],
        ["inventoryItemId": [:], "quantity": "many"], ["customerId": [1]],
      ]

      try await client.send("42[\"\(event)\"]")
      for payload in payloads { try await client.emit(event, payload) }

      try await client.emit("subscribe:inventory", [:], id: 77)
      _ = try await client.acknowledgement(77)
    }
  }

  @Test func `a level is set, and who asked is told`() async throws {
    try await LiveHub.with { live in
      let (product, place) = (try await live.product("item-123"), try await live.location())
      try await live.adjust(product, at: place, by: 4)
      let client = try await SocketClient.open(live, as: try await live.person(.staff))

      try await client.emit(
        "inventory:update",
        ["inventoryItemId": "item-123", "quantity": 100, "reason": "Stock adjustment"], id: 1)

      let success = try await client.event("inventory:updateSuccess")
      #expect(success["inventoryItemId"]?.text == "item-123")
      #expect(success["quantity"]?.integer == 100)
      #expect(success["timestamp"]?.text != nil)
      #expect(try await client.acknowledgement(1) == success)
    }
  }

  @Test func `a reservation is made, or refused with the reason`() async throws {
    try await LiveHub.with { live in
      let (product, place) = (try await live.product("item-123"), try await live.location())
      try await live.adjust(product, at: place, by: 12)
      let client = try await SocketClient.open(live, as: try await live.person(.staff))
      try await client.emit("subscribe:inventory", [:])
      let wish: JSON = [
        "inventoryItemId": "item-123", "quantity": 10, "reason": "Order reservation",
        "referenceId": "order-9",
      ]

      try await client.emit("inventory:reserve", wish)
      let reserved = try await client.event("inventory:reserved")
      try await client.emit("inventory:reserve", wish)
      let failed = try await client.event("inventory:reservationError")

      #expect(reserved["data"]?["quantity"]?.integer == 10)
      #expect(reserved["data"]?["reason"]?.text == "Order reservation")
      #expect(reserved["data"]?["referenceId"]?.text == "order-9")
      #expect(failed["inventoryItemId"]?.text == "item-123")
      #expect(failed["error"]?.text == "Insufficient inventory. Available: 2, Requested: 10")
    }
  }

  @Test func `a shortage tells no level that is being counted blind`() async throws {
    try await LiveHub.with { live in
      let (product, place) = (try await live.product("item-123"), try await live.location())
      try await live.adjust(product, at: place, by: 12)
      let client = try await SocketClient.open(live, as: try await live.person(.staff))
      try await live.perform(
        "count.open", ["room": "Cellar", "locationId": .int(place), "blind": true])

      try await client.emit(
        "inventory:reserve", ["inventoryItemId": "item-123", "quantity": 100, "reason": "x"])

      let error = try await client.event("inventory:reservationError")["error"]?.text
      #expect(error == "There is not so much of item-123 in Engine room.")
    }
  }

  @Test(arguments: ["inventory:reserve", "inventory:update"])
  func `what names no item is told so in the client's word for it`(event: String) async throws {
    try await LiveHub.with { live in
      let client = try await SocketClient.open(live, as: try await live.person(.staff))

      try await client.emit(event, ["quantity": 1, "reason": "x"])

      let error = event == "inventory:reserve" ? "reservationError" : "updateError"
      #expect(
        try await client.event("inventory:\(error)")["error"]?.text == "inventoryItemId is required"
      )
    }
  }

  @Test func `who may not change the stock is told so, and hears none of it`() async throws {
    try await LiveHub.with { live in
      let (product, place) = (try await live.product("item-123"), try await live.location())
      try await live.adjust(product, at: place, by: 4)
      let client = try await SocketClient.open(live, as: try await live.person(.guest))

      try await client.emit("subscribe:inventory", [:])
      let first = try await client.event("error")
      try await client.emit("inventory:update", ["inventoryItemId": "item-123", "quantity": 1])
      let second = try await client.event("error")
      try await live.adjust(product, at: place, by: 1)
      try await live.settle()

      #expect(first["message"]?.text == "Insufficient permissions")
      #expect(second["message"]?.text == "Insufficient permissions")
      #expect(try await client.heard().isEmpty)
    }
  }

  @Test func `orders reach those who subscribe, and a customer only their own`() async throws {
    try await LiveHub.with { live in
      let (mine, other) = (try await live.customer("Ana"), try await live.customer("Ben"))
      let product = try await live.product()
      let crew = try await SocketClient.open(live, as: try await live.person(.staff))
      let customer = try await SocketClient.open(
        live, as: try await live.person(.customer, name: "ana", customer: mine))
      for client in [crew, customer] {
        try await client.emit("subscribe:orders", [:], id: 1)
        _ = try await client.acknowledgement(1)
      }

      for whose in [other, mine] {
        let items: JSON = [["productId": .int(product), "quantity": 1]]
        try await live.perform("order.create", ["customerId": .int(whose), "lines": items])
      }

      let heard = try await customer.event("order:updated")
      #expect(heard["data"]?["customerId"]?.text == "\(mine)")
      #expect(heard["data"]?["status"]?.text == "pending")
      #expect(try await customer.heard().isEmpty)
      #expect(
        try await crew.heard()
          == ["order.created", "order:updated", "order.created", "order:updated"])
    }
  }

  @Test func `the crew may ask for the orders of one customer, by their number as well`()
    async throws
  {
    try await LiveHub.with { live in
      let ana = try await live.id(
        "customerId", "customer.create", ["name": "Ana", "reference": "customer-ana"])
      let (ben, product) = (try await live.customer("Ben"), try await live.product())
      let crew = try await SocketClient.open(live, as: try await live.person(.staff))
      try await crew.emit("subscribe:orders", ["customerId": "customer-ana"], id: 1)
      _ = try await crew.acknowledgement(1)

      for whose in [ben, ana] {
        let items: JSON = [["productId": .int(product), "quantity": 1]]
        try await live.perform("order.create", ["customerId": .int(whose), "lines": items])
      }

      #expect(try await crew.event("order:updated")["data"]?["customerId"] == .text(of: ana))
      try await crew.emit("subscribe:orders", ["customerId": "nobody"])
      #expect(try await crew.event("error") == ["message": "Customer not found"])
      #expect(try await crew.heard().isEmpty)
    }
  }

  @Test(arguments: ["/", "/ws"])
  func `beyond a hundred messages a minute each is refused`(namespace: String) async throws {
    try await LiveHub.with { live in
      let client = try await SocketClient.open(
        live, namespace, as: try await live.person(.staff))

      for number in 0..<103 {
        try await client.emit(number.isMultiple(of: 2) ? "ping" : "subscribe:notifications")
      }

      for _ in 0..<3 {
        #expect(try await client.event("error") == ["message": "Rate limit exceeded"])
      }
    }
  }
}
