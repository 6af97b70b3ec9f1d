import GRDB
import Inventory
import Sync
import Wire

/// How one site stands, with what its picture shows and what is on its way down.
package struct SiteSummary: Sendable, Hashable {
  package var status: SiteStatus
  /// Events per lane that the hub had not sent when it last asked for changes; `nil` if it never did.
  package var backlog: [Lane: Int64]?
  /// Products that are low or out of stock.
  package var alerts: Int64
  package var openConflicts: Int64
  /// Changes that the hub refused and nobody has dismissed.
  package var refusedChanges: Int64
  /// Changes that the hub has not acknowledged.
  package var pendingChanges: Int64

  package var json: JSON {
    var json = status.json
    json["backlog"] = backlog.map { backlog in
      .object(JSON.Members(Lane.allCases.map { ($0.name, .int(backlog[$0] ?? 0)) }))
    }
    json["alerts"] = .int(alerts)
    json["openConflicts"] = .int(openConflicts)
    json["refusedChanges"] = .int(refusedChanges)
    json["pendingChanges"] = .int(pendingChanges)
    return json
  }
}

extension ShoreStore {
  package func summaries() throws(ShoreError) -> [SiteSummary] {
    let statuses = try status()
    return try read { db in try statuses.map { try SiteSummary($0, db) } }
  }

  func summariesInServer() async throws(ShoreError) -> [SiteSummary] {
    let statuses = try await statusInServer()
    return try await reading { db in try statuses.map { try SiteSummary($0, db) } }
  }
}

extension SiteSummary {
  fileprivate init(_ status: SiteStatus, _ db: Database) throws {
    let site = try Site.id(of: status.name, db) ?? 0
    let feed = Feed(of: site, db)
    let count = { (kind: DocumentKind, condition: String) in
      try Int64.fetchOne(
        db,
        sql: "SELECT COUNT(*) FROM document WHERE site = ? AND kind = ?" + condition,
        arguments: [site, kind.rawValue]) ?? 0
    }
    let told = try String.fetchOne(
      db, sql: "SELECT backlog FROM feed WHERE site = ?", arguments: [site])
    let backlog = try told.map { text in
      let json = try JSON(parsing: text)
      return Dictionary(
        uniqueKeysWithValues: Lane.allCases.map { ($0, json[$0.name]?.integer ?? 0) })
    }
    self.init(
      status: status, backlog: backlog, alerts: try count(.alert, ""),
      openConflicts: try count(.conflict, " AND data ->> 'status' = 'open'"),
      refusedChanges: try count(.refusal, ""),
      pendingChanges: try Int64.fetchOne(
        db, sql: "SELECT COUNT(*) FROM change WHERE site = ? AND number > ?",
        arguments: [site, try feed.acknowledged()]) ?? 0)
  }
}
