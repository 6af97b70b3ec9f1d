import GRDB
import Inventory
import Sync

extension ShoreStore {
  /// Enters a new site and returns its key, which is shown this once.
  package func addSite(_ name: SiteName, at time: Int64) throws(ShoreError) -> SiteKey {
    let key = SiteKey()
    try write { db in
      guard try Site.id(of: name, db) == nil else { throw ShoreError.siteExists(name) }
      try db.execute(
        sql: "INSERT INTO site (name, key, addedAt) VALUES (?, '', ?)",
        arguments: [name.text, time])
      try Site.add(key, to: db.lastInsertedRowID, at: time, db)
    }
    return key
  }

  package func siteNames() throws(ShoreError) -> [SiteName] {
    try read { db in
      try String.fetchAll(db, sql: "SELECT name FROM site ORDER BY name")
        .compactMap { SiteName($0) }
    }
  }
}

extension ShoreStore {
  func has(_ site: SiteName) async throws(ShoreError) -> Bool {
    try await reading { try Site.id(of: site, $0) != nil }
  }
}

/// What the tables say of one site, inside a transaction.
enum Site {
  static func id(of name: SiteName, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(db, sql: "SELECT id FROM site WHERE name = ?", arguments: [name.text])
  }

  /// `nil` until the site's first batch.
  static func lineage(of site: Int64, _ db: Database) throws -> Lineage? {
    let entries = try Row.fetchAll(
      db, sql: "SELECT epoch, firstSeq FROM lineage WHERE site = ? ORDER BY position",
      arguments: [site]
    ).map { Lineage.Entry(epoch: $0[0], firstSeq: $0[1]) }
    return Lineage(entries)
  }

  static func setLineage(_ lineage: Lineage, of site: Int64, _ db: Database) throws {
    try db.execute(sql: "DELETE FROM lineage WHERE site = ?", arguments: [site])
    for (position, entry) in lineage.entries.enumerated() {
      try db.execute(
        sql: "INSERT INTO lineage (site, position, epoch, firstSeq) VALUES (?, ?, ?, ?)",
        arguments: [site, position, entry.epoch, entry.firstSeq])
    }
  }

  static func cursor(of site: Int64, lane: Lane, _ db: Database) throws -> Int64 {
    try Int64.fetchOne(
      db, sql: "SELECT through FROM cursor WHERE site = ? AND lane = ?",
      arguments: [site, lane.rawValue]) ?? 0
  }

  /// Moves the lane's cursor forward, never back.
  static func advance(_ site: Int64, lane: Lane, through: Int64, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO cursor (site, lane, through) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET through = max(through, excluded.through)
        """,
      arguments: [site, lane.rawValue, through])
  }

  /// Takes back what every lane claims to hold above `through`.
  static func clamp(_ site: Int64, through: Int64, _ db: Database) throws {
    try db.execute(
      sql: "UPDATE cursor SET through = min(through, ?) WHERE site = ?", arguments: [through, site])
  }
}
