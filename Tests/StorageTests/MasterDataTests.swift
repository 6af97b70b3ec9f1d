import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct ProductTests {
  @Test func `skus and barcodes are unique and the refusal names them`() async throws {
    let hub = try Hub()
    let kit = try await hub.product("Kit", barcodes: ["1", "2", "2"])
    let rope = try await hub.product("Rope", barcodes: ["3"])
    func refusal(_ command: String, _ data: JSON) async throws -> Refusal? {
      try await hub.refusal(command, data)
    }

    #expect(
      try await refusal("product.create", ["sku": "Kit", "name": "x"])
        == Refusal(.duplicate, "There is a product with the sku Kit already.", field: "sku"))
    #expect(
      try await refusal("product.update", ["productId": .int(rope), "sku": "Kit"])?.field == "sku")
    #expect(try await refusal("product.update", ["productId": .int(rope), "sku": "Rope"]) == nil)
    let taken = Refusal(
      .duplicate, "The code 2 belongs to another product already.", field: "barcodes")
    #expect(
      try await refusal("product.create", ["sku": "x", "name": "x", "barcodes": ["2"]]) == taken)
    #expect(
      try await refusal("product.update", ["productId": .int(rope), "barcodes": ["4", "2"]])
        == taken)
    #expect(try hub.integer("SELECT product FROM barcode WHERE code = '3'") == rope)
    #expect(
      try await refusal("product.update", ["productId": .int(kit), "barcodes": ["1"]]) == nil)
    #expect(
      try await refusal("product.update", ["productId": .int(rope), "barcodes": ["2"]]) == nil)
  }

  @Test func `an update changes what it names and tells only that`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(minimum: 3, price: 100, barcodes: ["1"])
    let head = try hub.head

    try await hub.perform("product.update", ["productId": .int(kit)])
    #expect(try hub.head == head)
    try await hub.perform(
      "product.update", ["productId": .int(kit), "price": 150, "category": "Pumps"])

    #expect(
      try hub.told(.productUpdated) == [
        [
          "productId": .int(kit), "changes": ["price": 150, "category": "Pumps"],
          "product": [
            "id": .int(kit), "sku": "Impeller kit", "name": "Impeller kit", "unit": "pcs",
            "category": "Pumps", "price": 150, "currency": "EUR", "minimum": 3,
            "barcodes": ["1"], "attributes": [:], "forbidsNegative": false,
          ],
        ]
      ])
    #expect(try hub.told(.productPriceChanged).map { $0["changePercentage"] } == [50])
    #expect(try hub.integer("SELECT minimum FROM product") == 3)
    #expect(try hub.integer("SELECT COUNT(*) FROM barcode") == 1)
  }

  @Test func `a product in stock or reserved stays, later it goes and its sku is never used again`()
    async throws
  {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(barcodes: ["1"]), try await hub.location())
    func remove() async throws -> Refusal? {
      try await hub.refusal("product.remove", ["productId": .int(kit)])
    }

    try await hub.adjust(kit, at: room, by: -2)
    #expect(try await remove()?.message == "Impeller kit is still in stock. Book it out first.")
    try await hub.adjust(kit, at: room, by: 3)
    try await hub.perform(
      "reservation.create", ["productId": .int(kit), "locationId": .int(room), "quantity": 1])
    try await hub.adjust(kit, at: room, by: -1)
    #expect(try await remove()?.message == "Impeller kit is still reserved.")
    try await hub.perform("reservation.release", ["reservationId": 1])
    #expect(try await remove() == nil)

    #expect(try await remove()?.code == .notFound)
    #expect(
      try await hub.refusal("product.create", ["sku": "Impeller kit", "name": "x"])?.code
        == .duplicate)
    #expect(
      try await hub.refusal("product.create", ["sku": "y", "name": "y", "barcodes": ["1"]]) == nil)
    let refusal = try await hub.refusal(
      "stock.add", ["productId": .int(kit), "locationId": .int(room), "quantity": 1])
    #expect(refusal == Refusal.missing("product", kit, field: "productId"))
  }

  @Test func `a product on an open order stays until the order is done with it`() async throws {
    let hub = try Hub()
    let kit = try await hub.product()
    let order = try await hub.id(
      "orderId", "order.create", ["lines": [["productId": .int(kit), "quantity": 1]]])

    let refusal = try await hub.refusal("product.remove", ["productId": .int(kit)])
    try await hub.perform("order.status", ["orderId": .int(order), "status": "cancelled"])

    #expect(refusal?.message == "Impeller kit is still part of an open order.")
    #expect(try await hub.refusal("product.remove", ["productId": .int(kit)]) == nil)
  }

  @Test func `free attributes are kept as they were written`() async throws {
    let hub = try Hub()
    let attributes: JSON = ["vintage": 2015, "grape": "Syrah", "dry": true]

    try await hub.perform("product.create", ["sku": "w", "name": "Wine", "attributes": attributes])

    #expect(try JSON(parsing: hub.text("SELECT attributes FROM product") ?? "") == attributes)
  }
}

@Suite struct LocationTests {
  let hub: Hub
  /// Deck within hull within yacht.
  let yacht: Int64
  let hull: Int64
  let deck: Int64

  init() async throws {
    hub = try Hub()
    yacht = try await hub.location("Yacht")
    hull = try await hub.id(
      "locationId", "location.create", ["name": "Hull", "parentId": .int(yacht)])
    deck = try await hub.id(
      "locationId", "location.create", ["name": "Deck", "parentId": .int(hull)])
  }

  private func put(_ location: Int64, under parent: JSON) async throws -> Refusal? {
    try await hub.refusal("location.update", ["locationId": .int(location), "parentId": parent])
  }

  @Test func `a location cannot lie inside itself`() async throws {
    let loop = Refusal.invalid("parentId", "lies inside the location itself")

    #expect(try await put(yacht, under: .int(yacht)) == loop)
    #expect(try await put(yacht, under: .int(hull)) == loop)
    #expect(try await put(yacht, under: .int(deck)) == loop)
    #expect(try await put(deck, under: .int(yacht)) == nil)
    #expect(try await put(hull, under: .int(deck)) == nil)
    #expect(try await put(hull, under: .null) == nil)
    #expect(try hub.integer("SELECT COUNT(*) FROM location WHERE parent IS NULL") == 2)
  }

  @Test func `names are unique within one parent`() async throws {
    func create(_ name: String, under parent: Int64?) async throws -> Refusal? {
      try await hub.refusal(
        "location.create", .compact(["name": .string(name), "parentId": .integer(parent)]))
    }

    #expect(
      try await create("Yacht", under: nil)
        == Refusal(.duplicate, "There is a location called Yacht there already.", field: "name"))
    #expect(try await create("Yacht", under: hull) == nil)
    #expect(try await create("Deck", under: hull)?.code == .duplicate)
    #expect(try await create("Deck", under: nil) == nil)
    #expect(try await put(deck, under: .null)?.code == .duplicate)
    #expect(
      try await hub.refusal("location.update", ["locationId": .int(deck), "name": "Yacht"])?.code
        == .duplicate)
    #expect(
      try await hub.refusal("location.update", ["locationId": .int(deck), "name": "Deck"]) == nil)
  }

  @Test func `a location that is in use stays open`() async throws {
    let kit = try await hub.product()
    func remove(_ location: Int64) async throws -> Refusal.Code? {
      try await hub.refusal("location.remove", ["locationId": .int(location)])?.code
    }

    #expect(try await remove(yacht) == .inUse)
    try await hub.adjust(kit, at: deck, by: 1)
    #expect(try await remove(deck) == .inUse)
    try await hub.adjust(kit, at: deck, by: -1)
    #expect(try await remove(deck) == nil)

    #expect(try await remove(deck) == .notFound)
    #expect(try await remove(hull) == nil)
    let refusal = try await hub.refusal(
      "stock.add", ["productId": .int(kit), "locationId": .int(deck), "quantity": 1])
    #expect(refusal == Refusal.missing("location", deck, field: "locationId"))
  }

  @Test func `nothing is put into a closed location`() async throws {
    try await hub.perform("location.remove", ["locationId": .int(deck)])

    let closed = Refusal.missing("location", deck, field: "parentId")
    #expect(
      try await hub.refusal("location.create", ["name": "x", "parentId": .int(deck)]) == closed)
    #expect(try await put(hull, under: .int(deck)) == closed)
    #expect(
      try await hub.refusal("location.create", ["name": "Deck", "parentId": .int(hull)]) == nil)
  }
}

@Suite struct CustomerTests {
  @Test func `a customer's number is unique`() async throws {
    let hub = try Hub()
    try await hub.perform("customer.create", ["name": "Ann", "reference": "C1"])

    let refusal = try await hub.refusal("customer.create", ["name": "Bob", "reference": "C1"])

    #expect(refusal?.code == .duplicate)
    #expect(refusal?.field == "reference")
  }

  @Test func `a customer who was removed places no more orders, their old ones stay`() async throws
  {
    let hub = try Hub()
    let kit = try await hub.product()
    let ann = try await hub.id("customerId", "customer.create", ["name": "Ann"])
    let create: JSON = [
      "customerId": .int(ann), "lines": [["productId": .int(kit), "quantity": 1]],
    ]
    let order = try await hub.id("orderId", "order.create", create)

    try await hub.perform("customer.remove", ["customerId": .int(ann)])

    #expect(try await hub.refusal("order.create", create)?.field == "customerId")
    #expect(
      try await hub.refusal("customer.update", ["customerId": .int(ann), "name": "x"])?.code
        == .notFound)
    try await hub.perform("order.status", ["orderId": .int(order), "status": "processing"])
    #expect(try hub.told(.orderStatusChanged).last?["customerName"] == "Ann")
  }

  @Test func `branches have names of their own`() async throws {
    let hub = try Hub()
    let (north, _) = (try await hub.branch("North"), try await hub.branch("South"))

    #expect(try await hub.refusal("branch.create", ["name": "South"])?.code == .duplicate)
    #expect(
      try await hub.refusal("branch.update", ["branchId": .int(north), "name": "South"])?.code
        == .duplicate)
    #expect(
      try await hub.refusal("branch.update", ["branchId": .int(north), "name": "North"]) == nil)
    #expect(
      try await hub.refusal("branch.update", ["branchId": 99, "name": "x"])?.code == .notFound)
  }
}
