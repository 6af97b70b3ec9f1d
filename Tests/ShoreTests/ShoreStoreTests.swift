import GRDB
import Inventory
@testable import Shore
import ShoreFixtures
import Sync
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ShoreStoreTests {
  let directory: TemporaryDirectory
  let store: ShoreStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try ShoreStore(DataDirectory(directory.path), create: true)
    _ = try store.addSite(.yacht, at: 1)
  }

  @Test func `a batch that comes twice is held once`() async throws {
    let batch = try Batch.sample(1...100).received

    let receipts = [
      try await store.receive(batch, from: .yacht, at: 2),
      try await store.receive(batch, from: .yacht, at: 3),
    ]

    #expect(receipts == [.accepted(refused: []), .accepted(refused: [])])
    #expect(try store.exported == Batch.sample(1...100).exported(epoch: "e1"))
    #expect(try store.status().first?.cursors == [.first: 0, .normal: 100, .bulk: 0])
  }

  @Test func `batches that overlap are held once`() async throws {
    _ = try await store.receive(try Batch.sample(1...60).received, from: .yacht, at: 2)
    _ = try await store.receive(try Batch.sample(41...100).received, from: .yacht, at: 2)

    #expect(try store.exported == Batch.sample(1...100).exported(epoch: "e1"))
  }

  @Test func `a gap is told and nothing is taken`() async throws {
    _ = try await store.receive(try Batch.sample(1...10).received, from: .yacht, at: 2)

    let receipt = try await store.receive(
      try Batch.sample(12...20).received, from: .yacht, at: 2)

    #expect(receipt == .gap(through: 10))
    #expect(try store.status().first?.events == 10)
  }

  @Test func `each lane has its own cursor`() async throws {
    _ = try await store.receive(
      try Batch.sample(50...60, lane: .first, after: 0).received, from: .yacht, at: 2)
    _ = try await store.receive(
      try Batch.sample(1...10, lane: .bulk).received, from: .yacht, at: 2)

    let status = try #require(try store.status().first)

    #expect(status.cursors == [.first: 60, .normal: 0, .bulk: 10])
    #expect(status.lastContact == 2)
    #expect(status.epoch == "e1")
  }

  @Test func `a restored hub goes on in a new epoch, the orphaned events stay out of sight`()
    async throws
  {
    let restored = Lineage.sample(("e1", 1), ("e2", 151))
    _ = try await store.receive(try Batch.sample(1...200).received, from: .yacht, at: 2)

    let early = try await store.receive(
      try Batch.sample(161...170, lineage: restored).received, from: .yacht, at: 3)
    let again = try await store.receive(
      try Batch.sample(151...160, lineage: restored).received, from: .yacht, at: 3)

    #expect(early == .gap(through: 150))
    #expect(again == .accepted(refused: []))
    #expect(
      try store.exported == Batch.sample(1...150).exported(epoch: "e1")
        + Batch.sample(151...160).exported(epoch: "e2"))
    #expect(try store.status().first?.events == 160)
    #expect(try count("SELECT count(*) FROM event") == 210)
  }

  @Test func `a hub restored twice from one backup finds its old epoch's events again`()
    async throws
  {
    let first = Lineage.sample(("e1", 1), ("e2", 151))
    let second = Lineage.sample(("e1", 1), ("e3", 181))
    _ = try await store.receive(try Batch.sample(1...200).received, from: .yacht, at: 2)
    _ = try await store.receive(
      try Batch.sample(151...160, lineage: first).received, from: .yacht, at: 2)

    let gap = try await store.receive(
      try Batch.sample(181...185, lineage: second).received, from: .yacht, at: 3)
    _ = try await store.receive(
      try Batch.sample(151...180, lineage: second).received, from: .yacht, at: 3)
    _ = try await store.receive(
      try Batch.sample(181...185, lineage: second).received, from: .yacht, at: 3)

    #expect(gap == .gap(through: 150))
    #expect(
      try store.exported == Batch.sample(1...180).exported(epoch: "e1")
        + Batch.sample(181...185).exported(epoch: "e3"))
  }

  @Test func `another hub under the same name is turned away`() async throws {
    _ = try await store.receive(try Batch.sample(1...10).received, from: .yacht, at: 2)

    let receipt = try await store.receive(
      try Batch.sample(1...5, lineage: .sample(("x1", 1))).received, from: .yacht, at: 3)

    #expect(receipt == .stranger)
    #expect(try store.exported == Batch.sample(1...10).exported(epoch: "e1"))
  }

  @Test func `another event under a seq that is taken is refused, never written over`()
    async throws
  {
    _ = try await store.receive(try Batch.sample(1...3).received, from: .yacht, at: 2)
    let other = try #require(
      Batch(
        [.sample(2, data: #"{"other":true}"#), .sample(3), .sample(4)], lane: .normal, after: 1,
        lineage: .sample(("e1", 1))))

    let receipt = try await store.receive(try other.received, from: .yacht, at: 3)

    guard case .accepted(let refused) = receipt else { Issue.record("\(receipt)"); return }
    #expect(refused.map(\.seq) == [2])
    #expect(refused.map(\.code) == ["diverged"])
    #expect(try store.exported == Batch.sample(1...4).exported(epoch: "e1"))
  }

  @Test func `a refusal is told again as long as the batch comes again`() async throws {
    var poisoned = try Batch.sample(1...3).received
    poisoned.events.remove(at: 1)
    poisoned.refused = [EventRefusal(seq: 2, code: .badData, message: "No object.")]

    let first = try await store.receive(poisoned, from: .yacht, at: 2)
    let second = try await store.receive(poisoned, from: .yacht, at: 2)

    #expect(first == .accepted(refused: poisoned.refused))
    #expect(second == first)
    #expect(try store.status().first?.refused == 1)
    #expect(try store.status().first?.cursors[.normal] == 3)
  }

  @Test func `batches of one site that come together follow each other`() async throws {
    let batches = try (0..<20).map { try Batch.sample(($0 * 10 + 1)...($0 * 10 + 10)).received }

    try await withThrowingTaskGroup(of: Void.self) { group in
      for batch in batches {
        group.addTask {
          while try await store.receive(batch, from: .yacht, at: 2) != .accepted(refused: []) {
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }

    #expect(try store.exported == Batch.sample(1...200).exported(epoch: "e1"))
  }

  @Test func `a commit is on the disk before it is told`() throws {
    let synchronous = try store.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") }

    // FULL (sqlite.org/pragma.html#pragma_synchronous), on the connection that writes.
    #expect(synchronous == 2)
  }

  @Test func `a newer database is refused in one sentence`() throws {
    try store.close()
    let queue = try DatabaseQueue(path: directory.path + "/shore.sqlite")
    try queue.write { db in
      try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('999')")
    }
    try queue.close()

    let error = #expect(throws: ShoreError.self) {
      try ShoreStore(DataDirectory(directory.path), create: false)
    }

    #expect(error == .newerDatabase(path: directory.path + "/shore.sqlite"))
  }

  @Test func `nobody else may read the database or the token`() throws {
    _ = try OperatorToken.load(in: DataDirectory(directory.path))

    #expect(try directory.permissions(of: "shore.sqlite") == 0o600)
    #expect(try directory.permissions(of: "operator-token") == 0o600)
  }

  @Test func `the operator's token is shown once and stays the same`() throws {
    let first = try OperatorToken.load(in: DataDirectory(directory.path))
    let second = try OperatorToken.load(in: DataDirectory(directory.path))
    let text = try #require(first.fresh)

    #expect(second.fresh == nil)
    #expect(second.token.admits("Bearer \(text)"))
    #expect(!second.token.admits("Bearer \(text)x"))
    #expect(!second.token.admits(nil))
  }

  @Test func `a missing, a foreign and an unwritable place are told apart`() throws {
    let empty = try TemporaryDirectory()
    let foreign = try TemporaryDirectory()
    try foreign.write("no database at all, however long it may be", to: "shore.sqlite")

    #expect(throws: ShoreError.noDatabase(directory: empty.path)) {
      try ShoreStore(DataDirectory(empty.path), create: false)
    }
    #expect(throws: ShoreError.notADatabase(path: foreign.path + "/shore.sqlite")) {
      try ShoreStore(DataDirectory(foreign.path), create: true)
    }
    #expect(throws: ShoreError.self) {
      try ShoreStore(DataDirectory("/proc/quartermaster"), create: true)
    }
  }

  @Test func `a site is entered once`() throws {
    #expect(throws: ShoreError.siteExists(.yacht)) { try store.addSite(.yacht, at: 2) }
    #expect(try store.siteNames() == [.yacht])
  }

  private func count(_ sql: String) throws -> Int64? {
    try store.close()
    let queue = try DatabaseQueue(path: directory.path + "/shore.sqlite")
    return try queue.read { try Int64.fetchOne($0, sql: sql) }
  }
}
