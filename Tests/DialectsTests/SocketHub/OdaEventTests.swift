import HubFixtures
import Inventory
import Storage
import Testing
import Wire

/// What the hub tells in Oda's words of what happened elsewhere.
@Suite struct OdaEventTests {
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
