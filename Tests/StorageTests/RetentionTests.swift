import Inventory
import Testing
import Wire

@testable import Storage

struct RetentionTests {
  private static let day: Int64 = 86_400_000

  private static func retention(days: Int = 10) -> Retention {
    var retention = Retention()
    retention.days = days
    retention.newest = 2
    retention.batch = 1_000
    return retention
  }

  /// A hub with ten events, all of them safe on shore.
  private func hub(confirmed: Bool = true) async throws -> Hub {
    let hub = try Hub()
    for number in 1...10 {
      try await hub.perform("branch.create", ["name": .string("Branch \(number)")])
    }
    if confirmed {
      for lane in Lane.allCases {
        try hub.store.acknowledged(lane, through: try hub.store.position().seq, refused: [])
      }
    }
    return hub
  }

  private func oldest(_ hub: Hub) throws -> Int64 {
    try hub.store.events(after: 0, limit: 1).first?.seq ?? 0
  }

  @Test func `history older than its powered days goes, but for the newest`() async throws {
    let hub = try await hub()
    let head = try hub.store.position().seq
    #expect(try hub.ledger.forget(Self.retention(), powered: 5 * Self.day) == 0)

    let gone = try hub.ledger.forget(Self.retention(), powered: 15 * Self.day)

    #expect(gone == Int(head) - 2)
    #expect(try oldest(hub) == head - 1)
    #expect(try hub.store.verify() == [])
  }

  @Test func `what shore has not confirmed stays, however old`() async throws {
    let hub = try await hub(confirmed: false)
    _ = try hub.ledger.forget(Self.retention(), powered: 0)

    #expect(try hub.ledger.forget(Self.retention(), powered: 1_000 * Self.day) == 0)
    #expect(try oldest(hub) == 1)
  }

  @Test func `what waits for a person stays`() async throws {
    let hub = try await hub()
    try hub.store.acknowledged(
      .normal, through: 4, refused: [ShoreRefusal(seq: 4, code: "bad", message: "No.")])
    _ = try hub.ledger.forget(Self.retention(), powered: 0)

    #expect(try hub.ledger.forget(Self.retention(), powered: 1_000 * Self.day) == 3)
    #expect(try oldest(hub) == 4)
  }

  @Test func `a clock that jumps makes nothing old`() async throws {
    let hub = try await hub()
    let later = try Hub(in: hub.folder, now: 4_000_000_000_000)

    #expect(try later.ledger.forget(Self.retention(), powered: Self.day) == 0)
  }

  @Test func `a device from before what is left takes a snapshot`() async throws {
    let hub = try await hub()
    let head = try hub.store.position()
    _ = try hub.ledger.forget(Self.retention(), powered: 0)
    _ = try hub.ledger.forget(Self.retention(), powered: 15 * Self.day)

    func resumption(_ seq: Int64) throws -> Resumption {
      try hub.store.resumption(from: Position(epoch: head.epoch, seq: seq), replaying: 100)
    }
    #expect(try resumption(1) == .snapshotRequired)
    #expect(try resumption(head.seq - 1) == .replay(after: head.seq - 1))
  }

  @Test func `a database that is too large loses its oldest early, a batch at a time`() async throws
  {
    var retention = Self.retention(days: 0)
    retention.batch = 3

    let boundary = retention.boundary(head: 100, safe: 90, refused: nil, old: 0, isTooLarge: true)

    #expect(boundary == 90)
    #expect(retention.boundary(head: 100, safe: 90, refused: 40, old: 0, isTooLarge: true) == 39)
    #expect(retention.boundary(head: 100, safe: 90, refused: nil, old: 7, isTooLarge: false) == 7)
  }
}
