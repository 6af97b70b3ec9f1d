import HubFixtures
import Inventory
import Realtime
import Testing
import Wire

/// Seed 001: the six families of events, as real commands bring them about.
@Suite struct OmniSalesEventTests {
  /// An admin in all namespaces, something to sell, and somebody to sell it to.
  private struct Shop {
    var live: LiveHub
    var admin: WebSocketClient
    var kit: Int64
    var room: Int64
    var ana: Int64

    static func open(_ live: LiveHub) async throws -> Shop {
      let kit = try await live.id(
        "productId", "product.create",
        ["sku": "IMP-1", "name": "Impeller kit", "price": 2500, "minimum": 10, "category": "pump"])
      let shop = Shop(
        live: live,
        admin: try await WebSocketClient.open(live, as: try await live.person(.admin)), kit: kit,
        room: try await live.location(), ana: try await live.customer("Ana"))
      _ = try await shop.admin.answers(to: Omni.auth)
      try await shop.admin.enter(.orders, .customers, .products, .inventory, .payments, .system)
      return shop
    }

    func adjust(_ quantity: Int64, _ reason: String) async throws {
      var data = LiveHub.adjustment(kit, room, quantity)
      data["reason"] = .string(reason)
      try await live.perform("stock.adjust", data)
    }

    func order(quantity: Int64 = 2) async throws -> Int64 {
      try await live.id(
        "orderId", "order.create",
        [
          "customerId": .int(ana), "channel": "web",
          "lines": [["productId": .int(kit), "quantity": .int(quantity)]],
        ])
    }

    /// Checks that events of the documented types have come, with what the document says is in them.
    func expect(_ namespace: Namespace, _ expected: [(type: String, data: JSON)]) async throws {
      try await live.settle()
      let events = try await admin.events()
      for event in events {
        #expect(
          event.keys == ["type", "namespace", "epoch", "seq", "data", "timestamp"]
            || event.keys == ["type", "namespace", "data", "timestamp"])
        #expect(event["timestamp"]?.isMilliseconds == true)
      }
      for (type, data) in expected {
        let found = events.filter { $0["type"]?.text == type }
        #expect(
          found.contains { $0["data"]?.holds(data) == true }, "\(type): \(found.last ?? .null)")
        #expect(found.allSatisfy { $0["namespace"]?.text == namespace.rawValue })
      }
    }
  }

  @Test func `orders`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      let order = try await shop.order()
      let lines: JSON = [["productId": .int(shop.kit), "quantity": 3]]
      try await live.perform("order.update", ["orderId": .int(order), "lines": lines])
      try await live.perform("order.status", ["orderId": .int(order), "status": "processing"])
      let mistake = try await shop.order(quantity: 1)
      try await live.perform("order.remove", ["orderId": .int(mistake)])

      let whose: JSON = [
        "orderId": .text(of: order), "customerId": .text(of: shop.ana), "customerName": "Ana",
      ]
      func with(_ more: KeyValuePairs<String, JSON>) -> JSON {
        var data = whose
        for (key, value) in more { data[key] = value }
        return data
      }
      try await shop.expect(
        .orders,
        [
          ("order:created", with(["total": 50, "status": "pending", "channel": "web"])),
          (
            "order:updated",
            with([
              "changes": [
                "items": [
                  [
                    "productId": .text(of: shop.kit), "productName": "Impeller kit",
                    "quantity": 3, "price": 25,
                  ]
                ], "total": 75,
              ]
            ])
          ),
          (
            "order:status_changed", with(["oldStatus": "pending", "newStatus": "processing"])
          ),
          ("order:deleted", ["orderId": .text(of: mistake)]),
        ])
    }
  }

  @Test func `an order's change of status says when, in milliseconds`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      let order = try await shop.order()
      try await live.perform("order.status", ["orderId": .int(order), "status": "cancelled"])
      try await live.settle()

      let event = try await shop.admin.receive("order:status_changed")

      #expect(event["data"]?["timestamp"]?.isMilliseconds == true)
    }
  }

  @Test func `customers`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      for (action, more) in [
        ("viewing", ["duration": 30]), ("cart_add", ["quantity": 2]), ("cart_remove", [:]),
        ("checkout_start", [:]), ("checkout_complete", [:]),
      ] as [(String, JSON)] {
        var data: JSON = [
          "customerId": .int(shop.ana), "action": .string(action), "productId": .int(shop.kit),
        ]
        for (key, value) in more.members?.pairs ?? [] { data[key] = value }
        try await live.perform("customer.activity", data)
      }

      let what: JSON = [
        "customerId": .text(of: shop.ana), "productId": .text(of: shop.kit),
        "productName": "Impeller kit",
      ]
      func with(_ key: String, _ value: JSON) -> JSON {
        var data = what
        data[key] = value
        return data
      }
      let actions = ["viewing", "cart_add", "cart_remove", "checkout_start", "checkout_complete"]
      try await shop.expect(
        .customers,
        actions.map { ("customer:activity", with("action", .string($0))) } + [
          ("customer:viewing_product", with("duration", 30)),
          ("customer:added_to_cart", with("quantity", 2)),
        ])
    }
  }

  @Test func `inventory`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      try await shop.adjust(20, "restock")
      try await shop.adjust(-12, "sale")
      try await shop.adjust(-8, "sale")
      try await shop.adjust(30, "return")

      let what: JSON = [
        "productId": .text(of: shop.kit), "productName": "Impeller kit", "sku": "IMP-1",
      ]
      func with(_ more: KeyValuePairs<String, JSON>) -> JSON {
        var data = what
        for (key, value) in more { data[key] = value }
        return data
      }
      try await shop.expect(
        .inventory,
        [
          (
            "inventory:updated",
            with(["oldStock": 0, "newStock": 20, "difference": 20, "reason": "restock"])
          ),
          (
            "inventory:updated",
            with(["oldStock": 20, "newStock": 8, "difference": -12, "reason": "sale"])
          ),
          (
            "inventory:low_stock",
            with(["currentStock": 8, "threshold": 10, "severity": "low"])
          ),
          ("inventory:out_of_stock", what),
          (
            "inventory:updated",
            with(["oldStock": 0, "newStock": 30, "difference": 30, "reason": "return"])
          ),
          ("inventory:restocked", with(["newStock": 30, "addedQuantity": 30])),
        ])
    }
  }

  @Test func `at half of the threshold and below, low stock is critical`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      try await shop.adjust(20, "restock")
      try await shop.adjust(-15, "sale")

      try await shop.expect(
        .inventory,
        [
          (
            "inventory:low_stock", ["currentStock": 5, "threshold": 10, "severity": "critical"]
          )
        ])
    }
  }

  @Test func `products`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      let made = try await live.id(
        "productId", "product.create",
        ["sku": "B-2", "name": "Bolt", "category": "hardware", "price": 200])
      try await live.perform(
        "product.update", ["productId": .int(made), "price": 350, "name": "Bolt M8"])
      try await live.perform("product.remove", ["productId": .int(made)])

      try await shop.expect(
        .products,
        [
          (
            "product:created",
            [
              "productId": .text(of: made), "productName": "Bolt", "category": "hardware",
              "price": 2,
            ]
          ),
          (
            "product:updated",
            [
              "productId": .text(of: made),
              "changes": ["productName": "Bolt M8", "price": .number(3.5)],
            ]
          ),
          (
            "product:price_changed",
            [
              "productId": .text(of: made), "productName": "Bolt M8", "sku": "B-2", "oldPrice": 2,
              "newPrice": .number(3.5), "changePercentage": 75,
            ]
          ),
          ("product:deleted", ["productId": .text(of: made)]),
        ])
    }
  }

  @Test func `payments`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      let order = try await shop.order()
      func pay(_ more: KeyValuePairs<String, JSON>) async throws -> Int64 {
        var data: JSON = ["orderId": .int(order), "amount": 5000, "method": "card"]
        for (key, value) in more { data[key] = value }
        return try await live.id("paymentId", "payment.record", data)
      }
      let failed = try await pay(["status": "failed", "reason": "declined"])
      let paid = try await pay([:])
      try await live.perform(
        "payment.refund", ["paymentId": .int(paid), "amount": 1000, "reason": "damaged"])

      func with(_ payment: Int64, _ more: KeyValuePairs<String, JSON>) -> JSON {
        var data: JSON = [
          "paymentId": .text(of: payment), "orderId": .text(of: order),
          "customerId": .text(of: shop.ana),
        ]
        for (key, value) in more { data[key] = value }
        return data
      }
      try await shop.expect(
        .payments,
        [
          (
            "payment:failed",
            with(failed, ["amount": 50, "reason": "declined", "retryable": true])
          ),
          (
            "payment:received",
            with(paid, ["amount": 50, "method": "card", "status": "success"])
          ),
          ("payment:refunded", with(paid, ["amount": 10, "reason": "damaged"])),
        ])
    }
  }

  @Test func `system`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      let target: JSON = ["admin", "manager"]
      for data in [
        [
          "title": "System Update", "message": "New feature released", "severity": "info",
          "targetRoles": target, "actionUrl": "/news",
        ],
        ["kind": "alert", "title": "Disk", "message": "Nearly full", "severity": "error"],
        [
          "kind": "maintenance", "title": "Tonight", "message": "Maintenance",
          "scheduledAt": 1_705_316_400_000, "duration": 30,
        ],
      ] as [JSON] {
        try await live.perform("notification.send", data)
      }

      try await shop.expect(
        .system,
        [
          (
            "system:notification",
            [
              "title": "System Update", "message": "New feature released", "severity": "info",
              "targetRoles": target, "actionUrl": "/news",
            ]
          ),
          (
            "system:alert", ["title": "Disk", "message": "Nearly full", "severity": "error"]
          ),
          (
            "system:maintenance",
            ["message": "Maintenance", "scheduledAt": 1_705_316_400_000, "duration": 30]
          ),
        ])
    }
  }

  @Test func `a product of no category says so`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      let bolt = try await live.product("Bolt")

      try await shop.expect(
        .products,
        [("product:created", ["productId": .text(of: bolt), "category": .null, "price": 0])])
    }
  }

  @Test func `who does not sign in as its clients do hears the hub's own numbers`() async throws {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      let person = try await live.person(.manager)
      let own = try await WebSocketClient.open(live, as: person)
      try await own.enter(.orders)
      let theirs = try await WebSocketClient.open(live, as: person)
      try await theirs.enter(.orders)
      // What it listens to already goes on, in its words.
      let answers = try await theirs.answers(to: Omni.auth)

      let order = try await shop.order()
      try await live.settle()

      #expect(
        answers.last?["data"]?.holds(["userId": .text(of: person.user), "role": "manager"]) == true)
      let told = try await own.events().compactMap { $0["data"] }
      #expect(told.map { $0["orderId"] } == [.int(order)])
      #expect(told.map { $0["total"] } == [5000])
      let heard = try await theirs.events().compactMap { $0["data"] }
      #expect(heard.map { $0["orderId"] } == [.text(of: order)])
      #expect(heard.map { $0["total"] } == [50])
    }
  }

  @Test func `a customer is sent their own orders and payments without asking, live`()
    async throws
  {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      let ben = try await live.customer("Ben")
      let hers = try await WebSocketClient.open(
        live, as: try await live.person(.customer, name: "a", customer: shop.ana))
      let his = try await WebSocketClient.open(
        live, as: try await live.person(.customer, name: "b", customer: ben))
      let staff = try await WebSocketClient.open(live, as: try await live.person(.staff))

      let order = try await shop.order()
      try await live.perform("order.status", ["orderId": .int(order), "status": "processing"])
      try await live.perform(
        "payment.record", ["orderId": .int(order), "amount": 5000, "method": "card"])
      try await live.settle()

      #expect(
        try await hers.events().map { $0["type"]?.text } == [
          "order:created", "order:status_changed", "payment:received",
        ])
      #expect(try await his.events().isEmpty)
      #expect(try await staff.events().isEmpty)
    }
  }

  @Test func `a customer who subscribes hears each of their own once, and no other's`()
    async throws
  {
    try await LiveHub.with { live in
      let shop = try await Shop.open(live)
      let ben = try await live.customer("Ben")
      let hers = try await WebSocketClient.open(
        live, as: try await live.person(.customer, name: "a", customer: shop.ana))
      try await hers.enter(.orders, .products)

      let order = try await shop.order()
      try await live.perform(
        "order.create",
        [
          "customerId": .int(ben),
          "lines": [["productId": .int(shop.kit), "quantity": 1]],
        ])
      try await live.perform("order.status", ["orderId": .int(order), "status": "processing"])
      try await live.settle()

      let heard = try await hers.events()
      #expect(heard.map { $0["type"]?.text } == ["order:created", "order:status_changed"])
      #expect(heard.allSatisfy { $0["data"]?["customerId"]?.integer == shop.ana })

      let late = try await WebSocketClient.open(live, as: try await live.signedIn("a"))
      try await late.send([
        "type": "subscribe",
        "data": [
          "namespace": "orders", "after": ["epoch": .string(live.hub.epoch), "seq": 0],
        ],
      ])
      #expect(
        try await late.events().map { $0["seq"] } == heard.map { $0["seq"] })
    }
  }

  @Test func `messages to roles and to users reach them and nobody else, once`() async throws {
    try await LiveHub.with(loops: 2) { live in
      var clients: [WebSocketClient] = []
      var ids: [Int64] = []
      for (role, name) in [
        (.admin, "admin"), (.manager, "m"), (.staff, "s"), (.customer, "c"),
      ] as [(Role, String)] {
        let person = try await live.person(role, name: name)
        let client = try await WebSocketClient.open(live, as: person)
        try await client.enter(.products)
        if role == .admin { try await client.enter(.system) }
        clients.append(client)
        ids.append(person.user)
      }

      for (title, target) in [
        ("crew", ["targetRoles": ["admin", "manager"]]), ("one", ["userId": .int(ids[2])]),
        ("all", [:]),
      ] as [(String, JSON)] {
        var data = target
        data["title"] = .string(title)
        data["message"] = "m"
        try await live.perform("notification.send", data)
      }
      try await live.settle()

      var heard: [[String?]] = []
      for client in clients {
        let events = try await client.events().filter { $0["type"]?.text == "system:notification" }
        heard.append(events.map { $0["data"]?["title"]?.text })
      }
      #expect(heard == [["crew", "all"], ["crew", "all"], ["one", "all"], ["all"]])
    }
  }
}
