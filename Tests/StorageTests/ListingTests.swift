import Inventory
import Testing
import Wire

@testable import Storage

/// What a reader may see of the tables.
@Suite struct ListingTests {
  private static func identity(_ author: Author, in hub: Hub) throws -> Identity {
    guard case .session(let session) = author else { throw StoreError.corrupt("no session") }
    return try #require(try hub.store.identity(session: session))
  }

  private func read(
    _ name: String, _ hub: Hub, for author: Author?, _ request: PageRequest = PageRequest()
  ) throws -> [JSON] {
    let listing = try #require(Listing.named(name))
    let identity = try author.map { try Self.identity($0, in: hub) }
    return try hub.store.page(listing, request, for: identity).items.map { try JSON(parsing: $0) }
  }

  @Test(arguments: Listing.all.map(\.name), Role.allCases)
  func `every listing can be read and holds the columns described`(
    name: String, role: Role
  ) async throws {
    let hub = try Hub()
    let listing = try #require(Listing.named(name))
    let author = try await hub.signedIn(role)
    let text = PageRequest.Value.text("x")

    for filter in listing.filters {
      let value = filter.kind == .integer ? PageRequest.Value.integer(1) : text
      #expect(throws: Never.self) {
        try read(
          name, hub, for: author,
          PageRequest(cursor: 1, order: .newest, filters: [filter.name: value]))
      }
    }
    for row in try read(name, hub, for: author) {
      #expect(
        row.members?.pairs.map(\.key)
          == listing.columns.filter { $0.readers.contains(role) }.map(\.name))
    }
  }

  @Test func `pages follow each other without repeating or skipping a row`() async throws {
    let hub = try Hub()
    for index in 1...25 { _ = try await hub.product("P\(index)") }
    let products = try #require(Listing.named("products"))

    for order in PageRequest.Order.allCases {
      var ids: [Int64] = []
      var cursor: Int64?
      repeat {
        let page = try hub.store.page(
          products, PageRequest(cursor: cursor, limit: 10, order: order), for: nil)
        ids += try page.items.map { try JSON(parsing: $0)["id"]?.integer ?? 0 }
        cursor = page.next
      } while cursor != nil
      #expect(ids == (order == .oldest ? Array(1...25) : Array((1...25).reversed())))
    }
  }

  @Test func `a value with quotes is a value and no part of the question`() async throws {
    let hub = try Hub()
    _ = try await hub.product("Kit")

    let rows = try read(
      "products", hub, for: nil, PageRequest(filters: ["category": .text("' OR 1 --")]))

    #expect(rows.isEmpty)
  }

  @Test func `those who did not sign in see the catalogue without levels and minimums`()
    async throws
  {
    let hub = try Hub()
    _ = try await hub.product("Kit", minimum: 5)

    let row = try #require(try read("products", hub, for: nil).first)

    #expect(row["sku"] == "Kit")
    for column in ["minimum", "onHand", "reserved", "alert"] { #expect(row[column] == nil) }
    #expect(try read("stock", hub, for: nil).isEmpty)
    #expect(try read("notifications", hub, for: nil).isEmpty)
  }

  @Test func `the crew sees the stock and the transfers of its own branch`() async throws {
    let hub = try Hub()
    let kit = try await hub.product()
    let (north, south, west) = (
      try await hub.branch("North"), try await hub.branch("South"), try await hub.branch("West")
    )
    let shed = try await hub.location("Shed", branch: north)
    let pier = try await hub.location("Pier", branch: south)
    try await hub.adjust(kit, at: shed, by: 5)
    try await hub.perform(
      "transfer.create",
      [
        "fromLocationId": .int(shed), "toLocationId": .int(pier),
        "lines": [["productId": .int(kit), "quantity": 2]],
      ])
    let expected: [(Int64, stock: Int, transfers: Int)] = [
      (north, 1, 1), (south, 0, 1), (west, 0, 0),
    ]

    for (branch, stock, transfers) in expected {
      let author = try await hub.signedIn(.staff, branches: [branch], name: "s\(branch)")
      #expect(try read("stock", hub, for: author).count == stock)
      #expect(try read("transfers", hub, for: author).count == transfers)
    }
    let admin = try await hub.signedIn(.admin)
    #expect(try read("transfers", hub, for: admin).count == 1)
  }

  @Test func `a customer sees their own orders`() async throws {
    let hub = try Hub()
    let kit = try await hub.product()
    let (ann, bob) = (
      try await hub.id("customerId", "customer.create", ["name": "Ann"]),
      try await hub.id("customerId", "customer.create", ["name": "Bob"])
    )
    for customer in [ann, bob, nil] {
      try await hub.perform(
        "order.create",
        .compact([
          "customerId": .integer(customer), "note": "secret",
          "lines": [["productId": .int(kit), "quantity": 1]],
        ]))
    }
    let user = try await hub.user("ann", .customer, customer: ann)
    let author = Author.session(try await hub.session(of: user))
    let nobody = try await hub.signedIn(.customer)

    let rows = try read("orders", hub, for: author)

    #expect(rows.map { $0["customerId"] } == [.int(ann)])
    #expect(rows.first?["note"] == nil)
    #expect(try read("orders", hub, for: nobody).isEmpty)
  }

  @Test func `a notice is listed for those whom it was for, admins included`() async throws {
    let hub = try Hub()
    let north = try await hub.branch("North")
    let admin = try await hub.signedIn(.admin)
    let staff = try await hub.signedIn(.staff, branches: [north])
    let user = try Self.identity(staff, in: hub).user
    for (title, target) in [
      ("all", [:]), ("managers", ["targetRoles": ["manager"]]), ("one", ["userId": .int(user)]),
      ("north", ["branchId": .int(north)]), ("admins", ["targetRoles": ["admin"]]),
    ] as [(String, JSON)] {
      var data = target
      data["title"] = .string(title)
      data["message"] = ""
      try await hub.perform("notification.send", data)
    }
    func titles(_ author: Author) throws -> [String?] {
      try read("notifications", hub, for: author).map { $0["title"]?.text }
    }

    #expect(try titles(staff) == ["all", "one", "north"])
    #expect(try titles(admin) == ["all", "north", "admins"])
    #expect(try titles(try await hub.signedIn(.customer)) == ["all"])
  }

  @Test func `one sees one's own sessions, an admin all`() async throws {
    let hub = try Hub()
    let (admin, staff) = (try await hub.signedIn(.admin), try await hub.signedIn(.staff))

    #expect(try read("sessions", hub, for: staff).map { $0["userName"] } == ["staff"])
    #expect(try read("sessions", hub, for: admin).count == 2)
  }

  @Test func `a snapshot stands still while the hub goes on`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.adjust(kit, at: room, by: 5)
    let author = try await hub.signedIn(.staff)
    let identity = try Self.identity(author, in: hub)
    let snapshot = try hub.store.snapshot()
    let head = try hub.head

    try await hub.adjust(kit, at: room, by: 5)

    let items = try snapshot.page(try #require(Listing.named("stock")), after: nil, for: identity)
      .items
    #expect(snapshot.position.seq == head)
    #expect(try items.map { try JSON(parsing: $0)["quantity"] } == [5])
  }
}

@Suite struct MaintenanceTests {
  @Test func `a sound database has no problems and a tampered one names them`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.adjust(kit, at: room, by: 5)
    #expect(try hub.store.verify() == [])

    try await hub.execute("UPDATE stock SET quantity = 6")
    #expect(try hub.store.verify().count == 1)
    try await hub.execute("UPDATE stock SET quantity = 5")
    try await hub.execute("DELETE FROM event WHERE seq = 2")

    #expect(try hub.store.verify() == ["The log has a gap (after seq): 1."])
  }

  @Test func `a backup holds what was confirmed and is whole`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.adjust(kit, at: room, by: 5)
    let copy = try Folder()

    try hub.store.backup(to: copy.database)

    let restored = try Hub(in: copy)
    #expect(try restored.store.position() == (try hub.store.position()))
    #expect(try restored.events() == (try hub.events()))
    #expect(try restored.store.verify() == [])
  }

  @Test func `statistics say what is there`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(minimum: 9), try await hub.location())
    try await hub.adjust(kit, at: room, by: 10)
    try await hub.adjust(kit, at: room, by: -5)

    let statistics = try hub.store.statistics(for: .staff)

    #expect(statistics["units"] == 5)
    #expect(statistics["lowStock"] == 1)
    #expect(statistics["movements"] == 2)
    #expect(statistics["events"] == .int(try hub.head))
  }
}
