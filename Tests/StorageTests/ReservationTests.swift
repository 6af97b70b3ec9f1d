import GRDB
import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct ReservationTests {
  let hub: Hub
  let kit: Int64
  let room: Int64

  /// Ten kits in the engine room.
  init() async throws {
    hub = try Hub()
    kit = try await hub.product(forbidsNegative: true)
    room = try await hub.location()
    try await hub.adjust(kit, at: room, by: 10)
  }

  private func reserve(_ quantity: Int64, expiresIn seconds: Int64? = nil) async throws -> Int64 {
    try await hub.id(
      "reservationId", "reservation.create",
      .compact([
        "productId": .int(kit), "locationId": .int(room), "quantity": .int(quantity),
        "expiresIn": .integer(seconds),
      ]))
  }

  private func expire() async throws -> JSON {
    guard
      case .done(let receipt) = await hub.ledger.submit(Submission(ExpireReservations(), by: .hub))
    else { return .null }
    return try JSON(parsing: receipt.data)
  }

  private func status(of reservation: Int64) throws -> String? {
    try hub.text("SELECT status FROM reservation WHERE id = ?", [reservation])
  }

  @Test func `of a hundred who reserve one of ten at once exactly ten succeed`() async throws {
    let refusals = try await withThrowingTaskGroup(of: Refusal?.self) { group in
      for _ in 0..<100 {
        group.addTask {
          try await hub.refusal(
            "reservation.create",
            ["productId": .int(kit), "locationId": .int(room), "quantity": 1])
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }

    #expect(refusals.count { $0 == nil } == 10)
    #expect(refusals.count { $0?.code == .insufficientStock } == 90)
    #expect(try hub.integer("SELECT SUM(quantity) FROM reservation WHERE status = 'active'") == 10)
  }

  @Test func `what is reserved can be neither taken nor reserved again, and the refusal says so`()
    async throws
  {
    _ = try await reserve(8)
    let three: JSON = ["productId": .int(kit), "locationId": .int(room), "quantity": 3]
    let shortage = Refusal(
      .insufficientStock, "Only 10 of Impeller kit are left in Engine room (8 of them reserved).",
      field: "quantity")

    #expect(try await hub.refusal("stock.remove", three) == shortage)
    #expect(try await hub.refusal("reservation.create", three) == shortage)
    try await hub.adjust(kit, at: room, by: -2)
    #expect(try hub.level(kit, at: room) == 8)
  }

  @Test func `reserving at a place does not count what lies elsewhere`() async throws {
    let bar = try await hub.location("Bar")

    let refusal = try await hub.refusal(
      "reservation.create", ["productId": .int(kit), "locationId": .int(bar), "quantity": 1])

    #expect(refusal?.message == "No Impeller kit is left in Bar.")
  }

  @Test func `a released reservation is free again, once`() async throws {
    let reservation = try await reserve(10)

    let result = try await hub.perform("reservation.release", ["reservationId": .int(reservation)])

    #expect(result["released"] == 10)
    let again = try await hub.refusal("reservation.release", ["reservationId": .int(reservation)])
    #expect(again == Refusal(.wrongState, "Reservation \(reservation) is released already."))
    _ = try await reserve(10)
  }

  @Test func `a reservation is fulfilled in parts and never beyond what it held`() async throws {
    let reservation = try await reserve(6)
    func fulfil(_ quantity: Int64?) async throws -> JSON {
      try await hub.perform(
        "reservation.fulfil",
        .compact(["reservationId": .int(reservation), "quantity": .integer(quantity)]))
    }

    #expect(
      try await fulfil(4) == [
        "reservationId": .int(reservation), "remainingQuantity": 2, "locationStock": 6,
      ])
    await #expect(
      throws: Refusal(.insufficientStock, "Only 2 are still reserved.", field: "quantity")
    ) { try await fulfil(3) }
    #expect(try await fulfil(nil)["remainingQuantity"] == 0)
    await #expect(throws: Refusal.self) { try await fulfil(nil) }

    #expect(try hub.level(kit, at: room) == 4)
    #expect(try status(of: reservation) == "fulfilled")
    #expect(try hub.told(.inventoryReservationFulfilled).count == 2)
    #expect(try hub.isStockTheSumOfMovements())
    _ = try await reserve(4)
  }

  @Test func `one reservation cannot be fulfilled out of another`() async throws {
    _ = try await reserve(4)
    let mine = try await reserve(6)

    try await hub.perform("reservation.fulfil", ["reservationId": .int(mine), "quantity": 6])

    #expect(try hub.level(kit, at: room) == 4)
    #expect(
      try await hub.refusal(
        "stock.remove", ["productId": .int(kit), "locationId": .int(room), "quantity": 1]) != nil)
  }

  @Test func `a reservation expires by powered time and no sooner`() async throws {
    try hub.ledger.beat(poweredFor: 5_000)
    let short = try await reserve(3, expiresIn: 60)
    let endless = try await reserve(2)

    try hub.ledger.beat(poweredFor: 64_999)
    #expect(try hub.store.hasDueReservations() == false)
    #expect(try await expire() == ["expired": 0])
    try hub.ledger.beat(poweredFor: 65_000)
    #expect(try hub.store.hasDueReservations())
    #expect(try await expire() == ["expired": 1])

    #expect(try status(of: short) == "expired")
    #expect(try status(of: endless) == "active")
    #expect(try hub.store.hasDueReservations() == false)
    #expect(
      try hub.told(.inventoryReservationExpired) == [
        [
          "reservationId": .int(short), "stockId": 1, "productId": .int(kit),
          "locationId": .int(room), "locationName": "Engine room", "quantity": 3,
          "reason": "expired",
        ]
      ])
    _ = try await reserve(8)
  }

  @Test func `powered time never runs backwards and survives a restart`() async throws {
    try hub.ledger.beat(poweredFor: 9_000)
    try hub.ledger.beat(poweredFor: 4_000)

    #expect(try hub.store.powered() == 9_000)
    #expect(try await hub.reopened().store.powered() == 9_000)
  }

  @Test func `nobody but the hub can make reservations expire`() async throws {
    let admin = try await hub.signedIn(.admin)

    let outcome = await hub.ledger.submit(Submission(ExpireReservations(), by: admin))

    guard case .refused(let refusal) = outcome else { throw StoreError.corrupt("\(outcome)") }
    #expect(refusal.code == .forbidden)
  }
}
