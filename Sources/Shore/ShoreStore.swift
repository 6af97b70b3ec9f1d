import GRDB
import Inventory
import Sync

/// Shore's log: every site's events, each once, as far as each lane has come.
///
/// One batch is one transaction, its events and its lane's cursor together, on disk (`synchronous =
/// FULL`) before anyone is told; so a cursor never promises what a power cut could take back.
/// Events are never changed or deleted: when a site is restored from a backup its log turns off
/// into a new epoch, and what the old epoch held beyond that point stays, out of sight. SQLite's
/// one writer makes batches of one site follow each other, also from several processes.
package final class ShoreStore: Sendable {
  private let pool: DatabasePool
  package let directory: DataDirectory

  /// Opens the database in `directory`, making it where `create` allows.
  package init(_ directory: DataDirectory, create: Bool) throws(ShoreError) {
    self.directory = directory
    if create {
      try directory.create()
      _ = try directory.createPrivateFile(directory.database)
    } else if !directory.hasDatabase {
      throw .noDatabase(directory: directory.path)
    }
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(5)
      configuration.maximumReaderCount = 3
      pool = try DatabasePool(path: directory.database, configuration: configuration)
      // The pool sets NORMAL, which in WAL mode leaves the last commits to luck in a power cut.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      let migrator = Schema.migrator
      guard try pool.read({ try !migrator.hasBeenSuperseded($0) }) else {
        throw ShoreError.newerDatabase(path: directory.database)
      }
      try migrator.migrate(pool)
    } catch {
      throw ShoreError(error, path: directory.database)
    }
  }

  /// Ends all use of the file. Where no other program reads it, it is whole without its side files.
  package func close() throws(ShoreError) {
    do {
      _ = try pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
      try pool.close()
    } catch {
      throw ShoreError(error, path: directory.database)
    }
  }

  /// A write and its fsync that change nothing, as proof of life.
  package func beat() throws(ShoreError) {
    try write { db in
      let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      try db.execute(sql: "PRAGMA user_version = \(version)")
    }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(ShoreError) -> Value {
    do { return try pool.read(body) } catch { throw ShoreError(error, path: directory.database) }
  }

  func write<Value>(_ body: (Database) throws -> Value) throws(ShoreError) -> Value {
    do { return try pool.write(body) } catch { throw ShoreError(error, path: directory.database) }
  }

  /// For the server, which reads in no other way: waits for SQLite without holding one of the few
  /// threads that run Swift's tasks. A task that held one in `read` while this one's reader waits to
  /// be given back would wait for ever.
  func reading<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(ShoreError) -> Value {
    do {
      return try await pool.read(body)
    } catch {
      throw ShoreError(error, path: directory.database)
    }
  }

  func writing<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(ShoreError) -> Value {
    do {
      return try await pool.write(body)
    } catch {
      throw ShoreError(error, path: directory.database)
    }
  }
}
