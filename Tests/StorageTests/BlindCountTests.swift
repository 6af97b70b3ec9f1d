import Inventory
import Testing
import Wire

@testable import Storage

/// While a count is blind, whoever may not complete it is told no level of what it counts.
@Suite struct BlindCountTests {
  let hub: Hub
  let kit: Int64
  let rope: Int64
  let locker: Int64
  let staff: Author
  let manager: Author
  let counter = Identity(user: 1, name: "ben", role: .staff, session: 1)
  let chief = Identity(user: 2, name: "max", role: .manager, session: 2)

  /// Ten kits in a locker of the engine room and two in the galley; rope in the galley alone.
  init() async throws {
    hub = try Hub()
    kit = try await hub.product(minimum: 20, forbidsNegative: true, barcodes: ["4006"])
    rope = try await hub.product("Rope")
    let room = try await hub.location()
    let galley = try await hub.location("Galley")
    locker = try await hub.id(
      "locationId", "location.create", ["name": "Locker", "parentId": .int(room)])
    staff = try await hub.signedIn(.staff, name: "ben")
    manager = try await hub.signedIn(.manager, name: "max")
    try await hub.adjust(kit, at: locker, by: 30)
    try await hub.adjust(kit, at: galley, by: 2)
    // Now there are fewer than there should be, and more are proposed.
    try await hub.adjust(kit, at: locker, by: -20)
    try await hub.adjust(rope, at: galley, by: 5)
  }

  private func open(_ location: Int64? = 1, isBlind: Bool = true) async throws -> Int64 {
    try await hub.id(
      "countId", "count.open",
      .compact([
        "room": "Engine room", "locationId": .integer(location), "blind": .bool(isBlind),
      ]), by: manager)
  }

  private func rows(_ listing: Listing, as reader: Identity, _ request: PageRequest = .init())
    throws
    -> [JSON]
  {
    try hub.store.page(listing, request, for: reader).items.map { try JSON(parsing: $0) }
  }

  /// The products whose level anything tells that `reader` may read.
  private func told(_ reader: Identity) throws -> [String: Set<Int64>] {
    let heard = try hub.events().filter {
      $0.audience.includes(reader) && $0.type.hasPrefix("inventory:")
    }
    return [
      "products": Set(
        try rows(.products, as: reader).filter { $0["onHand"]?.integer != nil }
          .compactMap { $0["id"]?.integer }),
      "alerts": Set(
        try rows(.products, as: reader).filter { $0["alert"]?.text != nil }
          .compactMap { $0["id"]?.integer }),
      "lows": Set(
        try rows(.products, as: reader, PageRequest(filters: ["alert": .text("low")]))
          .compactMap { $0["id"]?.integer }),
      "proposals": Set(
        try rows(.proposals, as: reader).compactMap { $0["productId"]?.integer }),
      "stock": Set(try rows(.stock, as: reader).compactMap { $0["productId"]?.integer }),
      "movements": Set(try rows(.movements, as: reader).compactMap { $0["productId"]?.integer }),
      "events": Set(try heard.compactMap { try JSON(parsing: $0.data)["productId"]?.integer }),
    ]
  }

  @Test func `counters are told no levels of what lies there until the count has ended`()
    async throws
  {
    let all = try told(chief)
    #expect(try told(counter) == all)
    #expect(all["lows"] == [kit] && all["proposals"] == [kit])
    #expect(try hub.store.statistics(for: .staff)["units"] == 17)

    let count = try await open()

    var kept = all.mapValues { _ in Set([rope]) }
    (kept["lows"], kept["proposals"]) = ([], [])
    #expect(try told(counter) == kept)
    #expect(try told(chief) == all)
    #expect(try rows(.products, as: counter).first?["onHand"] == .null)
    let figures = try hub.store.statistics(for: .staff)
    #expect(["units", "lowStock", "outOfStock"].allSatisfy { figures[$0] == nil })
    #expect(try hub.store.statistics(for: .manager)["units"] == 17)

    try await hub.perform("count.cancel", ["countId": .int(count)], by: manager)
    #expect(try told(counter) == all)
  }

  @Test func `a blind count that names no place keeps all levels`() async throws {
    _ = try await open(nil)

    #expect(try told(counter).values.allSatisfy(\.isEmpty))
  }

  @Test func `a count that is not blind keeps nothing`() async throws {
    let before = try told(counter)
    _ = try await open(isBlind: false)

    #expect(try told(counter) == before)
  }

  @Test func `no answer to a counter's own command tells a level either`() async throws {
    _ = try await open()
    let place: JSON = ["productId": .int(kit), "locationId": .int(locker)]
    func with(_ key: String, _ value: Int64) -> JSON {
      var data = place
      data[key] = .int(value)
      return data
    }

    let taken = try await hub.perform("stock.adjust", with("quantity", -1), by: staff)
    let counted = try await hub.perform("stock.count", with("counted", 9), by: staff)
    let moved = try await hub.perform(
      "stock.move",
      [
        "productId": .int(kit), "fromLocationId": .int(locker), "toLocationId": 2, "quantity": 1,
      ], by: staff)
    let set = try await hub.perform("stock.set", ["inventoryItemId": 1, "quantity": 8], by: staff)
    let held = try await hub.perform("reservation.create", with("quantity", 1), by: staff)
    let refused = [
      try await hub.refusal("stock.adjust", with("quantity", -50), by: staff),
      try await hub.refusal("reservation.create", with("quantity", 50), by: staff),
    ]

    #expect([taken, counted, moved] == [[:], [:], [:]])
    #expect(set["oldQuantity"] == nil && set["available"] == nil)
    #expect(held["reservationId"] != nil && held["available"] == nil)
    for refusal in refused {
      #expect(refusal?.code == .insufficientStock)
      #expect(refusal?.message == "There is not so much of Impeller kit in Locker.")
    }
    #expect(
      try await hub.perform("stock.adjust", with("quantity", 1), by: manager)["locationStock"]
        == 9)
    #expect(try told(counter)["events"] == [rope])
  }

  @Test func `differences of a blind count are for those who may complete it`() async throws {
    let count = try await open()
    try await hub.perform(
      "count.scan",
      ["countId": .int(count), "code": "4006", "quantity": 7, "locationId": .int(locker)],
      by: staff)
    let before = try hub.head

    let result = try await hub.perform("count.complete", ["countId": .int(count)], by: manager)

    #expect(result["differences"]?.elements?.count == 1)
    let completed = try #require(try hub.told(.countCompleted).first)
    #expect(completed["differences"] == nil)
    #expect(completed["blind"] == true)
    let booked = try hub.events(after: before).filter { $0.type == "inventory:updated" }
    #expect(booked.map { $0.audience.includes(chief) } == [true])
    #expect(booked.map { $0.audience.includes(counter) } == [false])
    // The new level itself is everybody's again.
    #expect(try rows(.products, as: counter).first?["onHand"] == 9)
  }
}
