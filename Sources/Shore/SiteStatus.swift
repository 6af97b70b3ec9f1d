import GRDB
import Inventory
import Sync
import Wire

/// How one site stands, as shore sees it.
package struct SiteStatus: Sendable, Hashable {
  package var name: SiteName
  /// `nil` until the site's first batch.
  package var epoch: String?
  /// Events of the present lineage.
  package var events: Int64
  package var cursors: [Lane: Int64]
  /// Shore's clock, in milliseconds since 1970.
  package var lastContact: Int64?
  package var refused: Int64

  /// `{"name":"…","epoch":"…","events":9,"cursors":{"first":0,"normal":9,"bulk":0},…}`
  package var json: JSON {
    .compact([
      "name": .string(name.text), "epoch": .text(epoch), "events": .int(events),
      "cursors": .object(
        JSON.Members(Lane.allCases.map { ($0.name, .int(cursors[$0] ?? 0)) })),
      "lastContact": .integer(lastContact), "refused": .int(refused),
    ])
  }
}

extension SiteStatus {
  /// In words: `3 min ago`.
  package func lastContactAge(now: Int64) -> String {
    guard let lastContact else { return "never" }
    let seconds = max(0, (now - lastContact) / 1000)
    return switch seconds {
    case ..<60: "\(seconds) s ago"
    case ..<3600: "\(seconds / 60) min ago"
    case ..<172_800: "\(seconds / 3600) h ago"
    default: "\(seconds / 86_400) days ago"
    }
  }
}

extension ShoreStore {
  package func status() throws(ShoreError) -> [SiteStatus] {
    try read(SiteStatus.all)
  }

  func statusInServer() async throws(ShoreError) -> [SiteStatus] {
    try await reading(SiteStatus.all)
  }
}

extension SiteStatus {
  @Sendable
  fileprivate static func all(_ db: Database) throws -> [SiteStatus] {
    try Row.fetchAll(db, sql: "SELECT id, name, lastContact FROM site ORDER BY name").compactMap {
      row in
      guard let name = SiteName(row[1]) else { return nil }
      return try SiteStatus(id: row[0], name: name, lastContact: row[2], db)
    }
  }

  private init(id: Int64, name: SiteName, lastContact: Int64?, _ db: Database) throws {
    let lineage = try Site.lineage(of: id, db)
    let count = try db.cachedStatement(
      sql: "SELECT count(*) FROM event WHERE site = ? AND epoch = ? AND seq BETWEEN ? AND ?")
    let spans = lineage?.spans ?? []
    let counts = try spans.map { epoch, seqs in
      try Int64.fetchOne(
        count, arguments: [id, epoch, seqs.lowerBound, seqs.upperBound]) ?? 0
    }
    self.init(
      name: name, epoch: lineage?.entries.last?.epoch, events: counts.reduce(0, +),
      cursors: try Dictionary(
        uniqueKeysWithValues: Lane.allCases.map {
          ($0, try Site.cursor(of: id, lane: $0, db))
        }),
      lastContact: lastContact,
      refused: try Int64.fetchOne(
        db, sql: "SELECT count(*) FROM refusedEvent WHERE site = ?", arguments: [id]) ?? 0)
  }
}
