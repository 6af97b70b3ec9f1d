import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct ProcurementTests {
  let hub: Hub
  let kit: Int64
  let room: Int64

  /// Twenty kits of which there should never be less than five.
  init() async throws {
    hub = try Hub()
    kit = try await hub.product(minimum: 5)
    room = try await hub.location()
    try await hub.adjust(kit, at: room, by: 20)
  }

  private var proposed: [[JSON?]] {
    get throws {
      try hub.told(.procurementProposed).map {
        [$0["proposalId"], $0["quantity"], $0["onOrder"], $0["reason"]]
      }
    }
  }

  private var decided: [[JSON?]] {
    get throws { try hub.told(.procurementDecided).map { [$0["proposalId"], $0["decision"]] } }
  }

  @Test func `a dip proposes twice the minimum less what there is, in the same transaction`()
    async throws
  {
    let receipt = try await hub.submit(
      "stock.adjust", ["productId": .int(kit), "locationId": .int(room), "quantity": -16])

    #expect(try proposed == [[1, 6, 0, "low_stock"]])
    let event = try hub.events().last
    #expect(event?.type == "procurement:proposed")
    #expect(event?.seq == receipt.position.seq)
    #expect(event?.topics == ["inventory", "inventory:procurement", "inventory:product:\(kit)"])
    #expect(event?.audience.roles == .crew)
  }

  @Test func `worse news raises the open proposal, and restocking closes it`() async throws {
    for change: Int64 in [-16, -4, 3, 20] { try await hub.adjust(kit, at: room, by: change) }

    #expect(try proposed == [[1, 6, 0, "low_stock"], [1, 10, 0, "out_of_stock"]])
    #expect(try decided == [[1, "restocked"]])
    #expect(try hub.text("SELECT status FROM proposal") == "restocked")
  }

  @Test func `what was accepted counts as on order until the goods are there`() async throws {
    try await hub.adjust(kit, at: room, by: -16)
    try await hub.perform(
      "procurement.decide", ["proposalId": 1, "decision": "accept", "quantity": 12])
    try await hub.adjust(kit, at: room, by: -4)

    #expect(try proposed.count == 1)
    #expect(
      try await hub.refusal("procurement.decide", ["proposalId": 1, "decision": "dismiss"])?.code
        == .wrongState)

    try await hub.adjust(kit, at: room, by: 12)
    #expect(try decided == [[1, "accepted"], [1, "restocked"]])
    try await hub.adjust(kit, at: room, by: -10)
    #expect(try proposed == [[1, 6, 0, "low_stock"], [2, 8, 0, "low_stock"]])
  }

  @Test func `what is on its way to another location is on order`() async throws {
    let bar = try await hub.location("Bar")
    let transfer = try await hub.id(
      "transferId", "transfer.create",
      [
        "fromLocationId": .int(room), "toLocationId": .int(bar),
        "lines": [["productId": .int(kit), "quantity": 8]],
      ])
    try await hub.perform("transfer.ship", ["transferId": .int(transfer)])

    try await hub.adjust(kit, at: room, by: -9)

    #expect(try proposed.isEmpty)
    try await hub.adjust(kit, at: room, by: -3)
    #expect(try proposed == [[1, 2, 8, "out_of_stock"]])
  }

  @Test func `only managers decide, and only once`() async throws {
    try await hub.adjust(kit, at: room, by: -20)
    let decision: JSON = ["proposalId": 1, "decision": "dismiss", "note": "end of season"]

    #expect(
      try await hub.refusal(
        "procurement.decide", decision, by: try await hub.signedIn(.staff))?.code == .forbidden)
    try await hub.perform(
      "procurement.decide", decision, by: try await hub.signedIn(.manager, name: "mia"))

    let told = try hub.told(.procurementDecided).last
    #expect(told?["decision"] == "dismissed")
    #expect(told?["userName"] == "mia")
    #expect(told?["note"] == "end of season")
  }

  @Test func `a pairing names its products as they are called and is told to its room`()
    async throws
  {
    let wine = try await hub.id(
      "productId", "product.create",
      ["sku": "W1", "name": "Margaux", "attributes": ["vintage": 2015]])

    try await hub.perform(
      "pairing.recommend",
      [
        "products": [["productId": .int(wine)]], "pairedWith": "Lamb", "text": "Decant it.",
      ], by: try await hub.signedIn(.staff, name: "sam"))

    let event = try hub.events().last
    #expect(event?.topics == ["inventory", "inventory:pairing"])
    #expect(
      try hub.told(.pairingRecommended) == [
        [
          "pairingId": 1,
          "products": [
            [
              "productId": .int(wine), "productName": "Margaux", "sku": "W1", "vintage": 2015,
            ]
          ], "pairedWith": "Lamb", "text": "Decant it.", "userId": .int(event?.user ?? 0),
          "userName": "sam",
        ]
      ])
    #expect(
      try await hub.refusal(
        "pairing.recommend", ["products": [["productId": 99]], "pairedWith": "Lamb"])?.code
        == .notFound)
  }
}
