import Foundation
import Inventory
import Testing
import Wire

@testable import Storage

/// No silent gap: a device that returns gets one of three plain answers.
@Suite struct ResumptionTests {
  private func noise(_ hub: Hub, _ count: Int) async throws {
    for _ in 0..<count {
      try await hub.perform("notification.send", ["title": "t", "message": "m"])
    }
  }

  @Test func `a device hears that it missed nothing, what it missed, or to start afresh`()
    async throws
  {
    let hub = try Hub()
    try await noise(hub, 10)
    let epoch = try hub.store.position().epoch
    func answer(_ seq: Int64, limit: Int64 = 100) throws -> Resumption {
      try hub.store.resumption(from: Position(epoch: epoch, seq: seq), replaying: limit)
    }

    #expect(try answer(10) == .nothingMissed)
    #expect(try answer(9) == .replay(after: 9))
    #expect(try answer(0) == .replay(after: 0))
    #expect(try answer(7, limit: 3) == .replay(after: 7))
    #expect(try answer(6, limit: 3) == .snapshotRequired)
    #expect(try answer(10, limit: 0) == .nothingMissed)
    #expect(try answer(11) == .snapshotRequired, "a seq that never was")
    #expect(try answer(.max) == .snapshotRequired)
    #expect(try answer(-1) == .snapshotRequired)
    #expect(try answer(.min) == .snapshotRequired)
  }

  @Test func `an unknown epoch starts afresh`() async throws {
    let hub = try Hub()
    try await noise(hub, 3)

    for epoch in ["", "another"] {
      let answer = try hub.store.resumption(from: Position(epoch: epoch, seq: 3), replaying: 100)
      #expect(answer == .snapshotRequired)
    }
  }

  @Test func `a new hub has an epoch and no events, and both last`() async throws {
    let hub = try Hub()
    let position = try hub.store.position()

    #expect(position.seq == 0)
    #expect(position.epoch.count == 20)
    #expect(try hub.store.resumption(from: position, replaying: 10) == .nothingMissed)
    #expect(try await hub.reopened().store.position() == position)
    #expect(try Hub().store.position().epoch != position.epoch)
  }

  @Test func `what was pruned from the log cannot be replayed`() async throws {
    let hub = try Hub()
    try await noise(hub, 10)
    try await hub.execute("DELETE FROM event WHERE seq <= 4")
    let epoch = try hub.store.position().epoch
    func answer(_ seq: Int64) throws -> Resumption {
      try hub.store.resumption(from: Position(epoch: epoch, seq: seq), replaying: 100)
    }

    #expect(try answer(4) == .replay(after: 4))
    #expect(try answer(3) == .snapshotRequired)
  }

  @Test func `replay yields every event after the position, in order, in pages`() async throws {
    let hub = try Hub()
    try await noise(hub, 10)

    let first = try hub.store.events(after: 4, limit: 3)
    let rest = try hub.store.events(after: 7, limit: 100)

    #expect((first + rest).map(\.seq) == [5, 6, 7, 8, 9, 10])
    #expect(try hub.store.events(after: 10, limit: 5).isEmpty)
  }

  @Test func `a page takes as many bytes as it may, or one event that is larger`() async throws {
    let hub = try Hub()
    try await noise(hub, 10)
    let sizes = try hub.store.events(after: 0, limit: 10).map { $0.data.utf8.count + 512 }

    let three = sizes[0..<3].reduce(0, +)
    #expect(try hub.store.events(after: 0, limit: 10, bytes: three).map(\.seq) == [1, 2, 3])
    #expect(try hub.store.events(after: 0, limit: 10, bytes: three - 1).map(\.seq) == [1, 2])
    #expect(try hub.store.events(after: 5, limit: 10, bytes: 1).map(\.seq) == [6])
  }

  @Test func `after a restore older positions count up to where the lineage was cut`() async throws
  {
    let hub = try Hub()
    try await noise(hub, 5)
    let old = try hub.store.position().epoch
    let backup = hub.folder.path + "/backup.sqlite"
    try hub.store.backup(to: backup)
    try await noise(hub, 5)
    await hub.ledger.close()
    try hub.store.close()

    let restored = try Store.restore(backup, into: hub.folder.path)
    let after = try Hub(in: hub.folder)
    func answer(_ epoch: String, _ seq: Int64) throws -> Resumption {
      try after.store.resumption(from: Position(epoch: epoch, seq: seq), replaying: 100)
    }

    #expect(restored.seq == 6)
    #expect(try after.store.position() == restored)
    #expect(
      try after.store.lineage() == [
        Epoch(name: old, firstSeq: 1), Epoch(name: restored.epoch, firstSeq: 6),
      ])
    #expect(try answer(old, 3) == .replay(after: 3))
    #expect(try answer(old, 5) == .replay(after: 5), "the new epoch's first event is news")
    #expect(try answer(old, 6) == .snapshotRequired, "what it saw is gone")
    #expect(try answer(old, 10) == .snapshotRequired)
    #expect(try answer(restored.epoch, 6) == .nothingMissed)
    #expect(try answer(restored.epoch, 5) == .replay(after: 5))
    #expect(try answer(restored.epoch, 4) == .snapshotRequired, "it was never in this epoch")
    try await noise(after, 1)
    #expect(try after.head == 7)
  }

  @Test func `a session begun after the backup is nobody's after the restore`() async throws {
    let hub = try Hub()
    let ana = try await hub.user("ana", .staff)
    let backup = hub.folder.path + "/backup.sqlite"
    try hub.store.backup(to: backup)
    let lost = try await hub.session(of: ana)
    await hub.ledger.close()
    try hub.store.close()

    _ = try Store.restore(backup, into: hub.folder.path)
    let restored = try Hub(in: hub.folder)
    let fresh = try await restored.session(of: ana)

    #expect(try restored.store.identity(session: lost) == nil)
    #expect(fresh > lost + 1 << 32)
    #expect(try restored.store.identity(session: fresh)?.user == ana)
  }

  @Test func `a receipt repeated after a restore names the epoch in which it was given`()
    async throws
  {
    let hub = try Hub()
    let data: JSON = ["title": "t", "message": "m"]
    let receipt = try await hub.submit("notification.send", data, operation: "1")
    let backup = hub.folder.path + "/backup.sqlite"
    try hub.store.backup(to: backup)
    await hub.ledger.close()
    try hub.store.close()

    _ = try Store.restore(backup, into: hub.folder.path)

    let again = try await Hub(in: hub.folder).submit("notification.send", data, operation: "1")
    #expect(again == receipt)
  }

  @Test func `even the backup of a hub without events can be restored, twice`() async throws {
    let hub = try Hub()
    let backup = hub.folder.path + "/backup.sqlite"
    try hub.store.backup(to: backup)
    await hub.ledger.close()
    try hub.store.close()

    let first = try Store.restore(backup, into: hub.folder.path)
    let second = try Store.restore(backup, into: hub.folder.path)

    #expect(first.seq == 1)
    #expect(second.seq == 1)
    #expect(first.epoch != second.epoch)
    #expect(try Hub(in: hub.folder).store.position() == second)
  }
}
