import GRDB
import Sync

/// A key of a site as its operator sees it: never the key itself.
package struct SiteKeyStatus: Sendable, Hashable {
  package enum State: String, Sendable {
    /// Shown to somebody, not used yet.
    case fresh
    case used
    /// Counts until a newer one is used, or its time is up.
    case leaving
    case ended
  }

  package var state: State
  package var addedAt: Int64
  package var firstUsedAt: Int64?
  package var endsAt: Int64?
}

/// Keys are taken over and taken away without losing a site: its log, cursors and name stay.
extension ShoreStore {
  /// Gives the site a new key, which is shown this once. The ones before count until the new one is
  /// used for the first time, or until `end`.
  package func rotateKey(
    of name: SiteName, at time: Int64, until end: Int64
  ) throws(ShoreError) -> SiteKey {
    let key = SiteKey()
    try write { db in
      guard let site = try Site.id(of: name, db) else { throw ShoreError.unknownSite(name) }
      // One that nobody ever used is not waited for.
      try db.execute(
        sql: """
          UPDATE siteKey SET endsAt = IIF(firstUsedAt IS NULL, ?, min(?, coalesce(endsAt, ?)))
          WHERE site = ? AND endedAt IS NULL
          """, arguments: [time, end, end, site])
      try Site.add(key, to: site, at: time, db)
    }
    return key
  }

  /// Ends all the site's keys at once. A later `rotateKey` lets it in again.
  package func revokeKeys(of name: SiteName, at time: Int64) throws(ShoreError) {
    try write { db in
      guard let site = try Site.id(of: name, db) else { throw ShoreError.unknownSite(name) }
      try db.execute(
        sql: "UPDATE siteKey SET endedAt = ? WHERE site = ? AND endedAt IS NULL",
        arguments: [time, site])
    }
  }

  /// Whether nothing that comes in the site's name counts at `time`, by link or by stick.
  func isRevoked(_ name: SiteName, at time: Int64) throws(ShoreError) -> Bool {
    try keyStatus(of: name, at: time).allSatisfy { $0.state == .ended }
  }

  package func keyStatus(
    of name: SiteName, at time: Int64
  ) throws(ShoreError) -> [SiteKeyStatus] {
    try read { db in
      guard let site = try Site.id(of: name, db) else { throw ShoreError.unknownSite(name) }
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT addedAt, firstUsedAt, endsAt, endedAt FROM siteKey WHERE site = ? ORDER BY id
          """, arguments: [site])
      return rows.map { row in
        let (used, ends, ended): (Int64?, Int64?, Int64?) = (row[1], row[2], row[3])
        let state: SiteKeyStatus.State =
          if ended != nil || ends.map({ $0 <= time }) == true {
            .ended
          } else if ends != nil {
            .leaving
          } else {
            used == nil ? .fresh : .used
          }
        return SiteKeyStatus(state: state, addedAt: row[0], firstUsedAt: used, endsAt: ends)
      }
    }
  }

  /// The site's key that `accepts`, tried newest first; the first use of a key ends those before it.
  /// `nil` where none fits, or there is no such site; every question tries at least one key.
  func key(
    of site: SiteName, at time: Int64, where accepts: @escaping @Sendable (SiteKey) -> Bool
  ) async throws(ShoreError) -> SiteKey? {
    let rows = try await reading { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT k.id, k.key, k.firstUsedAt FROM siteKey k JOIN site s ON s.id = k.site
          WHERE s.name = ? AND k.endedAt IS NULL AND (k.endsAt IS NULL OR k.endsAt > ?)
          ORDER BY k.id DESC
          """, arguments: [site.text, time]
      ).map { (id: $0[0] as Int64, text: $0[1] as String, used: $0[2] as Int64?) }
    }
    for row in rows {
      guard let key = SiteKey(text: row.text), accepts(key) else { continue }
      if row.used == nil { try await noteFirstUse(of: row.id, at: time) }
      return key
    }
    return nil
  }

  private func noteFirstUse(of key: Int64, at time: Int64) async throws(ShoreError) {
    try await writing { db in
      try db.execute(
        sql: "UPDATE siteKey SET firstUsedAt = ?, endsAt = NULL WHERE id = ?",
        arguments: [time, key])
      try db.execute(
        sql: """
          UPDATE siteKey SET endedAt = ?
          WHERE site = (SELECT site FROM siteKey WHERE id = ?) AND id < ? AND endedAt IS NULL
          """, arguments: [time, key, key])
    }
  }
}

extension Site {
  static func add(_ key: SiteKey, to site: Int64, at time: Int64, _ db: Database) throws {
    try db.execute(
      sql: "INSERT INTO siteKey (site, key, addedAt) VALUES (?, ?, ?)",
      arguments: [site, key.text, time])
  }
}
