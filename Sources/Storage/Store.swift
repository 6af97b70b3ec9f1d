import Foundation
import GRDB
import Inventory
import Logging
import Synchronization

/// The hub's SQLite file: the only place where anything is kept.
///
/// Owns the schema, the pool of one writer and a few readers, and every line of SQL. Promises that
/// what a transaction committed survives the power being cut (WAL, `synchronous=FULL`), and that a
/// reader never waits for the writer. Commands go through `Ledger`; everything else here reads.
/// The only module that imports GRDB; it imports Inventory and Wire.
package final class Store: Sendable {
  let pool: DatabasePool
  package let path: String
  let directory: String
  /// The hub's clock in milliseconds since 1970. A note on events, never their order.
  package let now: @Sendable () -> Int64
  /// The currency of prices that name none.
  package let currency: String

  /// Opens the database in `directory`, creating or migrating it as needed.
  package init(
    directory: String, currency: String = "EUR",
    now: @escaping @Sendable () -> Int64 = Store.systemTime
  ) throws(StoreError) {
    self.directory = directory
    path = directory + "/" + Store.fileName
    self.now = now
    self.currency = currency
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw .cannotOpen(path, "the folder cannot be created")
    }
    do {
      pool = try DatabasePool(path: path, configuration: Self.configuration)
      // Only now: a pool that turns WAL on sets its writer to NORMAL, which does not fsync commits.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      if try pool.read(Schema.migrator.hasBeenSuperseded) { throw StoreError.newerVersion(path) }
      try Schema.migrator.migrate(pool)
      try startFirstEpoch()
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(error, path: path)
    }
  }

  package static let fileName = "quartermaster.sqlite"

  package static let systemTime: @Sendable () -> Int64 = {
    Int64(Date().timeIntervalSince1970 * 1000)
  }

  private static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "quartermaster"
    configuration.maximumReaderCount = 3
    configuration.busyMode = .timeout(5)
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { db in
      try db.execute(
        sql: """
          PRAGMA cache_size = -1024;
          PRAGMA temp_store = MEMORY;
          PRAGMA journal_size_limit = 8388608;
          """)
    }
    return configuration
  }

  private func startFirstEpoch() throws {
    try pool.write { db in
      guard try Int.fetchOne(db, sql: "SELECT 1 FROM epoch LIMIT 1") == nil else { return }
      try Self.startEpoch(db, firstSeq: 1, time: now())
    }
  }

  static func startEpoch(_ db: Database, firstSeq: Int64, time: Int64) throws {
    let bytes = (0..<10).map { _ in UInt8.random(in: .min ... .max) }
    let name = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    // Replaces an epoch that never had an event, for no event tells the two apart.
    try db.execute(
      sql: "INSERT OR REPLACE INTO epoch (first_seq, name, started) VALUES (?, ?, ?)",
      arguments: [firstSeq, name, time])
  }

  /// Reads in one consistent state of the database, on the calling thread.
  ///
  /// All reads are such: a reader that was taken by a suspended task could only be given back on a
  /// thread of the concurrency pool, and those may all be waiting here for a reader.
  func read<Value>(_ value: (Database) throws -> Value) throws(StoreError) -> Value {
    do {
      return try pool.read(value)
    } catch {
      throw StoreError(error, path: path)
    }
  }

  func write<Value>(_ updates: (Database) throws -> Value) throws(StoreError) -> Value {
    do {
      return try pool.write(updates)
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// - Parameter isFlushing: whether it is on the disk when this returns, or only after the next
  ///   transaction that is: in order, and never by halves.
  func write<Value>(
    flushing isFlushing: Bool, _ updates: (Database) throws -> Value
  ) throws(StoreError) -> Value {
    guard !isFlushing else { return try write(updates) }
    do {
      return try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = NORMAL")
        defer {
          // Would it fail, the next commit would be acknowledged without being on the disk.
          do { try db.execute(sql: "PRAGMA synchronous = FULL") } catch {
            preconditionFailure("SQLite does not take back how it writes: \(error)")
          }
        }
        var value: Value?
        try db.inTransaction(.immediate) {
          value = try updates(db)
          return .commit
        }
        guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
        return value
      }
    } catch {
      throw StoreError(error, path: path)
    }
  }

  /// Ends all use of the file, after a last checkpoint that leaves it whole without its WAL.
  package func close() throws(StoreError) {
    do {
      _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      try pool.close()
    } catch {
      throw StoreError(error, path: path)
    }
  }
}

/// What can go wrong with the file itself, in words that say what to do.
package enum StoreError: Error, CustomStringConvertible, Sendable {
  case cannotOpen(String, String)
  case newerVersion(String)
  case corrupt(String)
  case busy(String)
  case inUse(String)
  case full(String)
  case cannotWrite(String, String)
  case notABackup(String, String)
  case failed(String, String)

  init(_ error: any Error, path: String) {
    if let error = error as? StoreError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self = .failed(path, "\(error)")
      return
    }
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(path)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path)
    case .SQLITE_FULL: self = .full(path)
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
      self = .cannotOpen(path, error.message ?? "SQLite error \(error.resultCode.rawValue)")
    default: self = .failed(path, error.description)
    }
  }

  package var description: String {
    switch self {
    case .cannotOpen(let path, let why):
      "The database \(path) cannot be opened (\(why)). Check that the folder exists and is writable, or give another with --data."
    case .newerVersion(let path):
      "The database \(path) was written by a newer version of Quartermaster. Install that version again, or restore an older backup."
    case .corrupt(let path):
      "The database \(path) is damaged. Keep a copy of it and restore the latest backup."
    case .busy(let path):
      "The database \(path) is in use by another program. Try again in a moment."
    case .inUse(let path):
      "A hub is running on \(path) already. Stop it first, or give another folder with --data."
    case .full(let path):
      "The disk that holds \(path) is full. Free some space; nothing that was confirmed is lost."
    case .cannotWrite(let path, let why):
      "The file \(path) cannot be written (\(why)). Name one in a folder that exists and is writable."
    case .notABackup(let path, let why):
      "The backup \(path) cannot be restored (\(why)). Name a file that backup wrote; the hub's own database is as it was."
    case .failed(let path, let why): "The database \(path) failed: \(why)."
    }
  }
}
