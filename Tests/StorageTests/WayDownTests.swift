import GRDB
import Inventory
import Testing
import Wire

@testable import Storage

/// What the hub makes of changes from shore.
@Suite struct WayDownTests {
  let hub: Hub
  /// The hub's clock, and what shore's shows as well.
  static let now: Int64 = 1_764_547_200_000

  init() throws {
    hub = try Hub()
  }

  func change(
    _ number: Int64, _ command: String, _ data: JSON, tag: String? = nil, time: Int64 = now,
    seen: Int64? = nil, by author: String = "Ana"
  ) throws -> ShoreChange {
    let through = try seen ?? hub.head
    return ShoreChange(
      number: number, tag: tag ?? "tag-of-\(number)",
      stamp: Stamp(time: time, side: .ashore),
      seen: .init(
        epoch: try hub.store.position().epoch,
        through: Dictionary(uniqueKeysWithValues: Lane.allCases.map { ($0, through) })),
      author: author, command: command, data: data)
  }

  @discardableResult
  func apply(
    _ change: ShoreChange, sent: Int64 = now, policy: ShorePolicy = ShorePolicy(),
    hopeless: Refusal? = nil
  ) async throws -> JSON {
    let command = ApplyChange(change, policy: policy, sent: sent, hopeless: hopeless)
    let submission = Submission(command, by: .shore, operation: change.tag)
    switch await hub.ledger.submit(submission) {
    case .done(let receipt): return try JSON(parsing: receipt.data)
    case .refused(let refusal): throw refusal
    }
  }

  func price(_ product: Int64) throws -> Int64? {
    try hub.integer("SELECT price FROM product WHERE id = ?", [product])
  }

  func tray() throws -> [String] {
    try hub.store.read {
      try String.fetchAll($0, sql: "SELECT code || ': ' || message FROM change_refusal ORDER BY id")
    }
  }

  func update(_ product: Int64, _ price: Int64) -> JSON {
    ["productId": .int(product), "price": .int(price)]
  }

  @Test func `a change is carried out and the cursor stands behind it`() async throws {
    let product = try await hub.product()

    let answer = try await apply(try change(1, "product.update", update(product, 1290)))

    #expect(answer["applied"]?.boolean == true)
    #expect(try price(product) == 1290)
    #expect(try hub.store.changeCursor() == .init(number: 1, tag: "tag-of-1"))
    #expect(try hub.told(.productPriceChanged).count == 1)
  }

  @Test func `a change that comes again does nothing`() async throws {
    let product = try await hub.product(price: 100)
    let location = try await hub.location()
    let policy = ShorePolicy(commands: ["stock.adjust"])
    let taken: JSON = [
      "productId": .int(product), "locationId": .int(location), "quantity": -3,
    ]
    try await apply(try change(1, "stock.adjust", taken), policy: policy)
    let head = try hub.head

    try await apply(try change(1, "stock.adjust", taken), policy: policy)
    // Under another tag, as no honest shore would send it.
    try await apply(try change(1, "stock.adjust", taken, tag: "another-tag"), policy: policy)
    // Under another number, as a shore that is an older copy of itself sends it.
    try await apply(try change(2, "stock.adjust", taken, tag: "tag-of-1"), policy: policy)

    #expect(try hub.head == head)
    #expect(try hub.level(product, at: location) == -3)
  }

  @Test func `a change that comes too early waits for the one before`() async throws {
    let product = try await hub.product(price: 100)

    await #expect(throws: Refusal.self) {
      try await apply(try change(2, "product.update", update(product, 300)))
    }
    try await apply(try change(1, "product.update", update(product, 200)))
    try await apply(try change(2, "product.update", update(product, 300)))

    #expect(try price(product) == 300)
    #expect(try hub.store.changeCursor().number == 2)
  }

  @Test func `what the hub had done under another number is gone past, and once only`() async throws
  {
    let product = try await hub.product(price: 100)
    try await apply(try change(1, "product.update", update(product, 200)))

    try hub.store.passed(try change(2, "product.update", update(product, 200), tag: "tag-of-1"))
    try hub.store.passed(try change(9, "product.update", update(product, 900)))

    #expect(try hub.store.changeCursor() == .init(number: 2, tag: "tag-of-1"))
  }

  @Test func `the power goes in the middle of a page, and it goes on from there`() async throws {
    let product = try await hub.product(price: 100)
    try await apply(try change(1, "product.update", update(product, 200)))
    let afterwards = try Hub(in: try hub.folder.copy())

    #expect(try afterwards.store.changeCursor() == .init(number: 1, tag: "tag-of-1"))
    #expect(try afterwards.integer("SELECT price FROM product") == 200)
  }

  @Test func `a refused change goes to the tray and the next one follows`() async throws {
    let product = try await hub.product(price: 100)

    let answer = try await apply(try change(1, "product.update", update(99, 200)))
    try await apply(try change(2, "product.update", update(product, 300)))

    #expect(answer["code"]?.text == "not_found")
    #expect(try tray() == ["not_found: There is no product 99."])
    #expect(try price(product) == 300)
    let told = try #require(try hub.told(.changeRefused).first)
    #expect(told["change"]?.integer == 1)
    #expect(told["by"]?.text == "Ana")
    #expect(told["message"]?.text == "There is no product 99.")
  }

  @Test func `an admin takes a refused change off the tray`() async throws {
    try await apply(try change(1, "product.update", update(99, 200)))

    try await hub.perform("change.dismiss", ["refusedChangeId": 1])

    #expect(try tray().isEmpty)
    #expect(try hub.told(.changeDismissed).first?["change"]?.integer == 1)
  }

  @Test func `an admin has a refused change carried out once nothing stands in its way`()
    async throws
  {
    try await apply(try change(1, "product.update", update(1, 200)))
    await #expect(throws: Refusal.self) {
      try await hub.perform("change.retry", ["refusedChangeId": 1])
    }
    #expect(try tray().count == 1)

    let product = try await hub.product(price: 100)
    #expect(product == 1)
    try await hub.perform("change.retry", ["refusedChangeId": 1])

    #expect(try price(product) == 200)
    #expect(try tray().isEmpty)
    let told = try #require(try hub.told(.changeDismissed).first)
    #expect(told["change"]?.integer == 1)
    #expect(told["carriedOut"]?.boolean == true)
  }

  @Test func `what shore may not order, and what would carry a password, no retry brings in`()
    async throws
  {
    let user: JSON = ["name": "eve", "role": "staff", "password": "long enough"]
    try await apply(try change(1, "user.create", user))
    try await apply(try change(2, "change.apply", [:]))

    for refused: JSON in [1, 2] {
      await #expect(throws: Refusal.self) {
        try await hub.perform("change.retry", ["refusedChangeId": refused])
      }
    }

    #expect(try tray().count == 2)
  }

  @Test func `a fault that does not go away ends on the tray`() async throws {
    let product = try await hub.product(price: 100)
    let fault = Refusal(.internalError, "The hub could not save the change. Its log says why.")

    try await apply(
      try change(1, "product.update", update(product, 200)), hopeless: fault)

    #expect(try tray() == ["internal_error: \(fault.message)"])
    #expect(try price(product) == 100)
    #expect(try hub.store.changeCursor().number == 1)
  }

  @Test(
    arguments: [
      ("stock.adjust", ["productId": 1, "locationId": 1, "quantity": -1]),
      ("session.end", ["sessionId": 1]),
      ("no.such", [:]),
      ("user.password", ["userId": 1, "password": "long enough words"]),
      ("user.create", ["name": "eve", "role": "admin"]),
      ("user.create", ["name": "eve", "role": "staff", "password": "long enough words"]),
      ("user.update", ["userId": 1, "active": false]),
      ("user.update", ["userId": 2, "role": "admin"]),
    ] as [(String, JSON)])
  func `shore may do what the hub allows and no more`(command: String, data: JSON) async throws {
    _ = try await hub.user("cap", .admin)
    _ = try await hub.user("mate", .staff)

    let answer = try await apply(try change(1, command, data))

    #expect(answer["code"]?.text == "forbidden")
    #expect(try hub.integer("SELECT COUNT(*) FROM user WHERE role = 'admin' AND active") == 1)
    #expect(try hub.integer("SELECT COUNT(*) FROM user") == 2)
  }

  @Test func `a hub may allow shore to manage admins`() async throws {
    let policy = ShorePolicy(mayManageAdmins: true)

    try await apply(
      try change(1, "user.create", ["name": "eve", "role": "admin"]), policy: policy)

    #expect(try hub.text("SELECT role FROM user WHERE login = 'eve'") == "admin")
  }

  @Test func `a product that the hub knows by its sku is changed, another one is added`()
    async throws
  {
    let known = try await hub.product("Impeller kit", price: 100, sku: "IMP")

    try await apply(
      try change(1, "product.put", ["sku": "IMP", "name": "Impeller kit", "price": 200]))
    try await apply(
      try change(2, "product.put", ["sku": "ZINC", "name": "Anode", "price": 300]))

    #expect(try price(known) == 200)
    #expect(try hub.integer("SELECT price FROM product WHERE sku = 'ZINC'") == 300)
    #expect(try tray().isEmpty)
  }
}
