import GRDB
import Inventory
import Sync

/// An event as it came in. Numbers are shore's own, one above the other whatever site and lane an
/// event is of, for events are never deleted; they count within one database and are told to nobody.
struct Arrival: Sendable {
  var number: Int64
  var site: SiteName
  var epoch: String
  var event: Event
  /// What comes again from the tray comes when its lane has gone on: its number, from 1, among those
  /// of the site that did.
  var late: Int64?
}

extension ShoreStore {
  /// What a screen has not heard, as far as one page goes.
  struct Missed: Sendable {
    var arrivals: [Arrival]
    /// Where each site's cursor stands behind them.
    var cursors: [SiteName: OfficeCursor]
    /// The last arrival of all at this moment: with nothing in `arrivals`, nothing up to it is missed.
    var asOf: Int64
  }

  /// Where screens that come back start from.
  struct Resumption: Sendable {
    var cursors: [SiteName: OfficeCursor]
    /// Sites of which a screen shows what no longer holds, or has missed too much: they go on from the
    /// log's end.
    var lost: Set<SiteName>
  }

  /// The last arrival, and where every site's log ends.
  func front() async throws(ShoreError) -> (arrived: Int64, ends: [SiteName: OfficeCursor]) {
    try await reading { db in (try Self.lastArrival(db), try Self.ends(db)) }
  }

  /// What came in after `number`, of all sites, in the order in which it came.
  func arrivals(after number: Int64, limit: Int) async throws(ShoreError) -> [Arrival] {
    try await reading { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT \(EventRow.columns), event.rowid, epoch, late, owner.name
          FROM event JOIN site AS owner ON owner.id = event.site
          WHERE event.rowid > ? ORDER BY event.rowid LIMIT ?
          """, arguments: [number, limit]
      ).map(Self.arrival)
    }
  }

  /// As much of what a screen has shown of a site as still holds.
  func standing(
    of cursor: OfficeCursor, at site: SiteName
  ) async throws(ShoreError) -> OfficeCursor {
    try await reading { db in
      guard let id = try Site.id(of: site, db), let lineage = try Site.lineage(of: id, db) else {
        return cursor
      }
      return cursor.clamped(to: lineage)
    }
  }

  /// - Parameters:
  ///   - told: cursors as screens bring them back.
  ///   - sites: what they listen to; `nil` is every site. One without a cursor is new to them.
  ///   - limit: events of one site that may be missed.
  func resumption(
    after told: [SiteName: OfficeCursor], of sites: [SiteName]?, limit: Int
  ) async throws(ShoreError) -> Resumption {
    try await reading { db in
      let ends = try Self.ends(db)
      var found = Resumption(cursors: [:], lost: [])
      for (site, end) in ends where sites?.contains(site) ?? true {
        guard let id = try Site.id(of: site, db), let lineage = try Site.lineage(of: id, db),
          let first = lineage.entries.first
        else { continue }
        let cursor = told[site] ?? OfficeCursor(epoch: first.epoch, through: [:])
        let isFar = try EventRow.isFarBehind(site: id, cursor, lineage, limit: limit, db)
        if cursor.isPart(of: lineage), cursor.late <= end.late, !isFar {
          found.cursors[site] = cursor
        } else {
          found.cursors[site] = end
          found.lost.insert(site)
        }
      }
      return found
    }
  }

  /// What follows the cursors, each lane in its order.
  /// - Parameter isOfAll: whether a site without a cursor, which may have come meanwhile, is told from
  ///   its beginning.
  func missed(
    after cursors: [SiteName: OfficeCursor], ofAll isOfAll: Bool, limit: Int
  ) async throws(ShoreError) -> Missed {
    try await reading { db in
      var cursors = cursors
      if isOfAll {
        for (site, end) in try Self.ends(db) where cursors[site] == nil {
          cursors[site] = OfficeCursor(epoch: end.epoch, through: [:])
        }
      }
      var page = Missed(arrivals: [], cursors: cursors, asOf: try Self.lastArrival(db))
      for (site, cursor) in cursors where page.arrivals.count < limit {
        guard let id = try Site.id(of: site, db), let lineage = try Site.lineage(of: id, db)
        else { continue }
        let (found, next) = try EventRow.page(
          site: id, name: site, after: cursor, lineage, limit: limit - page.arrivals.count, db)
        page.cursors[site] = next
        page.arrivals += found
      }
      return page
    }
  }

  private static func arrival(_ row: Row) throws -> Arrival {
    guard let site = SiteName(row[15]) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "arrival \(row[12] as Int64)")
    }
    return try EventRow.arrival(row, from: site)
  }

  private static func lastArrival(_ db: Database) throws -> Int64 {
    try Int64.fetchOne(db, sql: "SELECT MAX(rowid) FROM event") ?? 0
  }

  /// Sites from which nothing has come are left out.
  private static func ends(_ db: Database) throws -> [SiteName: OfficeCursor] {
    var ends: [SiteName: OfficeCursor] = [:]
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT name, epoch, lane, through,
          (SELECT MAX(late) FROM event WHERE event.site = lineage.site AND late IS NOT NULL)
        FROM lineage
        JOIN site ON site.id = lineage.site LEFT JOIN cursor ON cursor.site = lineage.site
        WHERE position = (SELECT MAX(position) FROM lineage AS own WHERE own.site = lineage.site)
        """)
    for row in rows {
      guard let site = SiteName(row[0]) else { continue }
      var end = ends[site] ?? OfficeCursor(epoch: row[1], through: [:], late: row[4] ?? 0)
      if let lane = (row[2] as Int64?).flatMap({ Lane(rawValue: $0) }) {
        end.through[lane] = row[3]
      }
      ends[site] = end
    }
    return ends
  }
}
