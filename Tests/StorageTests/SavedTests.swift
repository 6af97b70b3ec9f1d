import Foundation
import GRDB
import Inventory
import Synchronization
import Testing
import Wire

@testable import Storage

/// Saved means saved.
@Suite struct SavedTests {
  @Test func `the file is written through to the disk before a commit returns`() throws {
    let hub = try Hub()

    let (journal, synchronous) = try hub.store.pool.writeWithoutTransaction { db in
      (
        try String.fetchOne(db, sql: "PRAGMA journal_mode"),
        try Int.fetchOne(db, sql: "PRAGMA synchronous")
      )
    }

    #expect(journal == "wal")
    #expect(synchronous == 2, "FULL")
  }

  @Test func `at the moment of the reply a power cut would lose nothing`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let command = try Hub.command(
      "stock.add", ["productId": .int(kit), "locationId": .int(room), "quantity": 7])

    let (outcome, wreck): (Outcome, Result<Folder, any Error>) =
      await withCheckedContinuation { continuation in
        hub.ledger.submit(Submission(command, by: .hub, operation: "once")) { outcome in
          continuation.resume(returning: (outcome, Result { try hub.folder.copy() }))
        }
      }

    guard case .done(let receipt) = outcome else { throw StoreError.corrupt("\(outcome)") }
    let after = try Hub(in: try wreck.get())
    #expect(try after.store.position() == receipt.position)
    #expect(try after.level(kit, at: room) == 7)
    let again = await after.ledger.submit(Submission(command, by: .hub, operation: "once"))
    guard case .done(let repeated) = again else { throw StoreError.corrupt("\(again)") }
    #expect(repeated == receipt)
  }

  @Test func `every reply comes after its change is there for all to read`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let command = try Hub.command(
      "stock.add", ["productId": .int(kit), "locationId": .int(room), "quantity": 1])
    let other = try DatabaseQueue(path: hub.folder.database)

    let unseen = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<100 {
        group.addTask {
          await withCheckedContinuation { continuation in
            hub.ledger.submit(Submission(command, by: .hub)) { outcome in
              guard case .done(let receipt) = outcome else {
                return continuation.resume(returning: 1)
              }
              let head = try? other.read {
                try Int64.fetchOne($0, sql: "SELECT MAX(seq) FROM event")
              }
              continuation.resume(returning: (head ?? 0) >= receipt.position.seq ? 0 : 1)
            }
          }
        }
      }
      return await group.reduce(0, +)
    }

    #expect(unseen == 0)
  }

  @Test func `the live feed sees each committed event once and in order`() async throws {
    let hub = try Hub()
    let seen = SeenEvents()
    hub.ledger.observe { seen.append($0) }
    let (kit, room) = (try await hub.product(), try await hub.location())
    let wine = try await hub.product("Wine", forbidsNegative: true)
    // Refused at its second line: the first one's event must not reach the feed.
    let refused: JSON = [
      "locationId": .int(room), "method": "cash",
      "lines": [
        ["productId": .int(kit), "quantity": 1], ["productId": .int(wine), "quantity": 1],
      ],
    ]

    try await withThrowingTaskGroup { group in
      for index in 0..<100 {
        group.addTask {
          if index % 3 == 0 {
            #expect(try await hub.refusal("sale.create", refused) != nil)
          } else {
            try await hub.adjust(kit, at: room, by: 1)
          }
        }
      }
      try await group.waitForAll()
    }
    await hub.ledger.close()

    #expect(seen.events == (try hub.events()))
  }

  @Test func `closing the ledger answers what was taken and refuses the rest`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let command = try Hub.command(
      "stock.add", ["productId": .int(kit), "locationId": .int(room), "quantity": 1])
    let answered = Atomic(0)

    for _ in 0..<300 {
      hub.ledger.submit(Submission(command, by: .hub)) { _ in
        answered.add(1, ordering: .sequentiallyConsistent)
      }
    }
    await hub.ledger.close()

    #expect(answered.load(ordering: .sequentiallyConsistent) == 300)
    #expect(try hub.level(kit, at: room) == 300)
    let refusal = try await hub.refusal("product.create", ["sku": "x", "name": "x"])
    #expect(refusal?.code == .unavailable)
    #expect(refusal?.message == "The hub is stopping. Try again shortly.")
  }

  @Test func `everything is still there after a stop and a start`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.adjust(kit, at: room, by: 5)
    let (events, position) = (try hub.events(), try hub.store.position())

    let reopened = try await hub.reopened()

    #expect(try reopened.events() == events)
    #expect(try reopened.store.position() == position)
    #expect(try reopened.level(kit, at: room) == 5)
    try await reopened.adjust(kit, at: room, by: -1)
    #expect(try reopened.head == position.seq + 1)
  }
}

private final class SeenEvents: Sendable {
  private let seen = Mutex<[Event]>([])

  var events: [Event] { seen.withLock { $0 } }

  func append(_ events: [Event]) {
    seen.withLock { $0 += events }
  }
}
