import GRDB
import Inventory

/// How much of the log's past the hub keeps.
///
/// Only what shore has confirmed in every lane may go, and nothing that waits for a person; a hub
/// without a shore keeps everything. Age is powered time, for the clock may stand at 1970 or jump to
/// 2038. Movements, stock and the results of operations stay: they carry the promises. A device
/// whose cursor lies before what is left takes a snapshot.
package struct Retention: Sendable, Equatable {
  /// Powered days; 0 keeps for ever.
  package var days = 400
  /// The size of the database beyond which the oldest goes earlier; 0 sets no bound.
  package var megabytes = 2_000
  /// So many of the newest events stay in any case, for devices that return.
  package var newest: Int64 = 20_000
  /// Events that go in one transaction: the crew's changes wait behind it.
  package var batch: Int64 = 1_000

  package init() {}

  /// The last event that may go, of what is `old` or, where the file is too large, any.
  func boundary(head: Int64, safe: Int64, refused: Int64?, old: Int64, isTooLarge: Bool) -> Int64 {
    let untouchable = min(head - newest, safe, refused.map { $0 - 1 } ?? .max)
    return isTooLarge ? untouchable : min(untouchable, old)
  }
}

extension Ledger {
  /// Lets one batch of old history go, and notes once in a powered day how far the log has come.
  /// - Parameter powered: powered time in milliseconds.
  /// - Returns: how many events went; as long as it is not 0 there may be more.
  package func forget(_ retention: Retention, powered: Int64) throws(StoreError) -> Int {
    let safe = try store.safeOnShore()
    return try store.write { db in
      let head = try Store.head(db)
      try Mark.note(db, powered: powered, head: head)
      let oldest = try Int64.fetchOne(db, sql: "SELECT MIN(seq) FROM event") ?? 1
      let boundary = retention.boundary(
        head: head, safe: safe,
        refused: try Int64.fetchOne(db, sql: "SELECT MIN(seq) FROM shore_refusal"),
        old: retention.days == 0
          ? 0 : try Mark.head(db, before: powered - Int64(retention.days) * Mark.day),
        isTooLarge: try retention.megabytes > 0
          && Self.bytesInUse(db) > Int64(retention.megabytes) << 20)
      let last = min(boundary, oldest + retention.batch - 1)
      guard last >= oldest else { return 0 }
      try db.execute(sql: "DELETE FROM event WHERE seq <= ?", arguments: [last])
      return db.changesCount
    }
  }

  /// Pages that have gone are used again, so the file itself stays as it is.
  private static func bytesInUse(_ db: Database) throws -> Int64 {
    func pragma(_ name: String) throws -> Int64 {
      try Int64.fetchOne(db, sql: "PRAGMA \(name)") ?? 0
    }
    return try (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")
  }
}

/// How far the log had come after so much powered time, noted once in a powered day.
private enum Mark {
  static let day: Int64 = 86_400_000
  private static let prefix = "log at powered day "

  /// Digits of a fixed number, so that keys sort as their days do.
  private static func key(_ day: Int64) -> String {
    let digits = String(day)
    return prefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  static func note(_ db: Database, powered: Int64, head: Int64) throws {
    try db.execute(
      sql: "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
      arguments: [key(powered / day), head])
  }

  /// The last event that was there when `powered` had passed; 0 before the first note.
  static func head(_ db: Database, before powered: Int64) throws -> Int64 {
    guard powered >= 0 else { return 0 }
    return try Int64.fetchOne(
      db, sql: "SELECT value FROM meta WHERE key >= ? AND key <= ? ORDER BY key DESC LIMIT 1",
      arguments: [prefix, key(powered / day)]) ?? 0
  }
}
