import GRDB
import ShoreFixtures
import Sync
import Testing

@testable import Shore

@Suite(.timeLimit(.minutes(2)))
struct KeyTests {
  let directory: TemporaryDirectory
  let store: ShoreStore
  let old: SiteKey

  init() throws {
    directory = try TemporaryDirectory()
    store = try ShoreStore(DataDirectory(directory.path), create: true)
    old = try store.addSite(.yacht, at: 1)
  }

  private func counts(_ key: SiteKey, at time: Int64) async throws -> Bool {
    try await store.key(of: .yacht, at: time) { $0.bytes == key.bytes } != nil
  }

  @Test func `the old key counts until the new one is used for the first time`() async throws {
    #expect(try await counts(old, at: 5))
    let new = try store.rotateKey(of: .yacht, at: 10, until: 1000)

    #expect(try await counts(old, at: 20))
    #expect(try store.keyStatus(of: .yacht, at: 20).map(\.state) == [.leaving, .fresh])
    #expect(try await counts(new, at: 30))
    #expect(try await !counts(old, at: 31))
    #expect(try store.keyStatus(of: .yacht, at: 31).map(\.state) == [.ended, .used])
  }

  @Test func `the old key counts no longer than it was given`() async throws {
    #expect(try await counts(old, at: 5))
    let new = try store.rotateKey(of: .yacht, at: 10, until: 1000)

    #expect(try await counts(old, at: 999))
    #expect(try await !counts(old, at: 1000))
    #expect(try await counts(new, at: 1001))
  }

  @Test func `a key that nobody used is not waited for`() async throws {
    let lost = try store.rotateKey(of: .yacht, at: 10, until: 1000)
    _ = try store.rotateKey(of: .yacht, at: 20, until: 1000)

    #expect(try await !counts(lost, at: 21))
  }

  @Test func `revoked keys end at once, and the site may get a new one`() async throws {
    let next = try store.rotateKey(of: .yacht, at: 10, until: 1000)
    try store.revokeKeys(of: .yacht, at: 20)

    #expect(try await !counts(old, at: 20))
    #expect(try await !counts(next, at: 20))
    let again = try store.rotateKey(of: .yacht, at: 30, until: 1000)
    #expect(try await counts(again, at: 31))
  }

  @Test func `a database of the first release keeps its sites' keys`() async throws {
    let folder = try TemporaryDirectory()
    let queue = try DatabaseQueue(path: folder.path + "/shore.sqlite")
    try Schema.migrator.migrate(queue, upTo: "1")
    try await queue.write { db in
      try db.execute(
        sql: "INSERT INTO site (name, key, addedAt, lastContact) VALUES ('yacht', ?, 1, 2)",
        arguments: [old.text])
    }
    try queue.close()

    let migrated = try ShoreStore(DataDirectory(folder.path), create: false)

    #expect(try await migrated.key(of: .yacht, at: 3) { $0.bytes == old.bytes } != nil)
    #expect(try migrated.keyStatus(of: .yacht, at: 3).map(\.state) == [.used])
  }

  @Test func `two shores do not serve one folder`() throws {
    let data = DataDirectory(directory.path)
    let lock = try data.lock()

    #expect(throws: ShoreError.inUse(directory: directory.path)) { _ = try data.lock() }
    withExtendedLifetime(lock) {}
  }

  @Test func `wrong keys are turned away unread after a while, by address and site`() throws {
    let doorkeeper = Doorkeeper()
    for _ in 0..<20 { doorkeeper.wrongKey("10.0.0.9", "yacht", now: 5) }

    let problem = #expect(throws: Problem.self) {
      try doorkeeper.check("10.0.0.9", "yacht", now: 20_000)
    }
    #expect(problem?.code == .busy)
    #expect(problem?.retryAfter == 40)
    try doorkeeper.check("10.0.0.9", "dinghy", now: 20_000)
    try doorkeeper.check("10.0.0.8", "yacht", now: 20_000)
    try doorkeeper.check("10.0.0.9", "yacht", now: 60_000)
  }

  @Test func `a site that sends too much, or too many at once, is asked to wait`() async throws {
    var limits = SiteLimits()
    limits.bytesPerMinute = 100
    limits.concurrent = 1
    let doorkeeper = Doorkeeper(limits)

    _ = try await doorkeeper.admit(.yacht, bytes: 90, now: 0) {
      await #expect(throws: Problem.self) {
        _ = try await doorkeeper.admit(.yacht, bytes: 5, now: 0) {}
      }
    }
    await #expect(throws: Problem.self) {
      _ = try await doorkeeper.admit(.yacht, bytes: 11, now: 0) {}
    }
    try await doorkeeper.admit(.yacht, bytes: 10, now: 0) {}
    try await doorkeeper.admit(.yacht, bytes: 500, now: 60_000) {}
  }

  @Test func `over the wire a wrong key ends in 429, and zstd is offered and read`() async throws {
    let batch = Batch.sample(1...100)
    let packed = try batch.body(.zstd(level: 3))

    let (refusals, accepted) = try await withShore(store) { [old] shore in
      let accepted = try await Post.batch(
        packed, to: shore, key: old, headers: ["Content-Encoding": "zstd"])
      var refusals: [Received] = []
      for _ in 0..<21 {
        refusals.append(try await Post.batch(batch, to: shore, key: SiteKey()))
      }
      return (refusals, accepted)
    }

    #expect(accepted.status == 200)
    #expect(accepted.headers["accept-encoding"] == "zstd, gzip")
    #expect(try store.exported == batch.exported(epoch: "e1"))
    #expect(refusals.map(\.status) == [Int](repeating: 401, count: 20) + [429])
    #expect(refusals.last?.headers["retry-after"].flatMap { Int($0) } != nil)
  }

  @Test func `an event that comes again whole is refused no longer`() async throws {
    var poisoned = try Batch.sample(1...3).received
    poisoned.events.remove(at: 1)
    poisoned.refused = [EventRefusal(seq: 2, code: .badData, message: "No object.")]
    _ = try await store.receive(poisoned, from: .yacht, at: 2)

    let again = try await store.receive(try Batch.sample(2...2).received, from: .yacht, at: 3)

    #expect(again == .accepted(refused: []))
    #expect(try store.status().first?.refused == 0)
    #expect(try store.exported == Batch.sample(1...3).exported(epoch: "e1"))
  }
}
