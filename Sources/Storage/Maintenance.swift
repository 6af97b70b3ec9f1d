import Foundation
import GRDB
import Inventory
import Wire

/// Checks, backups and restores: what an administrator does with the file as a whole.
extension Store {
  /// Every promise about the tables that can be checked by reading them; empty when all hold.
  package func verify() throws(StoreError) -> [String] {
    try read { db in
      var problems: [String] = []
      for line in try String.fetchAll(db, sql: "PRAGMA integrity_check") where line != "ok" {
        problems.append("SQLite: \(line)")
      }
      if let row = try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") {
        problems.append("A row of \(row[0] as String) refers to something that does not exist.")
      }
      for check in Self.checks {
        for row in try Row.fetchAll(db, sql: check.sql + " LIMIT 20") {
          let values = row.databaseValues.map { $0.isNull ? "nothing" : "\($0)" }
          problems.append(check.problem + " " + values.joined(separator: ", ") + ".")
        }
      }
      return problems
    }
  }

  private static let checks: [(problem: String, sql: String)] = [
    (
      "Stock differs from the sum of its movements (product, location, lot, stock, sum):",
      """
      SELECT product, location, lot, SUM(stock), SUM(moved) FROM (
        SELECT product, location, lot, quantity AS stock, 0 AS moved FROM stock
        UNION ALL SELECT product, location, lot, 0, quantity FROM movement)
      GROUP BY product, location, lot HAVING SUM(stock) <> SUM(moved)
      """
    ),
    (
      "The log has a gap (after seq):",
      """
      SELECT e.seq FROM event e WHERE e.seq < (SELECT MAX(seq) FROM event)
        AND NOT EXISTS (SELECT 1 FROM event n WHERE n.seq = e.seq + 1)
      """
    ),
    (
      "A movement has no event (movement, seq):",
      """
      SELECT m.id, m.seq FROM movement m WHERE m.seq >= (SELECT MIN(seq) FROM event)
        AND NOT EXISTS (SELECT 1 FROM event e WHERE e.seq = m.seq AND e.type = 'inventory:updated')
      """
    ),
    (
      "A stock event has no movement (seq):",
      """
      SELECT seq FROM event WHERE type = 'inventory:updated' EXCEPT SELECT seq FROM movement
      """
    ),
    (
      "A reservation has taken more than it held (reservation):",
      "SELECT id FROM reservation WHERE fulfilled > quantity"
    ),
    (
      "An order's paid amount differs from its payments (order, paid, payments):",
      """
      SELECT o.id, o.paid, COALESCE(SUM(p.amount - p.refunded), 0) FROM "order" o
      LEFT JOIN payment p ON p."order" = o.id AND p.status IN ('success', 'refunded')
      GROUP BY o.id HAVING o.paid <> COALESCE(SUM(p.amount - p.refunded), 0)
      """
    ),
  ]

  /// Writes a consistent copy beside a running hub, then opens and checks that copy.
  package func backup(
    to file: String, progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) throws(StoreError) {
    let part = file + ".part"
    do {
      try? FileManager.default.removeItem(atPath: part)
      let copy = try DatabaseQueue(path: part)
      try pool.backup(to: copy, pagesPerStep: 500) { state in
        progress(Double(state.completedPageCount) / Double(max(state.totalPageCount, 1)))
      }
      let check = try copy.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA journal_mode = DELETE")
        return try String.fetchOne(db, sql: "PRAGMA quick_check")
      }
      try copy.close()
      guard check == "ok" else { throw StoreError.corrupt(part) }
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: part)
      try Disk.synchronize(part)
      try Disk.replace(file, with: part)
    } catch {
      try? FileManager.default.removeItem(atPath: part)
      let error = StoreError(error, path: file)
      if case .cannotOpen(_, let why) = error { throw .cannotWrite(file, why) }
      throw error
    }
  }

  /// Puts a backup in place of the database in `directory`, under a new epoch, so that devices and
  /// shore know that what came after the backup is gone. The hub must not be running there.
  package static func restore(
    _ backup: String, into directory: String, now: @Sendable () -> Int64 = systemTime
  ) throws(StoreError) -> Position {
    let target = directory + "/" + fileName
    let part = target + ".restoring"
    do {
      let files = FileManager.default
      guard files.isReadableFile(atPath: backup) else {
        throw StoreError.notABackup(backup, "it is not there or may not be read")
      }
      try files.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      for suffix in ["", "-wal", "-shm", "-journal"] {
        try? files.removeItem(atPath: part + suffix)
      }
      try files.copyItem(atPath: backup, toPath: part)
      try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: part)
      let restored = try newEpoch(in: part, now: now())
      try Disk.synchronize(part)
      // The database that is replaced stays beside it: a wrong backup can be undone by hand.
      for suffix in ["", "-wal", "-shm"] {
        try? files.removeItem(atPath: target + ".replaced" + suffix)
        if files.fileExists(atPath: target + suffix) {
          try files.moveItem(atPath: target + suffix, toPath: target + ".replaced" + suffix)
        }
      }
      try Disk.replace(target, with: part)
      return restored
    } catch {
      try? FileManager.default.removeItem(atPath: part)
      switch StoreError(error, path: backup) {
      case .corrupt: throw .notABackup(backup, "it is damaged, or no hub's database")
      case .newerVersion: throw .newerVersion(backup)
      case let error: throw error
      }
    }
  }

  private static func newEpoch(in file: String, now: Int64) throws -> Position {
    let queue = try DatabaseQueue(path: file)
    let restored = try queue.writeWithoutTransaction { db in
      guard try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok",
        try db.tableExists("epoch")
      else { throw StoreError.corrupt(file) }
      guard try !Schema.migrator.hasBeenSuperseded(db) else { throw StoreError.newerVersion(file) }
      try db.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL")
      try db.inTransaction(.immediate) {
        let first = try head(db) + 1
        try startEpoch(db, firstSeq: first, time: now)
        try skipSessions(db, time: now)
        let type = EventType.epochStarted
        try db.execute(
          sql: """
            INSERT INTO event (seq, type, lane, roles, topics, time, data) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            first, type.rawValue, type.lane.rawValue, Int64(type.readers.rawValue),
            JSON.array([.string(type.namespace.rawValue)]).encoded, now,
            JSON.object(JSON.Members([("reason", "restore")])).encoded,
          ])
        return .commit
      }
      return try Self.position(db)
    }
    try queue.close()
    return restored
  }
}

extension Store {
  /// A token names a session's id. Sessions begun after the backup are gone, and their ids must not
  /// become somebody else's: new ids begin far beyond, at another place after each restore.
  private static func skipSessions(_ db: Database, time: Int64) throws {
    try db.execute(
      sql: """
        INSERT INTO session (id, user, kind, started, used_powered, ended)
        SELECT COALESCE((SELECT MAX(id) FROM session), 0) + ?1, id, 'restore', ?2, 0, ?2
        FROM user LIMIT 1
        """, arguments: [Int64.random(in: 1 << 32...1 << 48), time])
  }
}

/// Making files durable: fsync(2) of the file, then of the folder that names it.
package enum Disk {
  package static func synchronize(_ path: String) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path) }
  }

  private static func failure(_ path: String) -> StoreError {
    .cannotWrite(path, String(cString: strerror(errno)))
  }

  /// Renames `part` over `file`: a reader finds the old one or the new one, whole.
  package static func replace(_ file: String, with part: String) throws {
    guard rename(part, file) == 0 else { throw failure(file) }
    let folder = (file as NSString).deletingLastPathComponent
    try synchronize(folder.isEmpty ? "." : folder)
  }
}
