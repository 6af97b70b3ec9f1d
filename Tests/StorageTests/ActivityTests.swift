import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct ActivityTests {
  let hub: Hub

  init() throws {
    hub = try Hub()
  }

  @Test func `what a customer does is told to those of the role table`() async throws {
    let ana = try await hub.id(
      "customerId", "customer.create", ["name": "Ana", "reference": "cust_456"])
    let kit = try await hub.product()
    let head = try hub.head

    for (action, more) in [("viewing", 40), ("cart_add", 2), ("checkout_start", 0)] {
      try await hub.perform(
        "customer.activity",
        .compact([
          "customerId": "cust_456", "action": .string(action),
          "productId": action == "checkout_start" ? nil : "Impeller kit",
          "duration": action == "viewing" ? .int(Int64(more)) : nil,
          "quantity": action == "cart_add" ? .int(Int64(more)) : nil,
        ]))
    }

    let events = try hub.events(after: head)
    #expect(
      events.map(\.type) == [
        "customer:activity", "customer:viewing_product", "customer:activity",
        "customer:added_to_cart", "customer:activity",
      ])
    #expect(events.allSatisfy { $0.topics == ["customers", "customers:\(ana)"] })
    #expect(
      events.map(\.audience.roles) == [.crew, .managers, .crew, .managers, .crew])
    #expect(
      try hub.told(.customerViewingProduct) == [
        [
          "customerId": .int(ana), "customerName": "Ana", "productId": .int(kit),
          "productName": "Impeller kit", "duration": 40,
        ]
      ])
    #expect(try hub.told(.customerAddedToCart).last?["quantity"] == 2)
    #expect(
      try hub.told(.customerActivity).map { $0["action"] }
        == ["viewing", "cart_add", "checkout_start"])
  }

  @Test func `a customer reports for themself only, a guest for nobody`() async throws {
    let (ana, ben) = (
      try await hub.id("customerId", "customer.create", ["name": "Ana"]),
      try await hub.id("customerId", "customer.create", ["name": "Ben"])
    )
    let user = try await hub.user("ana", .customer, customer: ana)
    let author = Author.session(try await hub.session(of: user))
    func refusal(_ customer: JSON?, _ author: Author) async throws -> Refusal.Code? {
      try await hub.refusal(
        "customer.activity", .compact(["action": "viewing", "customerId": customer]), by: author)?
        .code
    }

    #expect(try await refusal(nil, author) == nil)
    #expect(try await refusal(.int(ana), author) == nil)
    #expect(try await refusal(.int(ben), author) == .forbidden)
    #expect(try await refusal(.int(ana), try await hub.signedIn(.guest)) == .forbidden)
    #expect(try await refusal(nil, try await hub.signedIn(.staff)) == .invalidField)
    #expect(try hub.told(.customerActivity).map { $0["customerId"] } == [.int(ana), .int(ana)])
  }

  @Test func `a run of Shopify's begins, goes on and ends under its own id`() async throws {
    for (status, progress) in [("in_progress", 0), ("in_progress", 50), ("completed", 100)] {
      try await hub.perform(
        "shopify.sync",
        [
          "syncId": "s1", "syncType": "orders", "status": .string(status), "direction": "pull",
          "progress": .int(Int64(progress)), "total": 10, "successful": 9, "failed": 1,
        ])
    }
    try await hub.perform(
      "shopify.sync",
      ["syncId": "s2", "syncType": "products", "status": "failed", "error": "no link"])

    let told = try hub.told(.shopifySyncStatus)
    #expect(told.map { $0["phase"] } == ["started", "progress", "completed", "error"])
    #expect(told[0]["details"] == ["total": 10, "successful": 9, "failed": 1])
    #expect(
      try hub.events().filter { $0.type == "shopify:sync_status" }.map(\.topics) == [
        ["inventory", "inventory:shopify", "orders"], ["inventory", "inventory:shopify", "orders"],
        ["inventory", "inventory:shopify", "orders"], ["inventory", "inventory:shopify"],
      ])
    #expect(try hub.integer("SELECT COUNT(*) FROM shopify_sync") == 2)
    #expect(
      try await hub.refusal(
        "shopify.sync", ["syncId": "s", "syncType": "orders", "status": "failed"],
        by: try await hub.signedIn(.staff))?.code == .forbidden)
  }

  @Test func `a webhook about orders is heard with the orders`() async throws {
    for topic in ["orders/create", "products/update"] {
      try await hub.perform(
        "shopify.webhook",
        [
          "topic": .string(topic), "id": "w1", "shop_domain": "a.myshopify.com",
          "created_at": "2025-01-15T10:30:00Z",
        ])
    }

    #expect(
      try hub.told(.shopifyWebhook).first == [
        "topic": "orders/create", "id": "w1", "shop_domain": "a.myshopify.com",
        "created_at": "2025-01-15T10:30:00Z", "status": "received",
      ])
    #expect(
      try hub.events().filter { $0.type == "shopify:webhook" }.map { $0.topics.contains("orders") }
        == [true, false])
  }

  @Test func `the latest word of every till is kept, and each word is told`() async throws {
    let crew = try await hub.signedIn(.staff, name: "sam")
    for status in ["started", "completed"] {
      try await hub.perform(
        "pos.sync",
        [
          "clientId": "pos-1", "status": .string(status), "syncType": "transactions",
          "processed": 3, "pendingTransactions": 0, "isOnline": true,
        ], by: crew)
    }

    #expect(try hub.integer("SELECT COUNT(*) FROM terminal") == 1)
    #expect(try hub.text("SELECT status FROM terminal") == "completed")
    #expect(
      try hub.told(.syncStatus).last == [
        "clientId": "pos-1", "syncType": "transactions", "status": "completed",
        "userName": "sam", "processed": 3, "isOnline": true, "pendingTransactions": 0,
      ])
    #expect(
      try await hub.refusal(
        "pos.sync", ["clientId": "x", "status": "error"],
        by: try await hub.signedIn(.customer))?.code == .forbidden)
  }

  @Test func `however many tills there were, the last five hundred are kept`() async throws {
    for number in 0..<510 {
      try await hub.perform("pos.sync", ["clientId": .string("\(number)"), "status": "started"])
    }

    #expect(try hub.integer("SELECT COUNT(*) FROM terminal") == 500)
    #expect(try hub.text("SELECT client FROM terminal ORDER BY id LIMIT 1") == "10")
  }
}
