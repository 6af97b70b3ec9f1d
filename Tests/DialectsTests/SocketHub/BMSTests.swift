import Access
import HubFixtures
import Inventory
import Realtime
import Storage
import Testing
import Wire

/// Seed 004 on the hub: its namespaces, over a WebSocket.
@Suite struct BMSTests {
  @Test(arguments: ["/ws", "/ws-pos", "/main", "/pos"])
  func `the crew is greeted in its namespaces`(namespace: String) async throws {
    try await LiveHub.with { live in
      let branch = try await live.branch("Marina")
      let person = try await live.person(.staff, branches: [branch])

      let client = try await SocketClient.open(live, namespace, as: person)

      let connected = try await client.event("connected")
      #expect(connected["message"]?.text == "WebSocket connection established")
      #expect(connected["namespace"]?.text == namespace)
      #expect(connected["user"]?["id"]?.text == "\(person.user)")
      #expect(connected["user"]?["role"]?.text == "STAFF")
      #expect(connected["user"]?["branchId"]?.text == "\(branch)")
      #expect(
        connected["rooms"]
          == .array(
            [
              "branch:\(branch)", "user:\(person.user)", "notifications:\(person.user)",
              "user-role:staff",
            ].map(JSON.string)))
    }
  }

  @Test func `the admins' namespaces are for admins`() async throws {
    try await LiveHub.with { live in
      let (staff, admin) = (try await live.person(.staff), try await live.person(.admin))

      for namespace in ["/ws-admin", "/admin"] {
        await #expect(throws: SocketClient.Refused(message: "Insufficient permissions")) {
          _ = try await SocketClient.open(live, namespace, as: staff)
        }
        _ = try await SocketClient.open(live, namespace, as: admin).event("connected")
      }
    }
  }

  @Test(
    arguments: [
      (
        "/ws", [:],
        "Authentication error: No token provided"
      ), ("/ws", ["token": "x.y.z"], "Authentication error: Invalid token"),
      ("/nowhere", ["token": "x"], "Invalid namespace"),
    ] as [(String, JSON, String)])
  func `others are kept out in the system's own words`(
    namespace: String, auth: JSON, message: String
  ) async throws {
    try await LiveHub.with { live in
      _ = await #expect(throws: SocketClient.Refused(message: message)) {
        _ = try await SocketClient.open(live, namespace, auth: auth)
      }
    }
  }

  @Test func `several namespaces share one connection`() async throws {
    try await LiveHub.with { live in
      let (admin, staff) = (try await live.person(.admin), try await live.person(.staff))
      let first = try await SocketClient.open(live, "/ws", as: staff)
      let second = try await first.join("/ws-admin", as: admin)
      let third = try await first.join("/", as: staff)

      try await second.emit("ping", id: 1)
      _ = try await second.acknowledgement(1)
      try await third.emit("subscribe:inventory", [:], id: 2)
      _ = try await third.acknowledgement(2)
      #expect(live.hub.traffic.connections == 1)

      await first.web.raw.close()
      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
      #expect(try await live.hub.presences().isEmpty)
      #expect(live.hub.rooms.isEmpty)
    }
  }

  @Test func `rooms are joined, listed and left`() async throws {
    try await LiveHub.with { live in
      let client = try await SocketClient.open(live, "/ws", as: try await live.person(.staff))
      try await client.emit("join-room", ["roomId": "pos-terminal"])
      #expect(try await client.event("room-joined") == ["roomId": "pos-terminal"])
      try await client.emit("get-rooms")
      let list = try await client.event("rooms-list")
      #expect(list["rooms"]?.elements?.contains("pos-terminal") ?? false)
      #expect(list["count"]?.integer == list["rooms"]?.elements.map { Int64($0.count) })
      try await client.emit("leave-room", ["roomId": "pos-terminal"])
      #expect(try await client.event("room-left") == ["roomId": "pos-terminal"])
      try await client.emit("leave-room", ["roomId": "never-joined"])
      #expect(try await client.event("room-left") == ["roomId": "never-joined"])
      try await client.emit("join-room", [:])
      #expect(try await client.event("error") == ["message": "Room ID is required"])
      try await client.emit("join-room")
      #expect(try await client.event("error") == ["message": "Failed to join room"])
      try await client.emit("leave-room")
      #expect(try await client.event("error") == ["message": "Failed to leave room"])
      try await client.emit("subscribe-events", ["eventTypes": ["product:updated"]])
      #expect(try await client.event("subscribed") == ["eventTypes": ["product:updated"]])
      // Upstream this ends the process.
      try await client.emit("subscribe-events")
      _ = try await client.event("error")
    }
  }

  @Test func `nobody joins the rooms of others`() async throws {
    try await LiveHub.with { live in
      let (own, other) = (try await live.branch("Marina"), try await live.branch("Town"))
      let client = try await SocketClient.open(
        live, "/ws", as: try await live.person(.staff, branches: [own]))
      let rooms: [JSON] = [
        .string("branch:\(other)"), .string("branch-\(other)"), "user:999", "notifications:999",
        .string("branch-admin:\(own)"), "user-role:admin", "system:alerts", "branch:all", "x:y",
        ["a": 1], 7, .string("branch:0\(own)"), .string("branch:+\(own)"),
        .string("branch:" + String(repeating: "0", count: 100_000) + "\(own)"),
      ]

      for room in rooms {
        try await client.emit("join-room", ["roomId": room])
        _ = try await client.event("error")
      }
      let (there, here) = (
        try await live.location("Far", branch: other), try await live.location("Near", branch: own)
      )
      let product = try await live.product()
      try await live.adjust(product, at: there, by: 1)
      try await live.adjust(product, at: here, by: 2)

      let told = try await client.event("inventory:updated")
      #expect(told["branchId"]?.text == "\(own)")
      #expect(told["data"]?["adjustment"]?.integer == 2)
    }
  }

  @Test func `an admin of a branch hears each event once, of all branches`() async throws {
    try await LiveHub.with { live in
      let (own, other) = (try await live.branch("Marina"), try await live.branch("Town"))
      let admin = try await live.person(.admin, branches: [own])
      let client = try await SocketClient.open(live, "/ws", as: admin)
      let product = try await live.product()
      let places = [
        try await live.location("Far", branch: other), try await live.location("Near", branch: own),
      ]
      for place in places {
        try await live.perform(
          "stock.add",
          ["productId": .int(product), "locationId": .int(place), "quantity": 5],
          by: .session(admin.session))
      }

      try await live.settle()
      let heard = try await client.heard()
      #expect(heard.filter { $0 == "inventory:updated" }.count == 2)
    }
  }

  @Test func `movements, sales and products are told as BMS says them`() async throws {
    try await LiveHub.with { live in
      let branch = try await live.branch("Marina")
      let staff = try await live.person(.staff, branches: [branch])
      let place = try await live.location("Bar", branch: branch)
      let client = try await SocketClient.open(live, "/ws-pos", as: staff)
      let product = try await live.id(
        "productId", "product.create",
        ["sku": "RUM", "name": "Rum", "price": 1290, "minimum": 5])
      let created = try await client.event("product:updated")
      try await live.perform("product.update", ["productId": .int(product), "price": 1310])
      let changed = try await client.event("product:updated")
      try await live.perform(
        "stock.add", ["productId": .int(product), "locationId": .int(place), "quantity": 6],
        by: .session(staff.session))
      let added = try await client.event("inventory:updated")
      try await live.perform(
        "sale.create",
        [
          "locationId": .int(place), "method": "cash",
          "lines": [["productId": .int(product), "quantity": 2]],
        ], by: .session(staff.session))
      let low = try await client.event("low-stock:alert")
      let sale = try await client.event("transaction:created")

      #expect(created["data"]?["action"]?.text == "created")
      #expect(created["data"]?["product"]?["price"]?.encoded == "12.9")
      #expect(created["data"]?["product"]?["id"] == .text(of: product))
      #expect(created["data"]?["productId"] == .text(of: product))
      #expect(changed["data"]?["product"]?["price"]?.encoded == "13.1")
      #expect(changed["data"]?["changes"]?["price"]?.encoded == "13.1")
      #expect(created["id"]?.text?.hasPrefix("product:updated-") ?? false)
      #expect(added["type"]?.text == "inventory:updated")
      #expect(added["branchId"]?.text == "\(branch)")
      #expect(added["userId"]?.text == "\(staff.user)")
      #expect(added["data"]?["productSku"]?.text == "RUM")
      #expect(added["data"]?["previousStock"]?.integer == 0)
      #expect(added["data"]?["newStock"]?.integer == 6)
      #expect(added["data"]?["type"]?.text == "IN")
      #expect(added["data"]?["userName"]?.text == "staff")
      #expect(low["data"]?["currentStock"]?.integer == 4)
      #expect(low["data"]?["minStock"]?.integer == 5)
      #expect(low["data"]?["urgency"]?.text == "warning")
      #expect(sale["data"]?["finalAmount"]?.encoded == "26.2")
      #expect(sale["data"]?["paymentMethod"]?.text == "cash")
      #expect(sale["data"]?["items"]?.elements?.first?["productSku"]?.text == "RUM")
      #expect(sale["data"]?["items"]?.elements?.first?["unitPrice"]?.encoded == "13.1")
      #expect(sale["data"]?["transactionCode"]?.text?.hasPrefix("TXN-") ?? false)
    }
  }

  @Test func `each movement of a bulk is told, and a product that goes`() async throws {
    try await LiveHub.with { live in
      let (bar, rum) = (try await live.location("Bar"), try await live.product("Rum"))
      let gin = try await live.product("Gin")
      let client = try await SocketClient.open(live, "/ws", as: try await live.person(.staff))
      let manager = try await SocketClient.open(live, "/ws", as: try await live.person(.manager))

      for sign in [1, -1] as [Int64] {
        let lines = [(rum, 2), (gin, 3)].map { LiveHub.adjustment($0.0, bar, sign * $0.1) }
        try await live.perform("stock.bulk", ["reason": "adjustment", "lines": .array(lines)])
      }
      var told: [JSON] = []
      while told.count < 4 { told.append(try await client.event("inventory:updated")) }
      try await live.perform("product.remove", ["productId": .int(rum)])
      let removed = try await manager.event("product:updated")
      try await live.settle()

      #expect(told.map { $0["data"]?["adjustment"] } == [2, 3, -2, -3])
      #expect(told.allSatisfy { $0["data"]?["type"]?.text == "ADJUSTMENT" })
      #expect(Set(told.compactMap { $0["id"]?.text }).count == 4)
      #expect(
        removed["data"]?.holds(["productId": .text(of: rum), "action": "deleted"]) == true)
      #expect(try await !client.heard().contains("product:updated"))
    }
  }

  @Test func `messages to people, and changes of users and branches, are told`() async throws {
    try await LiveHub.with { live in
      let client = try await SocketClient.open(
        live, "/ws-admin", as: try await live.person(.admin))

      try await live.perform(
        "notification.send", ["title": "Fuel", "message": "At 8", "severity": "warning"])
      let notification = try await client.event("system:notification")
      let branch = try await live.branch("Town")
      let branched = try await client.event("branch:updated")
      _ = try await live.person(.staff, name: "ben")
      let user = try await client.event("user:updated")

      #expect(notification["data"]?["title"]?.text == "Fuel")
      #expect(notification["data"]?["severity"]?.text == "warning")
      #expect(notification["data"]?["category"]?.text == "system")
      #expect(branched["data"]?["branchId"]?.text == "\(branch)")
      #expect(branched["data"]?["action"]?.text == "created")
      #expect(user["data"]?["action"]?.text == "created")
    }
  }

  @Test func `a till's own synchronization is told to the crew`() async throws {
    try await LiveHub.with { live in
      let till = try await SocketClient.open(live, "/pos", as: try await live.person(.staff))
      let office = try await SocketClient.open(live, "/ws", as: try await live.person(.manager))

      try await till.emit(
        "manual-sync-trigger",
        ["clientId": "pos-1", "timestamp": "now", "reason": "manual-trigger"])
      let started = try await office.event("sync:status")
      try await till.emit(
        "sync-status-update",
        [
          "clientId": "pos-1",
          "status": [
            "lastSync": "2025-01-15T10:30:00.000Z", "isOnline": true, "isSyncing": true,
            "pendingTransactions": 4, "pendingProducts": 1, "syncErrors": ["printer", "no paper"],
          ],
        ])
      let progress = try await office.event("sync:status")
      try await till.emit(
        "sync-result",
        [
          "clientId": "pos-1",
          "result": [
            "success": true, "productsSynced": 4, "transactionsSynced": 2, "message": "ok",
          ],
        ])
      let completed = try await office.event("sync:status")
      try await till.emit("sync-error", ["clientId": "pos-1", "error": "no link"])
      let failed = try await office.event("sync:status")
      try await till.emit("sync-status-update", ["clientId": "pos-1", "status": 7])
      _ = try await till.event("error")

      #expect(started["type"]?.text == "sync:status")
      #expect(
        started["data"]?.holds([
          "syncType": "full", "status": "started", "message": "manual-trigger",
          "clientId": "pos-1", "isSyncing": true, "syncErrors": [],
        ]) == true)
      let standing: JSON = [
        "lastSync": "2025-01-15T10:30:00.000Z", "isOnline": true, "pendingTransactions": 4,
        "pendingProducts": 1,
      ]
      #expect(progress["data"]?.holds(standing) == true)
      #expect(
        progress["data"]?.holds([
          "status": "progress", "isSyncing": true, "syncErrors": ["printer", "no paper"],
          "error": "printer; no paper",
        ]) == true)
      // What a report says nothing of is as it was.
      #expect(completed["data"]?.holds(standing) == true)
      #expect(
        completed["data"]?.holds([
          "status": "completed", "isSyncing": false, "productsSynced": 4, "transactionsSynced": 2,
          "message": "ok", "syncErrors": [],
        ]) == true)
      #expect(
        failed["data"]?.holds([
          "status": "error", "error": "no link", "syncErrors": ["no link"], "isSyncing": false,
        ]) == true)
    }
  }

  @Test func `transfers, customers and taken back sales are told with text ids`() async throws {
    try await LiveHub.with { live in
      let (bar, store) = (try await live.location("Bar"), try await live.location("Store"))
      let rum = try await live.id(
        "productId", "product.create", ["sku": "RUM", "name": "Rum", "price": 1290])
      try await live.adjust(rum, at: store, by: 5)
      let client = try await SocketClient.open(live, "/ws", as: try await live.person(.manager))

      let customer = try await live.customer("Ana")
      let named = try await client.event("customer:updated")
      let transfer = try await live.id(
        "transferId", "transfer.create",
        [
          "fromLocationId": .int(store), "toLocationId": .int(bar),
          "lines": [["productId": .int(rum), "quantity": 1]],
        ])
      let created = try await client.event("transfer:updated")
      try await live.perform("transfer.ship", ["transferId": .int(transfer)])
      let shipped = try await client.event("transfer:updated")
      let sale = try await live.id(
        "saleId", "sale.create",
        [
          "locationId": .int(store), "method": "cash",
          "lines": [["productId": .int(rum), "quantity": 1]],
        ])
      let sold = try await client.event("transaction:created")
      try await live.perform("sale.void", ["saleId": .int(sale), "reason": "mistake"])
      let voided = try await client.event("transaction:status-changed")

      #expect(
        named["data"]?.holds(["customerId": .text(of: customer), "action": "created"]) == true)
      #expect(named["data"]?["changes"]?["customerId"] == .text(of: customer))
      #expect(
        created["data"] == ["transferId": .text(of: transfer), "status": "created"])
      #expect(shipped["data"]?["status"]?.text == "shipped")
      #expect(sold["data"]?["transactionId"] == .text(of: sale))
      #expect(
        voided["data"]?.holds([
          "transactionId": .text(of: sale),
          "transactionCode": sold["data"]?["transactionCode"] ?? .null,
          "oldStatus": "COMPLETED", "newStatus": "CANCELLED", "reason": "mistake",
        ]) == true)
    }
  }

  @Test func `whoever connects too often in a minute is told, and cut off`() async throws {
    var limits = Limits()
    limits.socketsPerUserPerMinute = 5
    try await LiveHub.with(limits) { live in
      let (hasty, calm) = (
        try await live.person(.staff, name: "hasty"), try await live.person(.staff, name: "calm")
      )
      for _ in 0..<5 { _ = try await SocketClient.open(live, "/ws", as: hasty).event("connected") }

      let sixth = try await SocketClient.open(live, "/ws", as: hasty)

      #expect(
        try await sixth.event("error")
          == ["message": "Too many connections. Please try again later."])
      await #expect(throws: (any Error).self) { while true { _ = try await sixth.event() } }
      _ = try await SocketClient.open(live, "/ws", as: calm).event("connected")
    }
  }

  @Test func `the status counts connections by namespace`() async throws {
    try await LiveHub.with { live in
      let staff = try await live.person(.staff)
      for namespace in ["/ws", "/ws", "/ws-pos"] {
        _ = try await SocketClient.open(live, namespace, as: staff).event("connected")
      }

      let status = try await live.get("/ws-status", as: staff).json

      #expect(status["websocket"]?["enabled"] == true)
      #expect(
        status["websocket"]?["namespaces"] == ["/ws": 2, "/ws-admin": 0, "/ws-pos": 1])
      #expect(status["websocket"]?["connections"]?.integer == 3)
      #expect(status["websocket"]?["rooms"]?.integer == 4)
      #expect((status["websocket"]?["uptime"]?.integer ?? -1) >= 0)
    }
  }
}
