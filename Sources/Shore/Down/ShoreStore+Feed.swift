import GRDB
import Inventory
import Sync
import Wire

/// What is to go down to each site: numbered, and kept for good, so that a hub which was put back to
/// an older copy gets again what it lost.
extension ShoreStore {
  /// A change as somebody ashore asks for it.
  package struct Order: Sendable, Hashable {
    package var command: String
    package var data: JSON
    /// What people call them.
    package var author: String
    /// The same tag again brings the same change.
    package var tag: String

    /// - Parameter tag: a new one of shore's own where left out.
    package init(
      _ command: String, _ data: JSON, by author: String, tag: String? = nil
    ) throws(Problem) {
      let isCommand = (1...64).contains(command.utf8.count) && SiteName(command) != nil
      guard isCommand else {
        throw Problem(.malformed, "The command has no name such as product.update.")
      }
      guard data.members != nil, data.encodedBytes.count <= Limits.changeData else {
        throw Problem(
          .malformed, "The command's data must be an object of at most \(Limits.changeData) bytes.")
      }
      guard (1...100).contains(author.count),
        author.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
      else { throw Problem(.malformed, "Say in 1 to 100 characters who asks for it.") }
      let tag = tag ?? ShoreChange.freshTag()
      guard ShoreChange.allows(tag: tag) else {
        throw Problem(
          .malformed,
          "An idempotency key has 8 to 64 letters, digits, dots, underscores or hyphens.")
      }
      self.command = command
      self.data = data
      self.author = author
      self.tag = tag
    }
  }

  /// Queues changes, all or none; durable when this returns.
  /// - Returns: their numbers. They may still change, should shore turn out to be an older copy.
  package func enqueue(
    _ orders: [Order], for site: SiteName, at time: Int64
  ) async throws(ShoreError) -> [Int64] {
    try await writing { db in
      guard let id = try Site.id(of: site, db) else { throw ShoreError.unknownSite(site) }
      return try orders.map { try Feed(of: id, db).append($0, at: time) }
    }
  }

  /// What follows the hub's cursor; `nil` where the hub's log is none that shore knows.
  func changes(
    _ request: ChangeRequest, at time: Int64
  ) async throws(ShoreError) -> [ShoreChange]? {
    try await writing { db in
      guard let id = try Site.id(of: request.site, db) else {
        throw ShoreError.unknownSite(request.site)
      }
      let feed = Feed(of: id, db)
      try feed.heard(request, at: time)
      let lineage = try Site.lineage(of: id, db)
      guard lineage?.entries.contains(where: { $0.epoch == request.epoch }) ?? true else {
        return nil
      }
      try feed.agree(on: request.after, tag: request.tag)
      return try feed.changes(after: request.after)
    }
  }

  /// The last number of every site's feed.
  func latestChanges() async throws(ShoreError) -> [SiteName: Int64] {
    try await reading { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT name, (SELECT MAX(number) FROM change WHERE site = site.id) FROM site
          WHERE EXISTS (SELECT 1 FROM change WHERE site = site.id)
          """)
      return Dictionary(
        uniqueKeysWithValues: rows.compactMap { row in SiteName(row[0]).map { ($0, row[1]) } })
    }
  }

  /// Changes that the hub has not acknowledged, oldest first.
  package func pendingChanges(of site: SiteName) async throws(ShoreError) -> [ShoreChange] {
    try await reading { db in
      guard let id = try Site.id(of: site, db) else { throw ShoreError.unknownSite(site) }
      let feed = Feed(of: id, db)
      return try feed.changes(after: try feed.acknowledged())
    }
  }
}

/// One site's feed, inside a transaction.
struct Feed {
  let site: Int64
  let db: Database

  init(of site: Int64, _ db: Database) {
    self.site = site
    self.db = db
  }

  func append(_ order: ShoreStore.Order, at time: Int64) throws -> Int64 {
    let known = try Row.fetchOne(
      db, sql: "SELECT number, command, data FROM change WHERE site = ? AND tag = ?",
      arguments: [site, order.tag])
    if let known {
      guard known[1] == order.command, try JSON(parsing: known[2]) == order.data else {
        throw ShoreError.tagReused(order.tag)
      }
      return known[0]
    }
    let last = max(try last(), try acknowledged())
    let stamp = try tick(now: time)
    let lineage = try Site.lineage(of: site, db)
    let seen = try Lane.allCases.map { JSON.int(try Site.cursor(of: site, lane: $0, db)) }
    try db.execute(
      sql: """
        INSERT INTO change (site, number, tag, time, count, epoch, seen, author, command, data)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        site, last + 1, order.tag, stamp.time, stamp.count, lineage?.entries.last?.epoch,
        JSON.array(seen).encoded, order.author, order.command, order.data.encoded,
      ])
    return last + 1
  }

  /// Notes what the hub said of itself.
  func heard(_ request: ChangeRequest, at time: Int64) throws {
    let backlog = JSON.object(
      JSON.Members(Lane.allCases.map { ($0.name, .int(request.backlog[$0] ?? 0)) }))
    try db.execute(
      sql: """
        INSERT INTO feed (site, acknowledged, askedAt, backlog) VALUES (?, 0, ?, ?)
        ON CONFLICT DO UPDATE SET askedAt = excluded.askedAt, backlog = excluded.backlog
        """, arguments: [site, time, backlog.encoded])
    try db.execute(
      sql: "UPDATE site SET lastContact = ? WHERE id = ?", arguments: [time, site])
  }

  /// The hub has everything through `after`. Where its last change is not the one that stands here
  /// under that number, shore is an older copy of itself: what the hub has not acknowledged to this
  /// copy is numbered anew from there on, under the tags by which the hub knows what it has.
  func agree(on after: Int64, tag: String?) throws {
    let held = try String.fetchOne(
      db, sql: "SELECT tag FROM change WHERE site = ? AND number = ?", arguments: [site, after])
    if after > 0, held != tag {
      let first = try min(acknowledged(), after) + 1
      let pending = try Int64.fetchAll(
        db, sql: "SELECT number FROM change WHERE site = ? AND number >= ? ORDER BY number",
        arguments: [site, first])
      // Out of the way first: no two may have one number, not even for a moment.
      try db.execute(
        sql: "UPDATE change SET number = -number WHERE site = ? AND number >= ?",
        arguments: [site, first])
      for (index, number) in pending.enumerated() {
        try db.execute(
          sql: "UPDATE change SET number = ? WHERE site = ? AND number = ?",
          arguments: [after + 1 + Int64(index), site, -number])
      }
    }
    try db.execute(
      sql: "UPDATE feed SET acknowledged = ? WHERE site = ?", arguments: [after, site])
  }

  func acknowledged() throws -> Int64 {
    try Int64.fetchOne(
      db, sql: "SELECT acknowledged FROM feed WHERE site = ?", arguments: [site]) ?? 0
  }

  func last() throws -> Int64 {
    try Int64.fetchOne(
      db, sql: "SELECT MAX(number) FROM change WHERE site = ?", arguments: [site]) ?? 0
  }

  /// As many as one page may hold.
  func changes(after: Int64) throws -> [ShoreChange] {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT number, tag, time, count, epoch, seen, author, command, data FROM change
        WHERE site = ? AND number > ? ORDER BY number LIMIT ?
        """, arguments: [site, after, Limits.pageChanges])
    var changes: [ShoreChange] = []
    var bytes = 0
    while let row = try rows.next() {
      let data: String = row[8]
      bytes += data.utf8.count + 200
      guard changes.isEmpty || bytes <= Limits.changePage else { break }
      let seen = try JSON(parsing: row[5]).elements?.map { $0.integer ?? 0 } ?? []
      changes.append(
        ShoreChange(
          number: row[0], tag: row[1], stamp: Stamp(time: row[2], count: row[3], side: .ashore),
          seen: .init(
            epoch: row[4], through: Dictionary(uniqueKeysWithValues: zip(Lane.allCases, seen))),
          author: row[6], command: row[7], data: try JSON(parsing: data)))
    }
    return changes
  }

  private func tick(now: Int64) throws -> Stamp {
    let row = try Row.fetchOne(db, sql: "SELECT time, count FROM clock")
    var clock = HybridClock(
      latest: Stamp(time: row?[0] ?? 0, count: row?[1] ?? 0, side: .ashore))
    let stamp = clock.tick(now: now)
    try db.execute(
      sql: "INSERT OR REPLACE INTO clock (id, time, count) VALUES (1, ?, ?)",
      arguments: [stamp.time, stamp.count])
    return stamp
  }
}
