import Inventory
import Testing
import Wire

@testable import Storage

/// Both sides edit one field.
extension WayDownTests {
  private func aboard(_ product: Int64, _ price: Int64) async throws {
    let author = try await hub.signedIn(.manager, name: "Ben")
    try await hub.perform("product.update", update(product, price), by: author)
  }

  private func conflicts() throws -> [JSON] { try hub.told(.conflictFound) }

  @Test
  func `an edit made by someone who had seen the other is no conflict, whatever the clocks say`()
    async throws
  {
    let product = try await hub.product(price: 100)
    try await aboard(product, 1350)

    try await apply(
      try change(1, "product.update", update(product, 1290), time: 5), sent: Self.now)

    #expect(try price(product) == 1290)
    #expect(try conflicts().isEmpty)
  }

  @Test func `the later of two edits stands and the other one is kept for a person`() async throws {
    let product = try await hub.product("Impeller kit", price: 100)
    let seen = try hub.head
    try await aboard(product, 1350)

    // Made ten minutes before it was sent, so before the edit aboard.
    try await apply(
      try change(
        1, "product.update", update(product, 1290), time: Self.now - 600_000, seen: seen))

    #expect(try price(product) == 1350)
    let conflict = try #require(try conflicts().first)
    #expect(conflict["kept"]?.text == "aboard")
    #expect(
      conflict["words"]?.text == "product Impeller kit: price: ashore 12.90 EUR by Ana, "
        + "aboard 13.50 EUR by Ben; the one made aboard stands")
    #expect(try hub.text("SELECT status FROM conflict") == "open")
  }

  @Test func `the edit made ashore stands where it is the later one`() async throws {
    let product = try await hub.product(price: 100)
    let seen = try hub.head
    try await aboard(product, 1350)

    try await apply(
      try change(1, "product.update", update(product, 1290), time: Self.now, seen: seen))

    #expect(try price(product) == 1290)
    #expect(try conflicts().first?["kept"]?.text == "ashore")
    #expect(try conflicts().first?["aboard"]?.integer == 1350)
  }

  @Test func `a shore whose clock runs years ahead wins nothing by it`() async throws {
    let product = try await hub.product(price: 100)
    let seen = try hub.head
    try await aboard(product, 1350)
    let ahead: Int64 = 10 * 365 * 86_400_000

    try await apply(
      try change(
        1, "product.update", update(product, 1290), time: Self.now + ahead - 600_000, seen: seen),
      sent: Self.now + ahead)

    #expect(try price(product) == 1350)
  }

  @Test func `only the field in question is held back`() async throws {
    let product = try await hub.product("Impeller kit", price: 100)
    let seen = try hub.head
    try await aboard(product, 1350)

    try await apply(
      try change(
        1, "product.update",
        ["productId": .int(product), "price": 1290, "category": "Engine", "minimum": 2],
        time: Self.now - 600_000, seen: seen))

    #expect(try price(product) == 1350)
    #expect(try hub.text("SELECT category FROM product") == "Engine")
    #expect(try hub.integer("SELECT minimum FROM product") == 2)
    #expect(try conflicts().count == 1)
  }

  @Test func `both sides say the same, and nobody is asked`() async throws {
    let product = try await hub.product(price: 100)
    let seen = try hub.head
    try await aboard(product, 1350)
    let head = try hub.head

    try await apply(try change(1, "product.update", update(product, 1350), seen: seen))

    #expect(try hub.head == head)
    #expect(try conflicts().isEmpty)
  }

  @Test func `shore's own edits follow each other without a conflict`() async throws {
    let product = try await hub.product(price: 100)
    let seen = try hub.head
    for (number, price) in [(1, 200), (2, 300), (3, 250)] as [(Int64, Int64)] {
      try await apply(
        try change(number, "product.update", update(product, price), seen: seen))
    }

    #expect(try price(product) == 250)
    #expect(try conflicts().isEmpty)
  }

  @Test func `what shore saw of a lineage that was cut off counts as far as it goes`() async throws
  {
    let product = try await hub.product(price: 100)
    try await aboard(product, 1350)
    var change = try change(
      1, "product.update", update(product, 1290), time: Self.now - 600_000, seen: 1000)
    change.seen.epoch = "an epoch of some other hub"

    try await apply(change)

    #expect(try price(product) == 1350)
    #expect(try conflicts().count == 1)
  }

  @Test(arguments: [
    ("location.update", "locationId", "name", "Lazarette", "Forepeak"),
    ("customer.update", "customerId", "phone", "111", "222"),
    ("user.update", "userId", "displayName", "Benjamin", "Benny"),
    ("order.update", "orderId", "note", "by noon", "by night"),
  ])
  func `all master data merges by field`(
    command: String, id: String, field: String, aboard: String, ashore: String
  ) async throws {
    _ = try await hub.location()
    _ = try await hub.user("mate", .staff)
    let product = try await hub.product(price: 100)
    try await hub.perform("customer.create", ["name": "Ms Rey"])
    try await hub.perform(
      "order.create", ["lines": [["productId": .int(product), "quantity": 1]]])
    let seen = try hub.head
    let edit = { (text: String) -> JSON in
      .object(JSON.Members([(id, 1), (field, .string(text))]))
    }
    try await hub.perform(command, edit(aboard))

    try await apply(
      try change(1, command, edit(ashore), time: Self.now - 600_000, seen: seen))

    let conflict = try #require(try conflicts().first)
    #expect(conflict["field"]?.text == field)
    #expect(conflict["aboard"]?.text == aboard)
    #expect(conflict["ashore"]?.text == ashore)
    #expect(conflict["kept"]?.text == "aboard")
  }
}

/// A person decides.
extension WayDownTests {
  /// A conflict over a product's price: 13.50 aboard stands against 12.90 ashore.
  private func conflict() async throws -> Int64 {
    let product = try await hub.product(price: 100)
    let seen = try hub.head
    try await aboard(product, 1350)
    try await apply(
      try change(
        1, "product.update", update(product, 1290), time: Self.now - 600_000, seen: seen))
    return product
  }

  @Test(
    arguments: [
      (["conflictId": 1, "choice": "keep"], 1350), (["conflictId": 1, "choice": "other"], 1290),
      (["conflictId": 1, "choice": "custom", "value": "1300"], 1300),
    ] as [(JSON, Int64)])
  func `a conflict is settled aboard`(decision: JSON, stands: Int64) async throws {
    let product = try await conflict()

    try await hub.perform("conflict.settle", decision)

    #expect(try price(product) == stands)
    #expect(try hub.text("SELECT status FROM conflict") == "settled")
    #expect(try hub.told(.conflictSettled).first?["value"]?.integer == stands)
  }

  @Test func `a conflict is settled ashore, and the hub says who did it`() async throws {
    let product = try await conflict()

    try await apply(
      try change(2, "conflict.settle", ["conflictId": 1, "choice": "other"], by: "Cleo"))

    #expect(try price(product) == 1290)
    #expect(try hub.told(.conflictSettled).first?["by"]?.text == "Cleo (ashore)")
  }

  @Test(
    arguments: [
      (["conflictId": 9, "choice": "keep"], .notFound),
      (["conflictId": 1, "choice": "custom"], .invalidField),
      (["conflictId": 1, "choice": "custom", "value": "cheap"], .invalidField),
      (["conflictId": 1, "choice": "custom", "value": "-5"], .invalidField),
    ] as [(JSON, Refusal.Code)])
  func `a decision that makes no sense is refused`(decision: JSON, code: Refusal.Code) async throws
  {
    _ = try await conflict()

    #expect(try await hub.refusal("conflict.settle", decision)?.code == code)
    #expect(try hub.text("SELECT status FROM conflict") == "open")
  }

  @Test func `a conflict is settled once`() async throws {
    _ = try await conflict()
    try await hub.perform("conflict.settle", ["conflictId": 1, "choice": "keep"])

    let again = try await hub.refusal("conflict.settle", ["conflictId": 1, "choice": "other"])

    #expect(again?.code == .wrongState)
  }

  @Test func `the crew's managers see conflicts and refused changes`() async throws {
    _ = try await conflict()
    try await apply(try change(2, "product.update", update(99, 1)))
    let manager = try await hub.user("boss", .manager)
    let session = try await hub.session(of: manager)
    let identity = try #require(try hub.store.identity(session: session))

    let conflicts = try hub.store.page(
      try #require(Listing.named("conflicts")), PageRequest(), for: identity)
    let refused = try hub.store.page(
      try #require(Listing.named("refused-changes")), PageRequest(), for: identity)

    #expect(try JSON(parsing: try #require(conflicts.items.first))["aboard"]?.integer == 1350)
    #expect(try JSON(parsing: try #require(refused.items.first))["change"]?.integer == 2)
  }
}
