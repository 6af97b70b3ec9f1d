import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct BulkTests {
  private func line(_ product: Int64, _ location: Int64, _ quantity: Int64) -> JSON {
    ["productId": .int(product), "locationId": .int(location), "quantity": .int(quantity)]
  }

  @Test func `a bulk change is one event a movement and one that sums them up`() async throws {
    let hub = try Hub()
    let (kit, rope) = (try await hub.product(), try await hub.product("Rope"))
    let room = try await hub.location()
    let head = try hub.head

    let receipt = try await hub.submit(
      "stock.bulk",
      [
        "lines": [line(kit, room, 5), line(rope, room, 7), line(kit, room, -1)],
        "reason": "restock",
      ])

    let events = try hub.events(after: head)
    let bulk = "bulk:\(head + 1)"
    #expect(events.count { $0.type == "inventory:updated" } == 3)
    #expect(events.last?.type == "inventory:bulk_updated")
    #expect(events.last?.seq == receipt.position.seq)
    #expect(
      try hub.told(.inventoryUpdated).map { $0["reference"] }
        == Array(repeating: .string(bulk), count: 3))
    let summary = try hub.told(.inventoryBulkUpdated).last
    #expect(summary?["bulk"] == .string(bulk))
    #expect(
      summary?["updates"]?.elements?.map {
        [$0["productName"], $0["quantity"], $0["quantityChange"]]
      }
        == [["Impeller kit", 5, 5], ["Rope", 7, 7], ["Impeller kit", 4, -1]])
    #expect(try hub.isStockTheSumOfMovements())
    #expect(try hub.store.verify().isEmpty)
  }

  @Test func `one line that cannot be booked leaves nothing of the others`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(forbidsNegative: true)
    let room = try await hub.location()
    try await hub.adjust(kit, at: room, by: 3)
    let head = try hub.head

    let refusal = try await hub.refusal(
      "stock.bulk", ["lines": [line(kit, room, -2), line(kit, room, -2)]])

    #expect(refusal?.code == .insufficientStock)
    #expect(refusal?.field == "lines[1].quantity")
    #expect(try hub.head == head)
    #expect(try hub.level(kit, at: room) == 3)
  }

  @Test func `a summary that spans branches is for admins only`() async throws {
    let hub = try Hub()
    let (north, south) = (try await hub.branch("North"), try await hub.branch("South"))
    let (a, b) = (
      try await hub.location("A", branch: north), try await hub.location("B", branch: south)
    )
    let kit = try await hub.product()

    try await hub.perform("stock.bulk", ["lines": [line(kit, a, 1)]])
    try await hub.perform("stock.bulk", ["lines": [line(kit, a, 1), line(kit, b, 1)]])

    let audiences = try hub.events().filter { $0.type == "inventory:bulk_updated" }
      .map(\.audience)
    #expect(
      audiences == [Audience(roles: .crew, branch: north), Audience(roles: .admins)])
  }

  @Test func `stock is set as the difference to what is there now`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.adjust(kit, at: room, by: 10)

    let result = try await hub.perform(
      "stock.set", ["inventoryItemId": "item-1", "quantity": 100, "reason": "Stock adjustment"])

    #expect(
      result == [
        "inventoryItemId": 1, "productId": .int(kit), "locationId": .int(room),
        "oldQuantity": 10, "quantity": 100, "available": 100,
      ])
    let told = try hub.told(.inventoryUpdated).last
    #expect(told?["difference"] == 90)
    #expect(told?["note"] == "Stock adjustment")
    #expect(told?["reason"] == "adjustment")
    let head = try hub.head
    #expect(
      try await hub.perform("stock.set", ["inventoryItemId": 1, "quantity": 100])["quantity"]
        == 100)
    #expect(try hub.head == head)
  }

  @Test
  func `an item is reserved as its place would be, and its level may not be another branch's`()
    async throws
  {
    let hub = try Hub()
    let north = try await hub.branch("North")
    let kit = try await hub.product()
    let room = try await hub.location("Store", branch: north)
    try await hub.adjust(kit, at: room, by: 10)
    let stranger = try await hub.signedIn(.staff)

    #expect(
      try await hub.perform(
        "reservation.create", ["inventoryItemId": "1", "quantity": 4, "reason": "order"])
        == ["reservationId": 1, "inventoryItemId": 1, "available": 6])
    for command in ["stock.set", "reservation.create"] {
      #expect(
        try await hub.refusal(command, ["inventoryItemId": 1, "quantity": 5], by: stranger)?.code
          == .forbidden)
      #expect(
        try await hub.refusal(command, ["inventoryItemId": 9, "quantity": 5])?.code == .notFound)
    }
    #expect(
      try await hub.refusal("reservation.create", ["quantity": 5])
        == Refusal(.invalidField, "productId is missing.", field: "productId"))
  }

  @Test func `a move says on each side where the other is`() async throws {
    let hub = try Hub()
    let wine = try await hub.id(
      "productId", "product.create",
      ["sku": "W1", "name": "Margaux", "attributes": ["vintage": 2015, "colour": "red"]])
    let (cellar, bar) = (try await hub.location("Cellar"), try await hub.location("Bar"))
    try await hub.adjust(wine, at: cellar, by: 12)

    try await hub.perform(
      "stock.move",
      [
        "productId": .int(wine), "fromLocationId": .int(cellar), "toLocationId": .int(bar),
        "quantity": 2,
      ], by: try await hub.signedIn(.staff, name: "sam"))

    let halves = try hub.told(.inventoryUpdated).suffix(2)
    #expect(halves.map { $0["movedTo"] } == ["Bar", nil])
    #expect(halves.map { $0["movedFrom"] } == [nil, "Cellar"])
    #expect(halves.map { $0["locationName"] } == ["Cellar", "Bar"])
    #expect(halves.map { $0["attributes"] } == [["vintage": 2015], ["vintage": 2015]])
    #expect(halves.allSatisfy { $0["userName"] == "sam" && $0["reference"] == "move:1-2" })
  }

  @Test func `a call to load anew says why and how much there is`() async throws {
    let hub = try Hub()
    _ = try await hub.product()

    try await hub.perform("inventory.sync", ["reason": "Import of the spring list"])

    let told = try hub.told(.inventorySync).last
    #expect(told?["reason"] == "Import of the spring list")
    #expect(told?["products"] == 1)
    #expect(told?["seq"] == .int(try hub.head - 1))
  }
}
