import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct BranchTests {
  let hub: Hub
  let kit: Int64
  let north: Int64
  let shed: Int64
  let pier: Int64
  let common: Int64
  /// A manager who works in the north.
  let manager: Author

  init() async throws {
    hub = try Hub()
    kit = try await hub.product()
    north = try await hub.branch("North")
    let south = try await hub.branch("South")
    shed = try await hub.location("Shed", branch: north)
    pier = try await hub.location("Pier", branch: south)
    common = try await hub.location("Common")
    for place in [shed, pier, common] { try await hub.adjust(kit, at: place, by: 10) }
    _ = try await hub.user("boss", .admin)
    manager = try await hub.signedIn(.manager, branches: [north])
  }

  private func isForbidden(_ command: String, _ data: JSON) async throws -> Bool {
    let refusal = try await hub.refusal(command, data, by: manager)
    if let refusal { #expect(refusal.code == .forbidden, "\(command): \(refusal)") }
    return refusal != nil
  }

  @Test func `a person books only where they work or where all do`() async throws {
    for (place, forbidden) in [(shed, false), (pier, true), (common, false)] {
      let one: JSON = ["productId": .int(kit), "locationId": .int(place), "quantity": 1]
      for command in ["stock.add", "stock.remove", "stock.adjust", "reservation.create"] {
        #expect(try await isForbidden(command, one) == forbidden, "\(command)")
      }
      #expect(
        try await isForbidden(
          "stock.count", ["productId": .int(kit), "locationId": .int(place), "counted": 10])
          == forbidden)
      #expect(
        try await isForbidden(
          "sale.create",
          [
            "locationId": .int(place), "method": "cash",
            "lines": [["productId": .int(kit), "quantity": 1]],
          ]) == forbidden)
      #expect(
        try await isForbidden(
          "count.open", ["room": .string("\(place)"), "locationId": .int(place)])
          == forbidden)
      #expect(
        try await isForbidden(
          "location.update", ["locationId": .int(place), "name": .string("n\(place)")])
          == forbidden)
    }
  }

  @Test func `a count that changes nothing is no way into another branch`() async throws {
    #expect(
      try await isForbidden(
        "stock.count", ["productId": .int(kit), "locationId": .int(pier), "counted": 10]))
  }

  @Test func `goods are moved only between places where one works`() async throws {
    func move(_ from: Int64, _ to: Int64) -> JSON {
      [
        "productId": .int(kit), "fromLocationId": .int(from), "toLocationId": .int(to),
        "quantity": 1,
      ]
    }

    #expect(try await isForbidden("stock.move", move(shed, common)) == false)
    #expect(try await isForbidden("stock.move", move(shed, pier)))
    #expect(try await isForbidden("stock.move", move(pier, shed)))
    #expect(try hub.level(kit, at: pier) == 10)
  }

  @Test func `what another branch holds stays its own`() async throws {
    let reservation = try await hub.id(
      "reservationId", "reservation.create",
      ["productId": .int(kit), "locationId": .int(pier), "quantity": 1])
    let sale = try await hub.id(
      "saleId", "sale.create",
      [
        "locationId": .int(pier), "method": "cash",
        "lines": [["productId": .int(kit), "quantity": 1, "price": 5]],
      ])
    let south = try hub.integer("SELECT branch FROM location WHERE name = 'Pier'") ?? 0
    let order = try await hub.id(
      "orderId", "order.create",
      ["branchId": .int(south), "lines": [["productId": .int(kit), "quantity": 1]]])
    let count = try await hub.id("countId", "count.open", ["room": "r", "locationId": .int(pier)])

    for (command, data) in [
      ("reservation.release", ["reservationId": .int(reservation)]),
      ("reservation.fulfil", ["reservationId": .int(reservation)]),
      ("sale.void", ["saleId": .int(sale), "reason": "x"]),
      ("payment.refund", ["paymentId": 1]),
      ("order.status", ["orderId": .int(order), "status": "processing"]),
      ("order.update", ["orderId": .int(order), "note": "x"]),
      ("order.fulfil", ["orderId": .int(order), "locationId": .int(shed)]),
      ("order.remove", ["orderId": .int(order)]),
      ("payment.record", ["orderId": .int(order), "amount": 1, "method": "cash"]),
      ("count.scan", ["countId": .int(count), "productId": .int(kit)]),
      ("count.complete", ["countId": .int(count)]),
      ("count.cancel", ["countId": .int(count)]),
      ("location.remove", ["locationId": .int(pier)]),
      ("location.update", ["locationId": .int(shed), "branchId": .int(south)]),
      ("location.create", ["name": "x", "branchId": .int(south)]),
      (
        "order.create",
        ["branchId": .int(south), "lines": [["productId": .int(kit), "quantity": 1]]]
      ),
      ("notification.send", ["title": "x", "message": "x", "branchId": .int(south)]),
    ] as [(String, JSON)] {
      #expect(try await isForbidden(command, data), "\(command)")
    }
  }

  @Test func `events of a branch's places are its own crew's`() async throws {
    try await hub.adjust(kit, at: shed, by: 1)
    try await hub.adjust(kit, at: common, by: 1)

    let told = try hub.events().suffix(2)

    #expect(told.map(\.audience.branch) == [north, nil])
  }

  @Test func `a notice to one branch, role or user is heard by them alone`() async throws {
    func audience(_ data: JSON) async throws -> Audience? {
      var data = data
      data["title"] = "t"
      data["message"] = "m"
      try await hub.perform("notification.send", data)
      return try hub.events().last?.audience
    }

    #expect(try await audience([:]) == Audience(roles: .everyone))
    #expect(
      try await audience(["branchId": .int(north)]) == Audience(roles: .everyone, branch: north))
    #expect(
      try await audience(["targetRoles": ["staff", "guest"]])
        == Audience(roles: Roles(.staff, .guest)))
    #expect(try await audience(["userId": 1]) == Audience(roles: .everyone, user: 1))
    #expect(
      try await hub.refusal("notification.send", ["title": "t", "message": "", "userId": 99])?.code
        == .notFound)
  }

  @Test func `a notice is read once by each`() async throws {
    let notice = try await hub.id(
      "notificationId", "notification.send", ["title": "t", "message": "m"])
    let read: JSON = ["notificationId": .int(notice)]

    try await hub.perform("notification.read", read, by: manager)
    try await hub.perform("notification.read", read, by: manager)

    let told = try hub.events().filter { $0.type == "notification:read" }
    #expect(told.count == 1)
    #expect(told.first?.audience.user == told.first?.user)
    #expect(try await hub.refusal("notification.read", read)?.code == .forbidden)
    #expect(
      try await hub.refusal("notification.read", ["notificationId": 99], by: manager)?.code
        == .notFound)
  }
}
