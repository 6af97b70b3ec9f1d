import GRDB
import Inventory
import Logging
import NIOPosix
import Shore
import ShoreFixtures
import Storage
import Sync
import Synchronization
import Uplink
import Wire

/// A hub's own database with a log as the test wants it, and the uplink on it.
final class Hub: Sendable {
  let directory: TemporaryDirectory
  let store: Store
  let linkNews = Mutex<[Links.Change]>([])
  private let moves: AsyncStream<[Lane: Int64]>
  private let continuation: AsyncStream<[Lane: Int64]>.Continuation

  init() throws {
    directory = try TemporaryDirectory()
    store = try Store(directory: directory.path)
    (moves, continuation) = AsyncStream.makeStream()
    try sql("DELETE FROM event")
    try sql("DELETE FROM epoch")
    try start(epoch: "e1", at: 1)
  }

  /// Writes straight into the tables, as no command would: the log may hold anything.
  func sql(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
    let queue = try DatabaseQueue(path: store.path, configuration: Self.patient)
    try queue.write { try $0.execute(sql: sql, arguments: arguments) }
    try queue.close()
  }

  func start(epoch: String, at seq: Int64) throws {
    try sql("INSERT INTO epoch (first_seq, name, started) VALUES (?, ?, 1)", [seq, epoch])
  }

  func append(_ events: [Event]) throws {
    let queue = try DatabaseQueue(path: store.path, configuration: Self.patient)
    try queue.write { db in
      for event in events {
        try db.execute(
          sql: """
            INSERT INTO event (seq, type, lane, roles, branch, customer, hearer, topics, user, time,
              device_time, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            event.seq, event.type, event.lane.rawValue, Int64(event.audience.roles.rawValue),
            event.audience.branch, event.audience.customer, event.audience.user,
            JSON.array(event.topics.map(JSON.string)).encoded, event.user, event.time,
            event.deviceTime, event.data,
          ])
      }
    }
    try queue.close()
  }

  func append(_ seqs: ClosedRange<Int64>, lane: Lane = .normal) throws {
    try append(seqs.map { Event.sample($0, lane: lane) })
  }

  /// The tray of what needs a person.
  var tray: [Int64: String] {
    get throws {
      let queue = try DatabaseQueue(path: store.path, configuration: Self.patient)
      defer { try? queue.close() }
      return try queue.read { db in
        let rows = try Row.fetchAll(db, sql: "SELECT seq, code FROM shore_refusal")
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
      }
    }
  }

  /// What `quartermaster export events` prints.
  var exported: [String] {
    get throws {
      let lineage = Lineage(
        try store.lineage().map { Lineage.Entry(epoch: $0.name, firstSeq: $0.firstSeq) })
      return try store.events(after: 0, limit: 100_000).map { event in
        let epoch = lineage?.epoch(of: event.seq) ?? ""
        return String(decoding: EventLine.export(event, epoch: epoch), as: UTF8.self)
      }
    }
  }

  /// Runs the uplink while `body` does; waits are short, so that a test never has to.
  func withUplink<Value: Sendable>(
    to shore: String, key: SiteKey, batch: Int? = nil, longestWait: Duration = .milliseconds(5),
    exchangeTimeout: Duration = .seconds(60), confirmationTimeout: Duration = .seconds(30),
    profile: LinkProfile = LinkProfile(.marina), trust: Trust = Trust(),
    patience: Duration = .seconds(900),
    clock: @escaping @Sendable () -> Int64 = { 1_764_547_200_000 },
    body: @escaping @Sendable (Uplink) async throws -> Value
  ) async throws -> Value {
    var settings = try UplinkSettings(shore: shore, site: "yacht", key: key.text)
    settings.pace.shortest = .milliseconds(1)
    settings.pace.longest = longestWait
    settings.exchangeTimeout = exchangeTimeout
    settings.confirmationTimeout = confirmationTimeout
    if let batch { settings.pace.batchEvents = batch }
    settings.profile = profile
    settings.trust = trust
    settings.patience = patience
    let uplink = try Uplink(
      store: store, settings: settings, group: MultiThreadedEventLoopGroup.singleton,
      logger: .silent, clock: clock,
      onProgress: { [continuation] in continuation.yield($0) },
      onLink: { [self] change in linkNews.withLock { $0.append(change) } })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await uplink.run() }
      defer { group.cancelAll() }
      return try await body(uplink)
    }
  }

  /// Returns as soon as shore's cursors satisfy `condition`.
  func progress(until condition: ([Lane: Int64]) -> Bool) async {
    for await cursors in moves where condition(cursors) { return }
  }

  private static var patient: Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    return configuration
  }
}
