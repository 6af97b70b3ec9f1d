import GRDB
import Inventory
import Testing
import Wire

@testable import Storage

/// Stock is a sum of signed movements.
@Suite struct StockTests {
  @Test func `two devices that take three and two leave minus five`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())

    for quantity: Int64 in [3, 2] {
      try await hub.perform(
        "stock.remove",
        ["productId": .int(kit), "locationId": .int(room), "quantity": .int(quantity)])
    }

    #expect(try hub.level(kit, at: room) == -5)
  }

  @Test(arguments: 0..<8)
  func `movements give the same level in any order`(seed: UInt64) async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(minimum: 5), try await hub.location())
    var dice = Dice(seed: seed)
    var quantities: [Int64] = [5, -3, 12, -20, 1, 1, -7, 30, -2]
    quantities.shuffle(using: &dice)

    try await withThrowingTaskGroup { group in
      for quantity in quantities {
        group.addTask { try await hub.adjust(kit, at: room, by: quantity) }
      }
      try await group.waitForAll()
    }

    #expect(try hub.level(kit, at: room) == 17)
    #expect(try hub.told(.inventoryUpdated).last?["newStock"] == 17)
    #expect(try hub.isStockTheSumOfMovements())
  }

  @Test func `an event of stock tells the old level, the new one and the place's own`() async throws
  {
    let hub = try Hub()
    let kit = try await hub.product()
    let (room, bar) = (try await hub.location(), try await hub.location("Bar"))
    try await hub.adjust(kit, at: room, by: 10)

    try await hub.perform(
      "stock.remove",
      [
        "productId": .int(kit), "locationId": .int(bar), "quantity": 2, "lot": "L7",
        "reason": "waste", "note": "broken",
      ])

    #expect(
      try hub.told(.inventoryUpdated).last == [
        "productId": .int(kit), "productName": "Impeller kit", "sku": "Impeller kit",
        "oldStock": 10, "newStock": 8, "difference": -2, "reason": "waste",
        "locationId": .int(bar), "locationName": "Bar", "stockId": 2, "locationStock": -2,
        "available": -2, "lot": "L7", "note": "broken",
      ])
  }

  @Test func `where a product forbids it, nothing goes below nought and the refusal says where`()
    async throws
  {
    let hub = try Hub()
    let kit = try await hub.product(forbidsNegative: true)
    let (room, bar) = (try await hub.location(), try await hub.location("Bar"))
    try await hub.adjust(kit, at: room, by: 2)
    func take(_ quantity: Int64, from location: Int64) async throws -> Refusal? {
      try await hub.refusal(
        "stock.remove",
        ["productId": .int(kit), "locationId": .int(location), "quantity": .int(quantity)])
    }

    #expect(
      try await take(3, from: room)
        == Refusal(
          .insufficientStock, "Only 2 of Impeller kit are left in Engine room.", field: "quantity"))
    #expect(
      try await take(1, from: bar)
        == Refusal(.insufficientStock, "No Impeller kit is left in Bar.", field: "quantity"))
    #expect(try await take(2, from: room) == nil)
    #expect(try hub.level(kit, at: room) == 0)
  }

  @Test func `lots are kept apart`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(forbidsNegative: true), try await hub.location())
    try await hub.adjust(kit, at: room, by: 5, lot: "A")

    let refusal = try await hub.refusal(
      "stock.adjust",
      ["productId": .int(kit), "locationId": .int(room), "quantity": -1, "lot": "B"])

    #expect(refusal?.code == .insufficientStock)
    #expect(try hub.level(kit, at: room, lot: "A") == 5)
  }

  @Test func `a move takes from one place what it puts into the other`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(forbidsNegative: true)
    let (room, bar) = (try await hub.location(), try await hub.location("Bar"))
    try await hub.adjust(kit, at: room, by: 5)
    func move(_ quantity: Int64, to: Int64) -> JSON {
      [
        "productId": .int(kit), "fromLocationId": .int(room), "toLocationId": .int(to),
        "quantity": .int(quantity),
      ]
    }

    #expect(
      try await hub.perform("stock.move", move(3, to: bar)) == ["fromStock": 2, "toStock": 3])
    #expect(try await hub.refusal("stock.move", move(3, to: bar))?.code == .insufficientStock)
    #expect(try await hub.refusal("stock.move", move(1, to: room))?.field == "toLocationId")
    #expect(try await hub.refusal("stock.move", move(1, to: 99))?.field == "toLocationId")
    #expect(try hub.level(kit, at: room) == 2)
    #expect(try hub.level(kit, at: bar) == 3)
  }

  @Test func `stock cannot grow beyond what can be counted`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let most = Fields.quantityLimit
    try await hub.adjust(kit, at: room, by: most)
    try await hub.execute("UPDATE stock SET quantity = ?", [most * 1000])

    let refusal = try await hub.refusal(
      "stock.add", ["productId": .int(kit), "locationId": .int(room), "quantity": 1])

    #expect(refusal?.code == .invalidField)
    #expect(try hub.level(kit, at: room) == most * 1000)
  }
}

@Suite struct CountedStockTests {
  @Test func `a count sets the level by a movement`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.adjust(kit, at: room, by: 10)

    let result = try await hub.perform(
      "stock.count", ["productId": .int(kit), "locationId": .int(room), "counted": 8])

    #expect(result == ["difference": -2, "locationStock": 8])
    #expect(try hub.told(.inventoryUpdated).last?["reason"] == "count")
    #expect(try hub.isStockTheSumOfMovements())
  }

  @Test func `movements after the seq that the counter knew stay on top of the count`() async throws
  {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.adjust(kit, at: room, by: 10)
    let known = try hub.head
    try await hub.adjust(kit, at: room, by: -3)
    try await hub.adjust(kit, at: room, by: 1, lot: "other")

    let result = try await hub.perform(
      "stock.count",
      ["productId": .int(kit), "locationId": .int(room), "counted": 12, "seq": .int(known)])

    #expect(result == ["difference": 2, "locationStock": 9])
    #expect(try hub.level(kit, at: room, lot: "other") == 1)
  }

  @Test func `a count that agrees changes nothing and writes nothing`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.adjust(kit, at: room, by: 10)
    let head = try hub.head

    let receipt = try await hub.submit(
      "stock.count", ["productId": .int(kit), "locationId": .int(room), "counted": 10])

    #expect(receipt.data == #"{"difference":0,"locationStock":10}"#)
    #expect(receipt.position.seq == head)
    #expect(try hub.head == head)
  }

  @Test func `a count against a seq that is still to come is refused`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let head = try hub.head

    let refusal = try await hub.refusal(
      "stock.count",
      ["productId": .int(kit), "locationId": .int(room), "counted": 1, "seq": .int(head + 1)])

    #expect(refusal?.field == "seq")
  }

  @Test func `a count finds what is there even if more was reserved`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(forbidsNegative: true), try await hub.location())
    try await hub.adjust(kit, at: room, by: 10)
    try await hub.perform(
      "reservation.create", ["productId": .int(kit), "locationId": .int(room), "quantity": 8])

    let result = try await hub.perform(
      "stock.count", ["productId": .int(kit), "locationId": .int(room), "counted": 3])

    #expect(result["locationStock"] == 3)
  }
}

@Suite struct ModelTests {
  /// What the ledger should come to, in a few lines.
  private struct Model {
    var levels: [Place: Int64] = [:]
    var forbids: Set<Int64> = []

    mutating func move(_ quantity: Int64, at place: Place) -> Bool {
      let level = levels[place, default: 0] + quantity
      if quantity < 0, level < 0, forbids.contains(place.product) { return false }
      levels[place] = level
      return true
    }
  }

  @Test(arguments: 0..<5)
  func `any sequence of commands comes to what a simple model says`(seed: UInt64) async throws {
    let hub = try Hub()
    var dice = Dice(seed: seed)
    let products = [
      try await hub.product("A", minimum: 3), try await hub.product("B", forbidsNegative: true),
    ]
    let locations = [try await hub.location("X"), try await hub.location("Y")]
    var model = Model(forbids: [products[1]])

    for step in 0..<200 {
      let place = Place(
        product: products.randomElement(using: &dice) ?? 0,
        location: locations.randomElement(using: &dice) ?? 0,
        lot: Bool.random(using: &dice) ? "" : "L")
      let quantity = Int64.random(in: 1...9, using: &dice)
      var data: JSON = [
        "productId": .int(place.product), "locationId": .int(place.location),
        "lot": .string(place.lot), "quantity": .int(quantity),
      ]
      let (command, expected): (String, Bool)
      switch Int.random(in: 0..<5, using: &dice) {
      case 0: (command, expected) = ("stock.add", model.move(quantity, at: place))
      case 1: (command, expected) = ("stock.remove", model.move(-quantity, at: place))
      case 2:
        data["quantity"] = .int(-quantity)
        (command, expected) = ("stock.adjust", model.move(-quantity, at: place))
      case 3:
        data["counted"] = .int(quantity)
        model.levels[place] = quantity
        (command, expected) = ("stock.count", true)
      default:
        let other = locations.first { $0 != place.location } ?? 0
        data["fromLocationId"] = .int(place.location)
        data["toLocationId"] = .int(other)
        let left = model.move(-quantity, at: place)
        let there = Place(product: place.product, location: other, lot: place.lot)
        (command, expected) = ("stock.move", left && model.move(quantity, at: there))
      }

      let refusal = try await hub.refusal(command, data)

      #expect((refusal == nil) == expected, "step \(step): \(command) \(data.encoded)")
    }
    for (place, level) in model.levels {
      #expect(try hub.level(place.product, at: place.location, lot: place.lot) == level)
    }
    #expect(try hub.store.verify() == [])
  }
}

/// The same throws for the same seed on every machine (SplitMix64).
struct Dice: RandomNumberGenerator {
  var seed: UInt64

  mutating func next() -> UInt64 {
    seed &+= 0x9E37_79B9_7F4A_7C15
    var mixed = seed
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
