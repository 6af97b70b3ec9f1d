import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct CountTests {
  let hub: Hub
  let kit: Int64
  let room: Int64
  let count: Int64

  /// Ten kits that a scanner reads as 4006, and a count of their room.
  init() async throws {
    hub = try Hub()
    kit = try await hub.product(barcodes: ["4006"], sku: "KIT-1")
    room = try await hub.location()
    try await hub.adjust(kit, at: room, by: 10)
    count = try await hub.id(
      "countId", "count.open", ["room": "Alfa Romeo/10/2025", "locationId": .int(room)])
  }

  private func scan(
    _ code: String = "4006", _ quantity: Int64? = nil, by author: Author = .hub
  ) async throws -> JSON {
    try await hub.perform(
      "count.scan",
      .compact([
        "countId": .int(count), "code": .string(code), "quantity": .integer(quantity),
      ]), by: author)
  }

  private func unscan(_ line: JSON) async throws -> JSON {
    try await hub.perform("count.unscan", ["countId": .int(count), "lineId": line["lineId"] ?? 0])
  }

  private func complete() async throws -> JSON {
    try await hub.perform("count.complete", ["countId": .int(count)])
  }

  @Test func `the scans of several devices add up`() async throws {
    let ann = try await hub.signedIn(.staff, device: "tablet", name: "ann")
    let bob = try await hub.signedIn(.staff, device: "phone", name: "bob")

    try await withThrowingTaskGroup { group in
      for index in 0..<12 {
        group.addTask { _ = try await scan(by: index.isMultiple(of: 2) ? ann : bob) }
      }
      try await group.waitForAll()
    }
    let result = try await complete()

    #expect(
      result["differences"] == [
        [
          "productId": .int(kit), "locationId": .int(room), "lot": "", "expected": 10,
          "counted": 12,
        ]
      ])
    #expect(try hub.level(kit, at: room) == 12)
    #expect(try hub.told(.countScanAdded).count == 12)
    #expect(try hub.isStockTheSumOfMovements())
  }

  @Test func `a product is found by barcode, by sku or by its id`() async throws {
    #expect(try await scan("4006")["productId"] == .int(kit))
    #expect(try await scan("KIT-1")["productId"] == .int(kit))
    let named = try await hub.perform(
      "count.scan", ["countId": .int(count), "productId": .int(kit), "code": "whatever"])

    #expect(named["known"] == true)
    let neither = try await hub.refusal("count.scan", ["countId": .int(count)])
    #expect(neither?.message == "code or productId is needed.")
  }

  @Test func `a code that nobody knows is kept for review and not booked`() async throws {
    let unknown = try await scan("9999", 3)
    _ = try await scan("8888")
    _ = try await unscan(try await scan("7777"))
    _ = try await scan("4006", 10)

    let result = try await complete()

    #expect(unknown["known"] == false)
    #expect(unknown["productId"] == nil)
    #expect(result["notBooked"] == 2)
    #expect(result["differences"] == [])
    #expect(try hub.integer("SELECT quantity FROM count_line WHERE code = '9999'") == 3)
  }

  @Test func `a scan is taken back by a line of its own, once`() async throws {
    _ = try await scan("4006", 8)
    let slip = try await scan("4006", 5)

    let cancelling = try await unscan(slip)

    #expect(cancelling["cancelled"] == slip["lineId"])
    let again = await #expect(throws: Refusal.self) { try await unscan(slip) }
    #expect(again?.message == "Scan \(slip["lineId"]?.integer ?? 0) has been taken back already.")
    await #expect(throws: Refusal.self, "a cancelling line is no scan") {
      try await unscan(cancelling)
    }
    _ = try await complete()
    #expect(try hub.level(kit, at: room) == 8)
    #expect(try hub.integer("SELECT COUNT(*) FROM count_line") == 3)
    #expect(try hub.told(.countScanRemoved).last?["quantity"] == -5)
  }

  @Test func `what was scanned by mistake and taken back keeps its stock`() async throws {
    _ = try await unscan(try await scan())

    let result = try await complete()

    #expect(result["differences"] == [])
    #expect(try hub.level(kit, at: room) == 10)
  }

  @Test func `who looked and found none can say so`() async throws {
    _ = try await scan("4006", 0)

    _ = try await complete()

    #expect(try hub.level(kit, at: room) == 0)
  }

  @Test func `what moves during the count stays on top of it`() async throws {
    _ = try await scan("4006", 4)
    try await hub.adjust(kit, at: room, by: -3)
    _ = try await scan("4006", 5)
    // From here on nobody counts any more: the bin held 9 when 7 were expected.
    try await hub.adjust(kit, at: room, by: -2)
    try await hub.adjust(kit, at: room, by: 20)

    let result = try await complete()

    #expect(result["differences"]?.elements?.first?["expected"] == 7)
    #expect(try hub.level(kit, at: room) == 27)
  }

  @Test func `a product that nobody scanned keeps its stock`() async throws {
    let rope = try await hub.product("Rope")
    try await hub.adjust(rope, at: room, by: 4)
    _ = try await scan("4006", 10)

    _ = try await complete()

    #expect(try hub.level(rope, at: room) == 4)
  }

  @Test func `places and lots are counted apart`() async throws {
    let bar = try await hub.location("Bar")
    for (location, lot, quantity) in [(room, "", 10), (bar, "", 2), (room, "L1", 3)]
      as [(Int64, String, Int64)]
    {
      try await hub.perform(
        "count.scan",
        [
          "countId": .int(count), "productId": .int(kit), "locationId": .int(location),
          "lot": .string(lot), "quantity": .int(quantity),
        ])
    }

    _ = try await complete()

    #expect(try hub.level(kit, at: room) == 10)
    #expect(try hub.level(kit, at: bar) == 2)
    #expect(try hub.level(kit, at: room, lot: "L1") == 3)
  }

  @Test func `a count is completed once, by one of many who try`() async throws {
    _ = try await scan("4006", 7)

    let refusals = try await withThrowingTaskGroup(of: Refusal?.self) { group in
      for _ in 0..<10 {
        group.addTask { try await hub.refusal("count.complete", ["countId": .int(count)]) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }

    #expect(refusals.count { $0 == nil } == 1)
    #expect(
      refusals.compactMap(\.?.message)
        == Array(
          repeating: "Monthly inventory for Alfa Romeo/10/2025 is already completed.", count: 9))
    #expect(refusals.allSatisfy { $0 == nil || $0?.code == .alreadyCompleted })
    #expect(try hub.level(kit, at: room) == 7)
    #expect(try hub.told(.countCompleted).count == 1)
    await #expect(throws: Refusal.self) { try await scan() }
  }

  @Test func `a cancelled count books nothing`() async throws {
    _ = try await scan("4006", 1)

    try await hub.perform("count.cancel", ["countId": .int(count)])

    #expect(try hub.level(kit, at: room) == 10)
    await #expect(throws: Refusal.self) { try await complete() }
  }

  @Test func `opening a room that is open returns its session, later a new one`() async throws {
    let open: JSON = ["room": "Alfa Romeo/10/2025"]

    #expect(try await hub.perform("count.open", open) == ["countId": .int(count), "opened": false])
    _ = try await complete()
    #expect(try await hub.id("countId", "count.open", open) != count)
    #expect(try hub.events().last?.topics == ["inventory", "inventory:count:Alfa Romeo/10/2025"])
  }

  @Test func `only a manager completes or cancels`() async throws {
    let staff = try await hub.signedIn(.staff)
    let data: JSON = ["countId": .int(count)]

    #expect(try await hub.refusal("count.complete", data, by: staff)?.code == .forbidden)
    #expect(try await hub.refusal("count.cancel", data, by: staff)?.code == .forbidden)
  }

  @Test func `what is being counted stays in the catalogue and its place open`() async throws {
    try await hub.adjust(kit, at: room, by: -10)
    _ = try await scan("4006", 2)

    #expect(try await hub.refusal("product.remove", ["productId": .int(kit)])?.code == .inUse)
    #expect(try await hub.refusal("location.remove", ["locationId": .int(room)])?.code == .inUse)

    _ = try await complete()
    #expect(try hub.level(kit, at: room) == 2)
  }
}
