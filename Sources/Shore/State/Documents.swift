import GRDB
import Inventory
import Sync
import Wire

/// The documents of one site, inside a transaction.
struct Documents {
  let site: Int64
  let db: Database

  init(of site: Int64, _ db: Database) {
    self.site = site
    self.db = db
  }

  func fold(_ event: Event) throws {
    guard let fold = Fold(event) else { return }
    switch fold {
    case .set(let key, let data): try save(key, data, seq: event.seq)
    case .merge(let key, let changes):
      // What the log does not tell the beginning of is not made up.
      guard var data = try self[key] else { return }
      for (member, value) in changes.members?.pairs ?? [] { data[member] = value }
      try save(key, data, seq: event.seq)
    case .remove(let key):
      try db.cachedStatement(sql: "DELETE FROM document WHERE site = ? AND kind = ? AND id = ?")
        .execute(arguments: [site, key.kind.rawValue, key.id])
    }
  }

  /// Folds the whole log afresh: after a restore aboard, what was told after the backup is undone.
  func rebuild() throws {
    try db.execute(sql: "DELETE FROM document WHERE site = ?", arguments: [site])
    for (epoch, seqs) in try Site.lineage(of: site, db)?.spans ?? [] {
      let rows = try EventRow.cursor(site: site, epoch: epoch, seqs: seqs, db)
      while let row = try rows.next() { try fold(try EventRow.event(row)) }
    }
  }

  subscript(key: Fold.Key) -> JSON? {
    get throws {
      let text = try String.fetchOne(
        db.cachedStatement(
          sql: "SELECT data FROM document WHERE site = ? AND kind = ? AND id = ?"),
        arguments: [site, key.kind.rawValue, key.id])
      return try text.map { try JSON(parsing: $0) }
    }
  }

  func all(_ kind: DocumentKind) throws -> [Document] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT id, seq, data FROM document WHERE site = ? AND kind = ?
        ORDER BY CAST(id AS INTEGER), id
        """, arguments: [site, kind.rawValue]
    ).map { Document(kind: kind, id: $0[0], seq: $0[1], data: try JSON(parsing: $0[2])) }
  }

  func everything() throws -> [Document] {
    try DocumentKind.allCases.flatMap { try all($0) }
  }

  private func save(_ key: Fold.Key, _ data: JSON, seq: Int64) throws {
    try db.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO document (site, kind, id, seq, data) VALUES (?, ?, ?, ?, ?)
        """
    ).execute(arguments: [site, key.kind.rawValue, key.id, seq, data.encoded])
  }
}

/// One thing of a site, as its log tells it.
package struct Document: Sendable, Hashable {
  package var kind: DocumentKind
  package var id: String
  /// The event that last changed it.
  package var seq: Int64
  package var data: JSON
}

extension ShoreStore {
  /// All of one kind, as they are now.
  package func documents(
    _ kind: DocumentKind, of site: SiteName
  ) async throws(ShoreError) -> [Document] {
    try await reading { db in
      guard let id = try Site.id(of: site, db) else { throw ShoreError.unknownSite(site) }
      return try Documents(of: id, db).all(kind)
    }
  }

  /// Folds every site's log afresh and compares: each difference in one sentence. Nothing is changed.
  package func verify() throws(ShoreError) -> [String] {
    var problems: [String] = []
    for name in try siteNames() {
      do {
        try write { db in
          guard let id = try Site.id(of: name, db) else { return }
          let documents = Documents(of: id, db)
          let held = try documents.everything()
          try documents.rebuild()
          let told = try documents.everything()
          problems += Self.differences(held, told).map { "\(name): \($0)" }
          // Thrown so that the transaction is undone: this looks and leaves no trace.
          throw Undone()
        }
      } catch ShoreError.database(Undone.name) {
        continue
      }
    }
    return problems
  }

  private struct Undone: Error, CustomStringConvertible {
    static let name = "undone"
    var description: String { Self.name }
  }

  private static func differences(_ held: [Document], _ told: [Document]) -> [String] {
    func byKey(_ documents: [Document]) -> [Fold.Key: JSON] {
      Dictionary(
        uniqueKeysWithValues: documents.map { (Fold.Key(kind: $0.kind, id: $0.id), $0.data) })
    }
    let (held, told) = (byKey(held), byKey(told))
    return Set(held.keys).union(told.keys).filter { held[$0] != told[$0] }
      .map { "\($0.kind.rawValue) \($0.id) is not what the log tells" }.sorted()
  }
}
