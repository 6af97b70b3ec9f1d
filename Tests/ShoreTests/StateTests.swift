import GRDB
import Inventory
@testable import Shore
import ShoreFixtures
import Sync
import Testing
import Wire

/// What every site looks like, as its log tells it.
@Suite(.timeLimit(.minutes(2)))
struct StateTests {
  let directory: TemporaryDirectory
  let store: ShoreStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try ShoreStore(DataDirectory(directory.path), create: true)
    _ = try store.addSite(.yacht, at: 1)
  }

  private func event(_ seq: Int64, _ type: EventType, _ data: JSON) -> Event {
    Event(
      seq: seq, type: type.rawValue, lane: type.lane, audience: Audience(roles: .crew),
      topics: [type.namespace.rawValue], time: 1000 + seq, data: data.encoded)
  }

  private func receive(
    _ events: [Event], after: Int64? = nil, lineage: Lineage = .sample(("e1", 1))
  ) async throws {
    for lane in Lane.allCases {
      let own = events.filter { $0.lane == lane }
      guard let first = own.first else { continue }
      let cursor = try store.status().first?.cursors[lane] ?? 0
      let batch = try #require(
        Batch(own, lane: lane, after: min(after ?? cursor, first.seq - 1), lineage: lineage))
      let receipt = try await store.receive(try batch.received, from: .yacht, at: 2)
      #expect(receipt == .accepted(refused: []))
    }
  }

  private func documents(_ kind: DocumentKind) async throws -> [JSON] {
    try await store.documents(kind, of: .yacht).map(\.data)
  }

  private func moved(_ seq: Int64, _ level: Int64, lot: String? = nil) -> Event {
    event(
      seq, .inventoryUpdated,
      .compact([
        "productId": 1, "locationId": 2, "locationStock": .int(level), "lot": .text(lot),
        "productName": "Impeller kit", "sku": "IMP", "newStock": .int(level),
      ]))
  }

  private var story: [Event] {
    [
      event(
        1, .productCreated,
        ["productId": 1, "sku": "IMP", "productName": "Impeller", "price": 100, "minimum": 5]),
      event(2, .locationCreated, ["locationId": 2, "locationName": "Engine room"]),
      moved(3, 9), event(4, .productUpdated, ["productId": 1, "changes": ["price": 200]]),
      event(
        5, .orderCreated, ["orderId": 1, "status": "pending", "total": 400, "currency": "EUR"]),
      moved(6, 4),
      event(7, .inventoryLowStock, ["productId": 1, "available": 4, "threshold": 5]),
      event(
        8, .orderStatusChanged, ["orderId": 1, "oldStatus": "pending", "newStatus": "shipped"]),
      event(9, .conflictFound, ["conflictId": 1, "words": "product <b>", "kept": "aboard"]),
      moved(10, 3, lot: "L1"),
      event(11, .changeRefused, ["change": 4, "command": "x", "message": "no", "by": "Ana"]),
    ]
  }

  @Test func `products, stock, orders, alerts and conflicts stand as the log tells them`()
    async throws
  {
    try await receive(story)

    #expect(try await documents(.product).first?["price"]?.integer == 200)
    #expect(try await documents(.stock).map { $0["quantity"]?.integer } == [4, 3])
    #expect(try await documents(.order).first?["status"]?.text == "shipped")
    #expect(try await documents(.alert).first?["alert"]?.text == "low")
    #expect(try await documents(.conflict).first?["status"]?.text == "open")
    let summary = try #require(try store.summaries().first)
    #expect(
      [summary.alerts, summary.openConflicts, summary.refusedChanges] == [1, 1, 1])
    #expect(try store.verify().isEmpty)
  }

  @Test func `what is over is gone from the picture`() async throws {
    try await receive(story)
    try await receive([
      event(12, .inventoryRestocked, ["productId": 1]),
      event(13, .conflictSettled, ["conflictId": 1, "choice": "keep", "by": "Ben"]),
      event(14, .changeDismissed, ["change": 4]), event(15, .productDeleted, ["productId": 1]),
    ])

    let summary = try #require(try store.summaries().first)
    #expect([summary.alerts, summary.openConflicts, summary.refusedChanges] == [0, 0, 0])
    #expect(try await documents(.product).isEmpty)
    #expect(try await documents(.conflict).first?["settledBy"]?.text == "Ben")
    #expect(try store.verify().isEmpty)
  }

  @Test func `a batch that comes twice changes the picture once`() async throws {
    try await receive(story)
    try await receive([moved(16, 1)])
    let before = try await documents(.stock)

    try await receive(story, after: 0)

    #expect(try await documents(.stock) == before)
    #expect(try store.verify().isEmpty)
  }

  @Test func `events that no version of shore knows, or that lack something, change nothing`()
    async throws
  {
    var odd = event(1, .productCreated, ["sku": "IMP"])
    odd.type = "future:thing"
    try await receive([
      odd, event(2, .productCreated, ["productId": "one"]), event(3, .inventoryUpdated, [:]),
      event(4, .productUpdated, ["productId": 8, "changes": ["price": 1]]),
      event(5, .productUpdated, ["productId": 8, "changes": 7]),
    ])

    #expect(try await documents(.product).isEmpty)
    #expect(try await documents(.stock).isEmpty)
    #expect(try store.verify().isEmpty)
  }

  @Test func `a site restored from an old backup looks as its new epoch tells`() async throws {
    try await receive(story)
    let restored = Lineage.sample(("e1", 1), ("e2", 6))

    try await receive([moved(6, 8)], lineage: restored)

    #expect(try await documents(.stock).map { $0["quantity"]?.integer } == [8])
    #expect(try await documents(.order).first?["status"]?.text == "pending")
    #expect(try await documents(.alert).isEmpty)
    #expect(try await documents(.conflict).isEmpty)
    #expect(try store.verify().isEmpty)
  }

  @Test func `verify finds a picture that is not what the log tells, and leaves it as it is`()
    async throws
  {
    try await receive(story)
    try store.write { try $0.execute(sql: "DELETE FROM document WHERE kind = 'alert'") }

    #expect(try store.verify() == ["yacht: alert 1 is not what the log tells"])
    #expect(try await documents(.alert).isEmpty)
  }

  @Test func `a database from before there were pictures gets them from its log`() async throws {
    try await receive(story)
    let expected = try store.read { try Documents(of: 1, $0).everything() }
    try store.close()
    let queue = try DatabaseQueue(path: directory.path + "/shore.sqlite")
    try await queue.write { db in
      for table in ["siteKey", "document", "change", "feed", "clock"] {
        try db.execute(sql: "DROP TABLE \(table)")
      }
      try db.execute(sql: "DROP INDEX event_lane; DROP INDEX event_late")
      try db.execute(sql: "ALTER TABLE event DROP COLUMN late")
      try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier <> '1'")
    }
    try queue.close()

    let migrated = try ShoreStore(DataDirectory(directory.path), create: false)

    #expect(try migrated.read { try Documents(of: 1, $0).everything() } == expected)
  }
}
