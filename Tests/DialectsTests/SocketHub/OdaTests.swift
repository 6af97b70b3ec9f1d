import Access
import HubFixtures
import Inventory
import Realtime
import Storage
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

  @Test func `an item is low on its own level, once on its way down`() async throws {
    try await LiveHub.with { live in
      let product = try await live.id(
        "productId", "product.create", ["sku": "RUM", "name": "Rum", "minimum": 5])
      let (bar, store) = (try await live.location("Bar"), try await live.location("Store"))
      try await live.adjust(product, at: store, by: 20)
      try await live.adjust(product, at: bar, by: 7)
      let client = try await SocketClient.open(live, as: try await live.person(.staff))
      try await client.emit("subscribe:inventory", [:])
      _ = try await client.event("inventory:subscribed")

      for change in [-1, -1, -1, 1, -1] as [Int64] {
        try await live.adjust(product, at: bar, by: change)
      }
      // The product's total dips at the other place, which is low already by then.
      try await live.adjust(product, at: store, by: -14)
      try await live.adjust(product, at: store, by: -4)
      try await live.settle()

      var alerts: [JSON] = []
      try await client.emit("subscribe:inventory", [:], id: 9)
      while true {
        let text = try await client.packet()
        if text.hasPrefix("439[") { break }
        let event = try JSON(parsing: String(text.dropFirst(2))).elements ?? []
        if event.first?.text == "inventory:lowStock" { alerts.append(event[1]["data"] ?? .null) }
      }
      #expect(alerts.map { $0["currentQuantity"] } == [5, 2])
      #expect(alerts.map { $0["locationName"]?.text } == ["Bar", "Store"])
      #expect(
        alerts.first?.holds([
          "productId": .text(of: product), "locationId": .text(of: bar), "threshold": 5,
          "productName": "Rum",
        ]) == true)
      #expect(alerts.allSatisfy { $0["inventoryItemId"]?.text != nil })
    }
  }

  @Test func `a fulfilled reservation, and orders and payments in Oda's other words, are told`()
    async throws
  {
    try await LiveHub.with { live in
      let (ana, place) = (try await live.customer("Ana"), try await live.location())
      let rum = try await live.id(
        "productId", "product.create", ["sku": "RUM", "name": "Rum", "price": 1290])
      try await live.adjust(rum, at: place, by: 5)
      let client = try await SocketClient.open(live, as: try await live.person(.manager))
      try await client.emit("subscribe:inventory", [:], id: 1)
      _ = try await client.acknowledgement(1)
      try await client.emit("subscribe:orders", [:], id: 2)
      _ = try await client.acknowledgement(2)

      let reservation = try await live.id(
        "reservationId", "reservation.create",
        ["productId": .int(rum), "locationId": .int(place), "quantity": 3])
      try await live.perform(
        "reservation.fulfil", ["reservationId": .int(reservation), "quantity": 2])
      let fulfilled = try await client.event("inventory:reservationFulfilled")
      let order = try await live.id(
        "orderId", "order.create",
        ["customerId": .int(ana), "lines": [["productId": .int(rum), "quantity": 1]]])
      let created = try await client.event("order.created")
      try await live.perform("order.status", ["orderId": .int(order), "status": "processing"])
      let changed = try await client.event("order.status.updated")
      let payment = try await live.id(
        "paymentId", "payment.record",
        ["orderId": .int(order), "amount": 1290, "method": "card"])
      let paid = try await client.event("payment.processed")
      try await live.perform("order.status", ["orderId": .int(order), "status": "cancelled"])
      let cancelled = try await client.event("order.cancelled")

      #expect(
        fulfilled["data"]?.holds([
          "reservationId": .text(of: reservation), "quantityFulfilled": 2, "remainingQuantity": 1,
        ]) == true)
      #expect(
        created["data"] == [
          "orderId": .text(of: order), "orderNumber": .text(of: order),
          "customerId": .text(of: ana), "totalAmount": .number(12.9),
        ])
      #expect(
        changed["data"]?.holds(["oldStatus": "pending", "newStatus": "processing"]) == true)
      #expect(
        paid["data"] == [
          "orderId": .text(of: order), "paymentId": .text(of: payment), "amount": .number(12.9),
          "method": "card",
        ])
      #expect(cancelled["data"]?["orderId"] == .text(of: order))
    }
  }

  @Test func `who has changed the catalogue is told to admins`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.admin)
      let admin = try await SocketClient.open(live, as: person)
      let staff = try await SocketClient.open(live, as: try await live.person(.staff))
      for client in [admin, staff] {
        try await client.emit("subscribe:notifications", id: 1)
        _ = try await client.acknowledgement(1)
      }

      let rum = try await live.perform(
        "product.create", ["sku": "RUM", "name": "Rum"], by: .session(person.session))
      let told = try await admin.event("notification")

      #expect(told["type"]?.text == "user:activity")
      #expect(
        told["data"]?.holds([
          "userId": .text(of: person.user), "action": "product_created",
          "metadata": ["productId": .text(of: rum["productId"]?.integer ?? 0)],
        ]) == true)
      #expect(try await staff.heard().isEmpty)
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

  @Test func `shopify's progress is told step by step`() async throws {
    try await LiveHub.with { live in
      let client = try await SocketClient.open(live, as: try await live.person(.manager))
      try await client.emit("subscribe:inventory", [:])
      _ = try await client.event("inventory:subscribed")
      func report(_ status: JSON, _ more: JSON) async throws {
        var data = more
        data["syncType"] = "products"
        data["syncId"] = "s1"
        data["status"] = status
        try await live.perform("shopify.sync", data)
      }

      try await report("in_progress", ["direction": "pull"])
      try await report("in_progress", ["progress": 50, "total": 10, "processed": 5])
      try await report("completed", ["total": 10, "successful": 9, "failed": 1])
      try await live.perform(
        "shopify.webhook", ["topic": "products/update", "id": "w1", "shop_domain": "a.example"])

      let started = try await client.event("shopify:product:started")
      let progress = try await client.event("shopify:product:progress")
      let completed = try await client.event("shopify:product:completed")
      let webhook = try await client.event("shopify:webhook:received")
      #expect(started["data"]?["syncId"]?.text == "s1")
      #expect(started["data"]?["direction"]?.text == "pull")
      #expect(progress["data"]?["progress"]?.integer == 50)
      #expect(completed["data"]?["successful"]?.integer == 9)
      #expect(webhook["data"]?["topic"]?.text == "products/update")
    }
  }

  @Test func `a run that names no direction and no message is told all the same`() async throws {
    try await LiveHub.with { live in
      let client = try await SocketClient.open(live, as: try await live.person(.manager))
      try await client.emit("subscribe:inventory", [:])
      _ = try await client.event("inventory:subscribed")
      func report(_ kind: JSON, _ status: JSON, _ more: JSON) async throws {
        var data = more
        data["syncType"] = kind
        data["syncId"] = .string("run-\(kind.text ?? "")")
        data["status"] = status
        try await live.perform("shopify.sync", data)
      }

      try await report("customers", "in_progress", [:])
      try await report("inventory", "error", ["error": "no link"])

      let state = try await client.event("shopify:syncStatus")
      let started = try await client.event("shopify:customer:started")
      let failed = try await client.event("shopify:inventory:error")
      #expect(state["data"]?.holds(["syncType": "customers", "status": "in_progress"]) == true)
      #expect(
        started["data"] == ["syncId": "run-customers", "message": "customer sync started"])
      #expect(
        failed["data"] == [
          "syncId": "run-inventory", "error": "no link", "message": "inventory sync error",
        ])
    }
  }

  @Test func `notifications say what they are about`() async throws {
    try await LiveHub.with { live in
      let client = try await SocketClient.open(live, as: try await live.person(.admin))
      try await client.emit("subscribe:notifications", id: 1)
      _ = try await client.acknowledgement(1)

      try await live.perform(
        "notification.send", ["title": "Fuel", "message": "Bunkering at 8", "severity": "warning"])
      try await live.perform(
        "notification.send",
        [
          "kind": "maintenance", "title": "Update", "message": "Back soon",
          "scheduledAt": 1_705_314_600_000,
        ])

      let event = try await client.event("notification")
      let maintenance = try await client.event("notification")
      #expect(event["type"]?.text == "system:event")
      #expect(event["data"]?["message"]?.text == "Bunkering at 8")
      #expect(event["data"]?["severity"]?.text == "warning")
      #expect(maintenance["type"]?.text == "system:maintenance")
      #expect(maintenance["data"]?["scheduledTime"]?.text == "2024-01-15T10:30:00.000Z")
    }
  }

  @Test func `low stock, transfers and released reservations are told as Oda says them`()
    async throws
  {
    try await LiveHub.with { live in
      let product = try await live.id(
        "productId", "product.create", ["sku": "RUM", "name": "Rum", "minimum": 5])
      let (bar, store) = (try await live.location("Bar"), try await live.location("Store"))
      try await live.adjust(product, at: store, by: 6)
      let client = try await SocketClient.open(live, as: try await live.person(.staff))
      try await client.emit("subscribe:inventory", [:])
      _ = try await client.event("inventory:subscribed")

      try await live.adjust(product, at: store, by: -2)
      let low = try await client.event("inventory:lowStock")
      let transfer = try await live.id(
        "transferId", "transfer.create",
        [
          "fromLocationId": .int(store), "toLocationId": .int(bar),
          "lines": [["productId": .int(product), "quantity": 1]],
        ])
      let created = try await client.event("inventory:transferCreated")
      try await live.perform("transfer.ship", ["transferId": .int(transfer)])
      let shipped = try await client.event("inventory:transferShipped")
      try await live.perform("transfer.receive", ["transferId": .int(transfer)])
      let received = try await client.event("inventory:transferReceived")
      let reservation = try await live.id(
        "reservationId", "reservation.create",
        ["productId": .int(product), "locationId": .int(store), "quantity": 1])
      try await live.perform("reservation.release", ["reservationId": .int(reservation)])
      let released = try await client.event("inventory:reservationReleased")

      #expect(low["data"]?["currentQuantity"]?.integer == 4)
      #expect(low["data"]?["threshold"]?.integer == 5)
      #expect(low["data"]?["locationId"]?.text == "\(store)")
      #expect(created["data"]?["fromLocationId"]?.text == "\(store)")
      #expect(created["data"]?["items"]?.elements?.first?["quantity"]?.integer == 1)
      #expect(shipped["data"]?["transferId"]?.text == "\(transfer)")
      #expect(received["data"]?["fullyReceived"] == true)
      #expect(received["data"]?["receivedItems"]?.elements?.count == 1)
      #expect(released["data"]?["reservationId"]?.text == "\(reservation)")
    }
  }

  @Test func `who came and went, and what endangers an account, is told to admins`() async throws {
    try await LiveHub.with { live in
      let staff = try await live.person(.staff)
      let admin = try await live.person(.admin)
      let client = try await SocketClient.open(live, as: admin)
      try await client.emit("subscribe:notifications", id: 1)
      _ = try await client.acknowledgement(1)

      try await live.perform(
        "session.end", ["sessionId": .int(staff.session)], by: .session(admin.session))

      var told: [JSON] = []
      while told.count < 2 { told.append(try await client.event("notification")) }
      let activity = told.first { $0["type"]?.text == "user:activity" }
      let alert = told.first { $0["type"]?.text == "security:alert" }
      #expect(activity?["data"]?["action"]?.text == "logout")
      #expect(activity?["data"]?["userId"]?.text == "\(staff.user)")
      #expect(alert?["data"]?["affectedUserId"]?.text == "\(staff.user)")
      #expect(alert?["data"]?["alertType"]?.text == "session_ended")
    }
  }
}
