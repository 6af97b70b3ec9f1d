import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct GroupCommitTests {
  @Test func `many at once are all answered and the log has no gap`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let before = try hub.head

    let seqs = try await withThrowingTaskGroup(of: Int64.self) { group in
      for _ in 0..<1000 {
        group.addTask {
          try await hub.submit(
            "stock.add", ["productId": .int(kit), "locationId": .int(room), "quantity": 1]
          ).position.seq
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }

    // The first also tells that the product is in stock.
    #expect(Set(seqs).count == 1000)
    #expect(try hub.level(kit, at: room) == 1000)
    #expect(try hub.head == before + 1001)
    #expect(try hub.events().map(\.seq) == Array(1...(try hub.head)))
  }

  @Test func `the bad ones among many fail alone and leave no trace`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(forbidsNegative: true)
    let (rope, room) = (try await hub.product("Rope"), try await hub.location())
    func line(_ product: Int64, _ quantity: Int64) -> JSON {
      ["productId": .int(product), "locationId": .int(room), "quantity": .int(quantity)]
    }
    let bad: [(command: String, data: JSON, code: Refusal.Code)] = [
      ("stock.add", line(999, 1), .notFound),
      ("stock.remove", line(kit, 5000), .insufficientStock),
      ("product.create", ["sku": "Rope", "name": "Twice"], .duplicate),
      // Fails at its second line, with the first one's event appended already.
      (
        "sale.create",
        [
          "locationId": .int(room), "method": "cash", "lines": [line(rope, 1), line(kit, 5000)],
        ], .insufficientStock
      ),
    ]

    let outcomes = try await withThrowingTaskGroup(of: (Int, Refusal?).self) { group in
      for index in 0..<300 {
        group.addTask {
          let command = index % 30 < bad.count ? bad[index % 30] : ("stock.add", line(kit, 1), nil)
          return (index, try await hub.refusal(command.0, command.1))
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }

    #expect(outcomes.count == 40)
    for (index, refusal) in outcomes { #expect(refusal.code == bad[index % 30].code) }
    #expect(try hub.level(kit, at: room) == 260)
    #expect(try hub.told(.inventoryUpdated).count == 260)
    #expect(try hub.store.verify() == [])
  }

  @Test func `a command refused half-way takes back the half it did`() async throws {
    let hub = try Hub()
    let (rope, wine) = (
      try await hub.product("Rope"), try await hub.product("Wine", forbidsNegative: true)
    )
    let room = try await hub.location()
    try await hub.adjust(rope, at: room, by: 10)
    let head = try hub.head

    let refusal = try await hub.refusal(
      "sale.create",
      [
        "locationId": .int(room), "method": "cash",
        "lines": [
          ["productId": .int(rope), "quantity": 2], ["productId": .int(wine), "quantity": 1],
        ],
      ])

    #expect(
      refusal == Refusal(.insufficientStock, "No Wine is left in Engine room.", field: "quantity"))
    #expect(try hub.level(rope, at: room) == 10)
    #expect(try hub.head == head)
    #expect(try hub.integer("SELECT COUNT(*) FROM sale") == 0)
    #expect(try hub.integer("SELECT COUNT(*) FROM sale_line") == 0)
    #expect(try hub.isStockTheSumOfMovements())
    try await hub.adjust(rope, at: room, by: 1)
    #expect(try hub.head == head + 1)
  }

  @Test func `a change of role counts for the very next command of the same commit`() async throws {
    let hub = try Hub()
    _ = try await hub.user("boss", .admin)
    let ann = try await hub.user("ann", .manager)
    let author = Author.session(try await hub.session(of: ann))
    let create = try Hub.command("product.create", ["sku": "1", "name": "1"])
    let demote = try Hub.command("user.update", ["userId": .int(ann), "role": "staff"])
    let later = try Hub.command("product.create", ["sku": "2", "name": "2"])

    async let first = hub.ledger.submit(Submission(create, by: author))
    _ = await first
    hub.ledger.submit(Submission(demote, by: .hub)) { _ in }
    let last = await hub.ledger.submit(Submission(later, by: author))

    guard case .refused(let refusal) = last else { throw StoreError.corrupt("\(last)") }
    #expect(refusal.code == .forbidden)
  }
}
