import GRDB
import Inventory
import Sync

extension ShoreStore {
  /// What follows a cursor.
  enum Tail: Sendable {
    /// The cursor is none of this log's: the screen shows what no longer holds.
    case lost
    /// The next events, each lane in its order, with the cursor behind them. Empty at the end.
    case events([(epoch: String, event: Event)], OfficeCursor)
  }

  /// Where the site's log ends now; `nil` before its first batch.
  func end(of site: SiteName) async throws(ShoreError) -> OfficeCursor? {
    try await reading { db in
      guard let id = try Site.id(of: site, db) else { throw ShoreError.unknownSite(site) }
      guard let epoch = try Site.lineage(of: id, db)?.entries.last?.epoch else { return nil }
      return OfficeCursor(
        epoch: epoch,
        through: try Dictionary(
          uniqueKeysWithValues: Lane.allCases.map { ($0, try Site.cursor(of: id, lane: $0, db)) }))
    }
  }

  func tail(
    of site: SiteName, after cursor: OfficeCursor, limit: Int
  ) async throws(ShoreError) -> Tail {
    try await reading { db in
      guard let id = try Site.id(of: site, db) else { throw ShoreError.unknownSite(site) }
      guard let lineage = try Site.lineage(of: id, db), cursor.isPart(of: lineage) else {
        return .lost
      }
      var next = cursor
      next.epoch = lineage.entries.last?.epoch ?? cursor.epoch
      var events: [(epoch: String, event: Event)] = []
      for lane in Lane.allCases {
        let after = cursor.through[lane] ?? 0
        for (epoch, seqs) in lineage.spans where seqs.upperBound > after {
          guard events.count < limit else { break }
          let from = max(seqs.lowerBound, after + 1)
          let found = try EventRow.events(
            site: id, lane: lane, epoch: epoch, seqs: from...seqs.upperBound,
            limit: limit - events.count, db)
          events += found.map { (epoch, $0) }
          next.through[lane] = max(next.through[lane] ?? 0, found.last?.seq ?? 0)
        }
      }
      return .events(events, next)
    }
  }
}

extension EventRow {
  static func events(
    site: Int64, lane: Lane, epoch: String, seqs: ClosedRange<Int64>, limit: Int, _ db: Database
  ) throws -> [Event] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT \(columns) FROM event INDEXED BY event_lane
        WHERE site = ? AND lane = ? AND epoch = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?
        """,
      arguments: [site, lane.rawValue, epoch, seqs.lowerBound, seqs.upperBound, limit]
    ).map(event)
  }
}
