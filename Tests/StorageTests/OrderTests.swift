import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct OrderTests {
  let hub: Hub
  let rope: Int64
  let wine: Int64
  let store: Int64

  /// Ten ropes at 2.50 and three bottles at 12.00 in the store.
  init() async throws {
    hub = try Hub()
    rope = try await hub.product("Rope", price: 250)
    wine = try await hub.product("Wine", forbidsNegative: true, price: 1200)
    store = try await hub.location("Store")
    try await hub.adjust(rope, at: store, by: 10)
    try await hub.adjust(wine, at: store, by: 3)
  }

  private func line(_ product: Int64, _ quantity: Int64, price: Int64? = nil) -> JSON {
    .compact(["productId": .int(product), "quantity": .int(quantity), "price": .integer(price)])
  }

  private func create(_ lines: JSON...) async throws -> Int64 {
    try await hub.id("orderId", "order.create", ["lines": .array(lines)])
  }

  private func fulfil(_ order: Int64, _ lines: JSON...) async throws -> JSON {
    try await hub.perform(
      "order.fulfil",
      .compact([
        "orderId": .int(order), "locationId": .int(store),
        "lines": lines.isEmpty ? nil : .array(lines),
      ]))
  }

  private func move(_ order: Int64, to status: String) async throws -> Refusal? {
    try await hub.refusal("order.status", ["orderId": .int(order), "status": .string(status)])
  }

  @Test func `an order's total is its lines at the catalogue's prices or their own`() async throws {
    let result = try await hub.perform(
      "order.create",
      ["lines": [line(rope, 4), line(wine, 2, price: 1000), line(rope, 1, price: 0)]])

    #expect(result["total"] == 3000)
    let told = try hub.told(.orderCreated).last
    #expect(told?["total"] == 3000)
    #expect(told?["currency"] == "EUR")
    #expect(told?["items"]?.elements?.count == 3)
  }

  @Test func `a total too large to count is refused and leaves no order`() async throws {
    let million = Fields.moneyLimit
    let head = try hub.head

    for lines in [
      [line(rope, Fields.quantityLimit, price: million)],
      Array(repeating: line(rope, 1000, price: million), count: 2),
      Array(repeating: line(rope, 999, price: million), count: 1000),
    ] {
      let refusal = try await hub.refusal("order.create", ["lines": .array(lines)])
      #expect(refusal?.message == "The total is larger than the hub can count.")
    }
    #expect(try hub.head == head)
    #expect(try hub.integer("SELECT COUNT(*) FROM \"order\"") == 0)
  }

  @Test func `an order of what is not in the catalogue is refused`() async throws {
    #expect(try await hub.refusal("order.create", ["lines": [line(99, 1)]])?.code == .notFound)
    #expect(
      try await hub.refusal("order.create", ["customerId": 99, "lines": [line(rope, 1)]])?.field
        == "customerId")
  }

  @Test func `an order changes until goods are taken for it`() async throws {
    let order = try await create(line(rope, 4))

    let result = try await hub.perform(
      "order.update", ["orderId": .int(order), "lines": [line(rope, 2)], "note": "hurry"])
    #expect(result["total"] == 500)
    _ = try await fulfil(order, line(rope, 1))
    let refusal = try await hub.refusal(
      "order.update", ["orderId": .int(order), "lines": [line(rope, 9)]])

    #expect(refusal?.code == .wrongState)
    #expect(
      try await hub.refusal("order.update", ["orderId": .int(order), "note": "still"]) == nil)
    #expect(try hub.text("SELECT note FROM \"order\"") == "still")
    #expect(try hub.integer("SELECT total FROM \"order\"") == 500)
  }

  @Test func `goods for an order are taken in parts and never beyond what is open`() async throws {
    let order = try await create(line(rope, 4), line(wine, 2), line(rope, 3))

    #expect(try await fulfil(order, line(rope, 5))["complete"] == false)
    let refusal = await #expect(throws: Refusal.self) { try await fulfil(order, line(rope, 3)) }
    #expect(refusal?.message == "Order \(order) has only 2 of product \(rope) open.")
    #expect(try hub.level(rope, at: store) == 5)
    #expect(try await fulfil(order)["complete"] == true)
    #expect(try hub.level(rope, at: store) == 3)
    #expect(try hub.level(wine, at: store) == 1)
    await #expect(throws: Refusal.self) { try await fulfil(order) }
    #expect(try hub.told(.orderFulfilled).map { $0["complete"] } == [false, true])
    #expect(try hub.isStockTheSumOfMovements())
  }

  @Test func `what is not there cannot be taken for an order`() async throws {
    let order = try await create(line(rope, 1), line(wine, 4))

    let refusal = await #expect(throws: Refusal.self) { try await fulfil(order) }

    #expect(refusal?.message == "Only 3 of Wine are left in Store.")
    #expect(try hub.level(rope, at: store) == 10)
    #expect(try hub.integer("SELECT SUM(fulfilled) FROM order_line") == 0)
  }

  @Test func `an order moves along by its machine`() async throws {
    let order = try await create(line(rope, 1))

    #expect(try await move(order, to: "processing") == nil)
    #expect(
      try await move(order, to: "pending")
        == Refusal(
          .wrongState, "An order that is processing cannot become pending.", field: "status"))
    #expect(try await move(order, to: "shipped") == nil)
    #expect(try await move(order, to: "delivered") == nil)
    #expect(try await move(order, to: "cancelled")?.code == .wrongState)
    #expect(
      try hub.told(.orderStatusChanged).map { $0["newStatus"] }
        == ["processing", "shipped", "delivered"])
    let update = try await hub.refusal("order.update", ["orderId": .int(order), "note": "x"])
    #expect(update?.code == .wrongState)
  }

  @Test func `nothing is taken for a cancelled order`() async throws {
    let order = try await create(line(rope, 1))
    _ = try await move(order, to: "cancelled")

    let refusal = await #expect(throws: Refusal.self) { try await fulfil(order) }

    #expect(refusal?.message == "Order \(order) is cancelled.")
  }

  @Test func `a cancelled order's goods go back to where they were taken`() async throws {
    let order = try await create(line(rope, 4))
    _ = try await fulfil(order, line(rope, 3))
    #expect(try hub.level(rope, at: store) == 7)

    #expect(try await move(order, to: "cancelled") == nil)

    #expect(try hub.level(rope, at: store) == 10)
    #expect(try hub.integer("SELECT SUM(fulfilled) FROM order_line") == 0)
    let told = try hub.told(.inventoryUpdated).last
    #expect(told?["reason"] == "return")
    #expect(told?["reference"] == .string("order:\(order)"))
    #expect(try hub.isStockTheSumOfMovements())
  }

  @Test func `every event of an order says whose it is`() async throws {
    let ann = try await hub.id("customerId", "customer.create", ["name": "Ann"])
    let order = try await hub.id(
      "orderId", "order.create",
      ["customerId": .int(ann), "reference": "W-1", "lines": [line(rope, 1)]])
    try await hub.perform("order.update", ["orderId": .int(order), "note": "x"])
    let head = try hub.head
    #expect(
      try await hub.perform("order.update", ["orderId": .int(order)])["orderId"] == .int(order))
    #expect(try hub.head == head)
    _ = try await move(order, to: "processing")
    _ = try await fulfil(order)
    _ = try await move(order, to: "cancelled")
    try await hub.perform("order.remove", ["orderId": .int(order)])

    let told = try hub.events().filter { $0.type.hasPrefix("order:") }
    #expect(
      told.map(\.type) == [
        "order:created", "order:updated", "order:status_changed", "order:fulfilled",
        "order:status_changed", "order:deleted",
      ])
    for event in told {
      let data = try JSON(parsing: event.data)
      #expect(data["orderId"] == .int(order))
      #expect(data["customerId"] == .int(ann))
      #expect(data["customerName"] == "Ann")
      #expect(data["reference"] == "W-1")
    }
    #expect(
      try hub.told(.orderUpdated).last.map { [$0["status"], $0["changes"]] }
        == ["pending", ["note": "x"]])
  }

  @Test func `only an order that nothing hangs on can be deleted`() async throws {
    let (untouched, taken, paid) = (
      try await create(line(rope, 1)), try await create(line(rope, 2)),
      try await create(line(rope, 1))
    )
    _ = try await fulfil(taken, line(rope, 1))
    try await hub.perform(
      "payment.record", ["orderId": .int(paid), "amount": 250, "method": "cash"])
    func remove(_ order: Int64) async throws -> Refusal.Code? {
      try await hub.refusal("order.remove", ["orderId": .int(order)])?.code
    }

    #expect(try await remove(untouched) == nil)
    #expect(try await remove(untouched) == .notFound)
    #expect(try await remove(taken) == .inUse)
    #expect(try await remove(paid) == .inUse)
    #expect(try await move(untouched, to: "processing")?.code == .notFound)
    #expect(try hub.events().last { $0.type == "order:deleted" }?.audience.roles == .managers)
  }

  @Test func `a number known to others is unique, and free again once its order is deleted`()
    async throws
  {
    let data: JSON = ["reference": "W-17", "lines": [line(rope, 1)]]
    let order = try await hub.id("orderId", "order.create", data)

    let refusal = try await hub.refusal("order.create", data)
    #expect(refusal?.code == .duplicate)
    #expect(refusal?.field == "reference")
    try await hub.perform("order.remove", ["orderId": .int(order)])
    #expect(try await hub.refusal("order.create", data) == nil)
  }

  @Test func `a customer hears their own orders and no others`() async throws {
    let ann = try await hub.id("customerId", "customer.create", ["name": "Ann"])
    try await hub.perform("order.create", ["customerId": .int(ann), "lines": [line(rope, 1)]])
    try await hub.perform("order.create", ["lines": [line(rope, 1)]])

    let told = try hub.events().filter { $0.type == "order:created" }

    let identity = Identity(user: 1, name: "ann", role: .customer, customer: ann, session: 1)
    let stranger = Identity(user: 2, name: "bob", role: .customer, session: 2)
    #expect(told.map { $0.audience.includes(identity) } == [true, false])
    #expect(told.map { $0.audience.includes(stranger) } == [false, false])
    #expect(told[0].topics == ["orders", "orders:1", "orders:customer:\(ann)"])
  }

  @Test func `prices of another currency are not added up`() async throws {
    let gauge = try await hub.id(
      "productId", "product.create",
      ["sku": "G", "name": "Gauge", "price": 900, "currency": "USD"])

    let mixed = try await hub.refusal("order.create", ["lines": [line(rope, 1), line(gauge, 1)]])
    let dollars = try await hub.perform(
      "order.create", ["currency": "USD", "lines": [line(rope, 1, price: 300), line(gauge, 2)]])

    #expect(
      mixed
        == Refusal(
          .invalidField, "Gauge is priced in USD, not EUR. Give its line a price.", field: "lines"))
    #expect(dollars["total"] == 2100)
    let update = try await hub.refusal(
      "order.update", ["orderId": dollars["orderId"] ?? 0, "lines": [line(rope, 1)]])
    #expect(update?.field == "lines")
  }
}
