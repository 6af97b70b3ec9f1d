import GRDB
import Inventory
import Sync

extension ShoreStore {
  /// What follows a cursor.
  enum Tail: Sendable {
    /// The cursor is none of this log's: the screen shows what no longer holds.
    case lost
    /// The next events, each lane in its order, with the cursor behind them. Empty at the end.
    case events([Arrival], OfficeCursor)
  }

  /// Where the site's log ends now; `nil` before its first batch.
  func end(of site: SiteName) async throws(ShoreError) -> OfficeCursor? {
    try await reading { db in
      guard let id = try Site.id(of: site, db) else { throw ShoreError.unknownSite(site) }
      guard let epoch = try Site.lineage(of: id, db)?.entries.last?.epoch else { return nil }
      return OfficeCursor(
        epoch: epoch,
        through: try Dictionary(
          uniqueKeysWithValues: Lane.allCases.map { ($0, try Site.cursor(of: id, lane: $0, db)) }),
        late: try EventRow.lastLate(of: id, db))
    }
  }

  func tail(
    of site: SiteName, after cursor: OfficeCursor, limit: Int
  ) async throws(ShoreError) -> Tail {
    try await reading { db in
      guard let id = try Site.id(of: site, db) else { throw ShoreError.unknownSite(site) }
      guard let lineage = try Site.lineage(of: id, db), cursor.isPart(of: lineage),
        // More than shore knows of has come late: shore was put back to an older copy.
        try cursor.late <= EventRow.lastLate(of: id, db)
      else { return .lost }
      let (found, next) = try EventRow.page(
        site: id, name: site, after: cursor, lineage, limit: limit, db)
      return .events(found, next)
    }
  }
}

extension OfficeCursor {
  /// The stretches of a log that lie behind the cursor, lane by lane.
  fileprivate func stretches(
    of lineage: Lineage
  ) -> [(lane: Lane, epoch: String, seqs: ClosedRange<Int64>)] {
    Lane.allCases.flatMap { lane in
      let after = through[lane] ?? 0
      return lineage.spans.filter { $0.seqs.upperBound > after }.map {
        (lane, $0.epoch, max($0.seqs.lowerBound, after + 1)...$0.seqs.upperBound)
      }
    }
  }
}

extension EventRow {
  /// Of the columns, `rowid`, `epoch` and `late`.
  static func arrival(_ row: Row, from site: SiteName) throws -> Arrival {
    Arrival(number: row[12], site: site, epoch: row[13], event: try event(row), late: row[14])
  }

  /// The next events behind the cursor, each lane in its order and then what came late, and the cursor
  /// behind them.
  static func page(
    site: Int64, name: SiteName, after cursor: OfficeCursor, _ lineage: Lineage, limit: Int,
    _ db: Database
  ) throws -> (found: [Arrival], next: OfficeCursor) {
    var next = cursor
    next.epoch = lineage.entries.last?.epoch ?? cursor.epoch
    var found: [Arrival] = []
    for (lane, epoch, seqs) in cursor.stretches(of: lineage) where found.count < limit {
      found += try Row.fetchAll(
        db,
        sql: """
          SELECT \(columns), rowid, epoch, late FROM event INDEXED BY event_lane
          WHERE site = ? AND lane = ? AND epoch = ? AND seq BETWEEN ? AND ? AND late IS NULL
          ORDER BY seq LIMIT ?
          """,
        arguments: [
          site, lane.rawValue, epoch, seqs.lowerBound, seqs.upperBound, limit - found.count,
        ]
      ).map { try arrival($0, from: name) }
    }
    if found.count < limit {
      found += try Row.fetchAll(
        db,
        sql: """
          SELECT \(columns), rowid, epoch, late FROM event INDEXED BY event_late
          WHERE site = ? AND late > ? AND EXISTS (
            SELECT 1 FROM lineage AS own WHERE own.site = event.site AND own.epoch = event.epoch
            AND NOT EXISTS (
              SELECT 1 FROM lineage AS later WHERE later.site = own.site
              AND later.position > own.position AND later.firstSeq <= event.seq))
          ORDER BY late LIMIT ?
          """, arguments: [site, cursor.late, limit - found.count]
      ).map { try arrival($0, from: name) }
    }
    for arrival in found { next.show(arrival) }
    return (found, next)
  }

  static func lastLate(of site: Int64, _ db: Database) throws -> Int64 {
    try Int64.fetchOne(
      db.cachedStatement(
        sql: "SELECT MAX(late) FROM event WHERE site = ? AND late IS NOT NULL"),
      arguments: [site]) ?? 0
  }

  /// Whether more than `limit` events lie behind the cursor.
  static func isFarBehind(
    site: Int64, _ cursor: OfficeCursor, _ lineage: Lineage, limit: Int, _ db: Database
  ) throws -> Bool {
    var left = limit
    for (lane, epoch, seqs) in cursor.stretches(of: lineage) where left >= 0 {
      left -=
        try Int.fetchOne(
          db,
          sql: """
            SELECT COUNT(*) FROM (
              SELECT 1 FROM event INDEXED BY event_lane
              WHERE site = ? AND lane = ? AND epoch = ? AND seq BETWEEN ? AND ? LIMIT ?)
            """,
          arguments: [site, lane.rawValue, epoch, seqs.lowerBound, seqs.upperBound, left + 1]) ?? 0
    }
    return left < 0
  }
}
