import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct AlertTests {
  private static let alerts: Set<String> = [
    "inventory:low_stock", "inventory:out_of_stock", "inventory:restocked",
  ]

  private func alerts(_ hub: Hub) throws -> [String] {
    try hub.events().map(\.type).filter(Self.alerts.contains)
      .map { String($0.dropFirst("inventory:".count)) }
  }

  @Test func `low stock is told once per dip and armed again by restocking`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(minimum: 5), try await hub.location())

    for change: Int64 in [20, -14, -1, -1, -2, 3, -1, 10, -9, -1] {
      try await hub.adjust(kit, at: room, by: change)
    }

    #expect(try alerts(hub) == ["restocked", "low_stock", "restocked", "low_stock"])
  }

  @Test func `running out is told on its own, and the way back as one restocking`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(minimum: 5), try await hub.location())

    for change: Int64 in [20, -16, -4, -1, 3, 20] {
      try await hub.adjust(kit, at: room, by: change)
    }

    #expect(try alerts(hub) == ["restocked", "low_stock", "out_of_stock", "restocked"])
    #expect(try hub.told(.inventoryRestocked).last?["addedQuantity"] == 20)
  }

  @Test func `the level of all places together counts`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(minimum: 5)
    let (room, bar) = (try await hub.location(), try await hub.location("Bar"))
    try await hub.adjust(kit, at: room, by: 6)
    try await hub.adjust(kit, at: bar, by: 6)

    try await hub.adjust(kit, at: room, by: -6)
    #expect(try alerts(hub) == ["restocked"])
    try await hub.adjust(kit, at: bar, by: -1)

    #expect(try alerts(hub) == ["restocked", "low_stock"])
    #expect(
      try hub.told(.inventoryLowStock) == [
        [
          "productId": .int(kit), "productName": "Impeller kit", "sku": "Impeller kit",
          "currentStock": 5, "newStock": 5, "reserved": 0, "available": 5, "threshold": 5,
          "severity": "low", "stockId": 2, "locationId": .int(bar), "locationName": "Bar",
          "locationStock": 5,
        ]
      ])
  }

  @Test func `moving goods about the house alarms nobody`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(minimum: 5)
    let (room, bar) = (try await hub.location(), try await hub.location("Bar"))
    try await hub.adjust(kit, at: room, by: 8)
    let before = try alerts(hub)

    try await hub.perform(
      "stock.move",
      [
        "productId": .int(kit), "fromLocationId": .int(room), "toLocationId": .int(bar),
        "quantity": 8,
      ])

    #expect(try alerts(hub) == before)
  }

  @Test func `what is reserved is as good as gone`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(minimum: 5), try await hub.location())
    try await hub.adjust(kit, at: room, by: 10)

    let reservation = try await hub.id(
      "reservationId", "reservation.create",
      ["productId": .int(kit), "locationId": .int(room), "quantity": 6])
    #expect(try alerts(hub) == ["restocked", "low_stock"])
    #expect(try hub.told(.inventoryLowStock).last?["available"] == 4)

    // Fulfilling it changes neither what is available nor the alarm.
    try await hub.perform(
      "reservation.fulfil", ["reservationId": .int(reservation), "quantity": 2])
    #expect(try alerts(hub) == ["restocked", "low_stock"])

    try await hub.perform("reservation.release", ["reservationId": .int(reservation)])
    #expect(try alerts(hub) == ["restocked", "low_stock", "restocked"])
  }

  @Test func `an alarm given is remembered over a restart`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(minimum: 5), try await hub.location())
    try await hub.adjust(kit, at: room, by: 10)
    try await hub.adjust(kit, at: room, by: -6)

    let reopened = try await hub.reopened()
    try await reopened.adjust(kit, at: room, by: -1)
    #expect(try alerts(reopened) == ["restocked", "low_stock"])
    try await reopened.adjust(kit, at: room, by: 10)
    try await reopened.adjust(kit, at: room, by: -10)

    #expect(try alerts(reopened) == ["restocked", "low_stock", "restocked", "low_stock"])
  }

  @Test func `a new minimum is looked at when it is set`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.adjust(kit, at: room, by: 4)

    try await hub.perform("product.update", ["productId": .int(kit), "minimum": 5])
    #expect(try alerts(hub) == ["restocked", "low_stock"])
    try await hub.perform("product.update", ["productId": .int(kit), "minimum": 1])

    #expect(try alerts(hub) == ["restocked", "low_stock", "restocked"])
  }

  @Test func `a new product that has never been in stock alarms nobody`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(minimum: 5)

    try await hub.perform("product.update", ["productId": .int(kit), "minimum": 9])
    try await hub.perform("product.update", ["productId": .int(kit), "name": "Pump"])

    #expect(try alerts(hub) == [])
  }

  @Test func `alerts travel in the first lane and are the crew's to hear`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(minimum: 5), try await hub.location())
    try await hub.adjust(kit, at: room, by: 10)
    try await hub.adjust(kit, at: room, by: -10)

    let told = try hub.events().filter { Self.alerts.contains($0.type) }

    #expect(told.map(\.lane) == [.first, .first])
    #expect(told.map(\.audience) == Array(repeating: Audience(roles: .crew), count: 2))
  }

  @Test func `a refused movement tells nothing`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(minimum: 5, forbidsNegative: true)
    let room = try await hub.location()
    try await hub.adjust(kit, at: room, by: 6)
    let before = try alerts(hub)

    _ = try await hub.refusal(
      "stock.remove", ["productId": .int(kit), "locationId": .int(room), "quantity": 7])

    #expect(try alerts(hub) == before)
    #expect(try hub.integer("SELECT alert FROM product") == 0)
  }
}
