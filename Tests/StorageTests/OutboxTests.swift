import GRDB
import Inventory
import Testing
import Wire

@testable import Storage

/// Nothing leaves the outbox before shore has confirmed it.
@Suite struct OutboxTests {
  let hub: Hub
  let kit: Int64
  let room: Int64

  /// Six events: an alert, the fourth, in the first lane; a sign-in, the last, in the bulk.
  init() async throws {
    hub = try Hub()
    kit = try await hub.product()
    room = try await hub.location()
    try await hub.adjust(kit, at: room, by: 10)
    let user = try await hub.user("ann", .staff)
    _ = try await hub.session(of: user)
  }

  private func waiting(_ lane: Lane, after seq: Int64? = nil, limit: Int = 100) throws -> [Int64] {
    let cursor = try seq ?? hub.store.shoreCursor(lane)
    return try hub.store.outbox(lane: lane, after: cursor, limit: limit).map(\.seq)
  }

  @Test func `each event waits in one lane, in order`() throws {
    #expect(try waiting(.first) == [4])
    #expect(try waiting(.normal) == [1, 2, 3, 5])
    #expect(try waiting(.bulk) == [6])
    #expect(try waiting(.normal, limit: 2) == [1, 2])
    #expect(try hub.store.backlog() == [.first: 1, .normal: 4, .bulk: 1])
  }

  @Test func `a lane's cursor moves by what shore confirms and never backwards by that`() throws {
    try hub.store.acknowledged(.normal, through: 3, refused: [])
    try hub.store.acknowledged(.normal, through: 2, refused: [])

    #expect(try waiting(.normal) == [5])
    #expect(try hub.store.shoreCursors() == [.first: 0, .normal: 3, .bulk: 0])
    #expect(try hub.store.backlog() == [.first: 1, .normal: 1, .bulk: 1])
  }

  @Test func `what shore says over the link waits for no disk, and the crew's commits do as ever`()
    throws
  {
    try hub.store.acknowledged(
      .normal, through: 3, refused: [ShoreRefusal(seq: 2, code: "bad_data", message: "No.")],
      spending: (bytes: 100, hour: 1))
    #expect(try hub.store.shoreCursor(.normal) == 3)
    #expect(try hub.store.shoreRefusalCount() == 1)
    let synchronous = {
      try hub.store.pool.writeWithoutTransaction { db in
        try Int.fetchOne(db, sql: "PRAGMA synchronous")
      }
    }
    #expect(try synchronous() == 2, "FULL")

    // One that fails leaves nothing behind either.
    #expect(throws: StoreError.self) {
      try hub.store.write(flushing: false) { db in
        try db.execute(sql: "DELETE FROM shore_refusal")
        throw DatabaseError(resultCode: .SQLITE_FULL)
      }
    }
    #expect(try hub.store.shoreRefusalCount() == 1)
    #expect(try synchronous() == 2, "FULL")
  }

  @Test func `what is safe on shore is what every lane has passed`() throws {
    func safe() throws -> Int64 { try hub.store.safeOnShore() }
    #expect(try safe() == 0)
    try hub.store.acknowledged(.normal, through: 3, refused: [])
    #expect(try safe() == 3)
    try hub.store.acknowledged(.normal, through: 5, refused: [])
    #expect(try safe() == 3)
    try hub.store.acknowledged(.first, through: 4, refused: [])
    #expect(try safe() == 5)
    try hub.store.acknowledged(.bulk, through: 6, refused: [])
    #expect(try safe() == 6)
  }

  @Test func `shore cannot confirm what has not happened yet`() async throws {
    try hub.store.acknowledged(.normal, through: 1_000_000, refused: [])

    try await hub.adjust(kit, at: room, by: 1)

    #expect(try waiting(.normal) == [7])
  }

  @Test func `a shore that lost something is sent it again`() throws {
    try hub.store.acknowledged(.normal, through: 5, refused: [])

    try hub.store.rewound(.normal, to: 2)

    #expect(try waiting(.normal) == [3, 5])
  }

  @Test func `what shore refuses goes to the tray and the queue goes on`() async throws {
    let refusal = ShoreRefusal(seq: 3, code: "unknown_product", message: "No such product.")

    try hub.store.acknowledged(.normal, through: 5, refused: [refusal])
    try hub.store.acknowledged(.normal, through: 5, refused: [refusal])

    #expect(try hub.store.shoreRefusalCount() == 1)
    #expect(try waiting(.normal) == [])
    let tray = try #require(Listing.named("needs-a-person"))
    let admin = Identity(user: 1, name: "a", role: .admin, session: 1)
    let items = try hub.store.page(tray, PageRequest(), for: admin).items
    #expect(try items.map { try JSON(parsing: $0)["message"] } == ["No such product."])
  }

  @Test func `cursors and tray survive a restart`() async throws {
    try hub.store.acknowledged(
      .first, through: 4, refused: [ShoreRefusal(seq: 4, code: "c", message: "m")])

    let reopened = try await hub.reopened()

    #expect(try reopened.store.shoreCursor(.first) == 4)
    #expect(try reopened.store.shoreRefusalCount() == 1)
  }
}
