import Inventory
import Synchronization
import Testing
import Wire

@testable import Storage

@Suite struct UsageTests {
  private let admin = Identity(user: 1, name: "boss", role: .admin, session: 1)

  private func record(_ uses: [Use: Int64], on hub: Hub) async throws {
    guard case .done = await hub.ledger.submit(Submission(RecordUsage(uses), by: .hub)) else {
      Issue.record("not recorded")
      return
    }
  }

  private func listed(_ hub: Hub, _ filters: [String: PageRequest.Value] = [:]) throws -> [JSON] {
    try hub.store.page(.usage, PageRequest(filters: filters), for: admin).items
      .map { try JSON(parsing: $0) }
  }

  @Test func `what is used adds up by day, person and kind, and writes no event`() async throws {
    let hub = try Hub()
    let ana = try await hub.user("ana", .staff)
    let head = try hub.head

    try await record(
      [Use(user: ana, kind: "stock.add"): 2, Use(user: nil, kind: "ping"): 1], on: hub)
    try await record([Use(user: ana, kind: "stock.add"): 3], on: hub)

    #expect(try hub.head == head)
    let rows = try listed(hub)
    #expect(rows.count == 2)
    #expect(
      try listed(hub, ["kind": .text("stock.add")]).map {
        [$0["day"], $0["userName"], $0["count"]]
      }
        == [["2025-12-01", "ana", 5]])
    #expect(try listed(hub, ["userId": .integer(0)]).map { $0["kind"] } == ["ping"])
    #expect(try listed(hub, ["since": .text("2025-12-02")]).isEmpty)
    #expect(try listed(hub, ["day": .text("2025-12-01")]).count == 2)
    #expect(Listing.usage.readers == .admins)
  }

  @Test func `the oldest written day goes first, whatever its date`() async throws {
    let time = Mutex<Int64>(4_000_000_000_000)
    let folder = try Folder()
    let hub = try Hub(in: folder, clock: { time.withLock { $0 } })
    let use = Use(user: nil, kind: "ping")

    // A clock that ran ahead once, and was then put right.
    try await record([use: 1], on: hub)
    for day in 0..<RecordUsage.keptDays {
      time.withLock { $0 = 1_764_547_200_000 + day * 86_400_000 }
      try await record([use: 1], on: hub)
    }

    #expect(try hub.integer("SELECT COUNT(*) FROM usage") == RecordUsage.keptDays)
    #expect(try hub.text("SELECT MAX(day) FROM usage")?.hasPrefix("2027") == true)
  }
}
