import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct TransferTests {
  let hub: Hub
  let kit: Int64
  let depot: Int64
  let yacht: Int64

  /// Ten kits in the depot.
  init() async throws {
    hub = try Hub()
    kit = try await hub.product(forbidsNegative: true)
    depot = try await hub.location("Depot")
    yacht = try await hub.location("Yacht")
    try await hub.adjust(kit, at: depot, by: 10)
  }

  private func create(_ quantities: Int64...) async throws -> Int64 {
    let lines = quantities.map {
      JSON.object(.init([("productId", .int(kit)), ("quantity", .int($0))]))
    }
    return try await hub.id(
      "transferId", "transfer.create",
      [
        "fromLocationId": .int(depot), "toLocationId": .int(yacht), "lines": .array(lines),
      ])
  }

  private func receive(_ transfer: Int64, _ quantity: Int64?, close: Bool = false) async throws
    -> JSON
  {
    try await hub.perform(
      "transfer.receive",
      .compact([
        "transferId": .int(transfer), "close": .bool(close),
        "lines": quantity.map { [["productId": .int(kit), "quantity": .int($0)]] },
      ]))
  }

  @Test func `goods on the way are in neither place`() async throws {
    let transfer = try await create(4)
    #expect(try hub.level(kit, at: depot) == 10)

    try await hub.perform("transfer.ship", ["transferId": .int(transfer), "trackingNumber": "T1"])
    #expect(try hub.level(kit, at: depot) == 6)
    #expect(try hub.level(kit, at: yacht) == 0)

    let result = try await receive(transfer, nil)
    #expect(result == ["transferId": .int(transfer), "fullyReceived": true, "status": "received"])
    #expect(try hub.level(kit, at: yacht) == 4)
    #expect(try hub.isStockTheSumOfMovements())
  }

  @Test func `lines of one product are one line`() async throws {
    let transfer = try await create(1, 2)

    try await hub.perform("transfer.ship", ["transferId": .int(transfer)])

    #expect(try await receive(transfer, 3)["fullyReceived"] == true)
  }

  @Test func `goods may arrive in parts, never more than were sent`() async throws {
    let transfer = try await create(5)
    try await hub.perform("transfer.ship", ["transferId": .int(transfer)])

    #expect(try await receive(transfer, 2)["status"] == "shipped")
    let refusal = await #expect(throws: Refusal.self) { try await receive(transfer, 4) }
    #expect(refusal?.code == .wrongState)
    #expect(refusal?.message.hasPrefix("Only 3 of product \(kit) are outstanding") == true)
    #expect(try await receive(transfer, 3)["status"] == "received")
    #expect(try hub.level(kit, at: yacht) == 5)
    await #expect(throws: Refusal.self) { try await receive(transfer, nil) }
  }

  @Test func `closing with a part leaves the rest missing`() async throws {
    let transfer = try await create(5)
    try await hub.perform("transfer.ship", ["transferId": .int(transfer)])

    let result = try await receive(transfer, 2, close: true)

    #expect(result == ["transferId": .int(transfer), "fullyReceived": false, "status": "received"])
    #expect(try hub.level(kit, at: yacht) == 2)
    #expect(try hub.told(.transferReceived).last?["closed"] == true)
    await #expect(throws: Refusal.self) { try await receive(transfer, 3) }
  }

  @Test func `a transfer that never arrives can be closed with nothing received`() async throws {
    let transfer = try await create(5)
    try await hub.perform("transfer.ship", ["transferId": .int(transfer)])
    let nothing: JSON = ["transferId": .int(transfer), "lines": [], "close": true]

    let result = try await hub.perform("transfer.receive", nothing)

    #expect(result == ["transferId": .int(transfer), "fullyReceived": false, "status": "received"])
    #expect(try hub.level(kit, at: yacht) == 0)
  }

  @Test func `receiving nothing without closing is refused`() async throws {
    let transfer = try await create(5)
    try await hub.perform("transfer.ship", ["transferId": .int(transfer)])

    let refusal = try await hub.refusal(
      "transfer.receive", ["transferId": .int(transfer), "lines": []])

    #expect(refusal?.field == "lines")
  }

  @Test func `more than there is cannot be shipped`() async throws {
    let transfer = try await create(11)

    let refusal = try await hub.refusal("transfer.ship", ["transferId": .int(transfer)])

    #expect(refusal?.message == "Only 10 of Impeller kit are left in Depot.")
    #expect(try hub.level(kit, at: depot) == 10)
  }

  @Test func `a transfer goes through its states in order`() async throws {
    let transfer = try await create(1)
    let data: JSON = ["transferId": .int(transfer)]
    func refusal(_ command: String) async throws -> String? {
      try await hub.refusal(command, data)?.message
    }

    #expect(
      try await refusal("transfer.receive") == "Transfer \(transfer) is created, not shipped.")
    #expect(try await refusal("transfer.ship") == nil)
    #expect(try await refusal("transfer.ship") == "Transfer \(transfer) is shipped, not created.")
    #expect(try await refusal("transfer.cancel") == "Transfer \(transfer) is shipped, not created.")
    #expect(try await refusal("transfer.receive") == nil)
    #expect(
      try await refusal("transfer.receive") == "Transfer \(transfer) is received, not shipped.")

    let other = try await create(1)
    #expect(try await hub.refusal("transfer.cancel", ["transferId": .int(other)]) == nil)
    #expect(
      try await hub.refusal("transfer.ship", ["transferId": .int(other)])?.code == .wrongState)
    #expect(try await hub.refusal("transfer.ship", ["transferId": 99])?.code == .notFound)
  }

  @Test func `a transfer needs two different places that exist`() async throws {
    let lines: JSON = [["productId": .int(kit), "quantity": 1]]

    for (to, code) in [(depot, Refusal.Code.invalidField), (99, .notFound)] {
      let refusal = try await hub.refusal(
        "transfer.create",
        ["fromLocationId": .int(depot), "toLocationId": .int(to), "lines": lines])
      #expect(refusal?.code == code)
      #expect(refusal?.field == "toLocationId")
    }
  }

  @Test func `what is on the way keeps its product in the catalogue and its places open`()
    async throws
  {
    let transfer = try await create(10)
    try await hub.perform("transfer.ship", ["transferId": .int(transfer)])

    #expect(try await hub.refusal("product.remove", ["productId": .int(kit)])?.code == .inUse)
    #expect(try await hub.refusal("location.remove", ["locationId": .int(yacht)])?.code == .inUse)
    #expect(try await hub.refusal("location.remove", ["locationId": .int(depot)])?.code == .inUse)

    _ = try await receive(transfer, nil)
    #expect(try hub.level(kit, at: yacht) == 10)
  }

  @Test func `each end's crew does its own part and both hear of it`() async throws {
    let (north, south) = (try await hub.branch("North"), try await hub.branch("South"))
    let shed = try await hub.location("Shed", branch: north)
    let pier = try await hub.location("Pier", branch: south)
    try await hub.adjust(kit, at: shed, by: 5)
    let sender = try await hub.signedIn(.staff, branches: [north], name: "sender")
    let receiver = try await hub.signedIn(.staff, branches: [south], name: "receiver")
    let before = try hub.head
    let transfer = try await hub.id(
      "transferId", "transfer.create",
      [
        "fromLocationId": .int(shed), "toLocationId": .int(pier),
        "lines": [["productId": .int(kit), "quantity": 2]],
      ], by: sender)
    let data: JSON = ["transferId": .int(transfer)]

    #expect(try await hub.refusal("transfer.ship", data, by: receiver)?.code == .forbidden)
    #expect(try await hub.refusal("transfer.ship", data, by: sender) == nil)
    #expect(try await hub.refusal("transfer.receive", data, by: sender)?.code == .forbidden)
    #expect(try await hub.refusal("transfer.receive", data, by: receiver) == nil)
    for type in ["transfer:created", "transfer:shipped", "transfer:received"] {
      let told = try hub.events(after: before).filter { $0.type == type }
      #expect(told.map(\.audience.branch) == [north, south])
    }
  }
}
