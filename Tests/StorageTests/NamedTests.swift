import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct NamedTests {
  @Test func `a thing is found by its id, by what it is called, and by a word and its id`()
    async throws
  {
    let hub = try Hub()
    let kit = try await hub.product(barcodes: ["4006"], sku: "KIT-1")
    let rope = try await hub.product("Rope", sku: "product-\(kit)")
    let (room, bar) = (try await hub.location("Engine room"), try await hub.location("Bar"))
    try await hub.adjust(kit, at: room, by: 1)
    try await hub.adjust(rope, at: room, by: 1)
    try await hub.adjust(rope, at: bar, by: 1)
    let ana = try await hub.id(
      "customerId", "customer.create", ["name": "Ana", "reference": "A-7"])
    let order = try await hub.id(
      "orderId", "order.create",
      ["reference": "order_99", "lines": [["productId": .int(kit), "quantity": 1]]])
    func find(_ thing: Thing, _ names: Reference...) throws -> [Int64?] {
      try hub.store.resolve(thing, names)
    }

    #expect(
      try find(
        .product, .id(kit), .text("\(kit)"), .text("KIT-1"), .text("4006"), .text("prod_\(rope)"))
        == [kit, kit, kit, kit, rope])
    // What is called just so goes before what the word and the number would mean.
    #expect(try find(.product, .text("product-\(kit)")) == [rope])
    #expect(
      try find(.location, .text("location-\(bar)"), .text("Bar"), .text("bar"))
        == [bar, bar, nil])
    #expect(
      try find(.item, .text("item-1"), .text("KIT-1"), .text("4006"), .text("Rope"))
        == [1, 1, 1, nil])
    #expect(try find(.item, .text("product-\(kit)")) == [nil])
    #expect(
      try find(.customer, .text("customer-\(ana)"), .text("A-7"), .text("cust_\(ana)"))
        == [ana, ana, ana])
    #expect(
      try find(.order, .text("order_99"), .text("order_\(order)"), .text("\(order)"))
        == [order, order, order])
    for name in [
      "", "item-", "-1", "item-0", "item-1x", "location-1", "99", "item-99999999999999999999",
    ] {
      #expect(try find(.item, .text(name)) == [nil], "\(name)")
    }
  }

  @Test func `what has left the catalogue is not found`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(sku: "KIT-1")
    try await hub.perform("product.remove", ["productId": .int(kit)])

    #expect(try hub.store.resolve(.product, [.id(kit), .text("KIT-1")]) == [nil, nil])
  }
}
