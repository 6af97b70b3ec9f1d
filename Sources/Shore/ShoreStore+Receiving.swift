import GRDB
import Inventory
import Sync
import Wire

extension ShoreStore {
  /// What became of a batch, once its transaction is on disk.
  package enum Receipt: Sendable, Hashable {
    case accepted(refused: [EventRefusal])
    /// Events are missing between `through`, where the lane's log ends, and the batch.
    case gap(through: Int64)
    /// The site's log is known under other epochs, and the batch shares none of them.
    case stranger
  }

  /// Applies a batch whose sender has proved to be `site`: every event once, however often it
  /// comes.
  package func receive(
    _ batch: ReceivedBatch, from site: SiteName, at time: Int64
  ) async throws(ShoreError) -> Receipt {
    try await writing { db in
      guard let id = try Site.id(of: site, db) else { throw ShoreError.unknownSite(site) }
      try db.execute(
        sql: "UPDATE site SET lastContact = ? WHERE id = ?", arguments: [time, id])
      let head = batch.head
      guard try Self.follow(head.lineage, of: id, db) else { return .stranger }
      let cursor = try Site.cursor(of: id, lane: head.lane, db)
      guard head.after <= cursor else { return .gap(through: cursor) }

      let documents = Documents(of: id, db)
      var refused = batch.refused
      for event in batch.events {
        do {
          let late = event.seq <= cursor ? try EventRow.lastLate(of: id, db) + 1 : nil
          let isNew = try EventRow.insert(
            event, site: id, epoch: head.epoch, late: late, at: time, db)
          if isNew { try documents.fold(event) }
        } catch let refusal as EventRefusal {
          refused.append(refusal)
        }
      }
      for refusal in refused {
        try EventRow.insert(refusal, site: id, head: head, at: time, db)
      }
      try Site.advance(id, lane: head.lane, through: head.through, db)
      return .accepted(refused: refused)
    }
  }

  /// Makes the told lineage the site's own; `false` when it is another hub's.
  private static func follow(_ told: Lineage, of site: Int64, _ db: Database) throws -> Bool {
    guard let known = try Site.lineage(of: site, db) else {
      try Site.setLineage(told, of: site, db)
      return true
    }
    switch known.change(to: told) {
    case .none: return true
    case .stranger: return false
    case .turned(let through):
      try Site.setLineage(told, of: site, db)
      try Site.clamp(site, through: through, db)
      try Documents(of: site, db).rebuild()
      return true
    }
  }
}

/// An event's row: written once, read back exactly as it came.
enum EventRow {
  static let columns =
    "seq, lane, type, topics, roles, branch, customer, hearer, user, time, deviceTime, data"

  /// - Returns: whether it was not there yet.
  static func insert(
    _ event: Event, site: Int64, epoch: String, late: Int64?, at time: Int64, _ db: Database
  ) throws -> Bool {
    let insert = try db.cachedStatement(
      sql: """
        INSERT INTO event (\(columns), site, epoch, late, receivedAt)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """)
    let topics = JSON.array(event.topics.map(JSON.string)).encoded
    try insert.execute(arguments: [
      event.seq, event.lane.rawValue, event.type, topics, Int64(event.audience.roles.rawValue),
      event.audience.branch, event.audience.customer, event.audience.user, event.user, event.time,
      event.deviceTime, event.data, site, epoch, late, time,
    ])
    guard db.changesCount == 0 else {
      // What was refused once and came again whole is refused no longer.
      try db.cachedStatement(
        sql: "DELETE FROM refusedEvent WHERE site = ? AND epoch = ? AND seq = ?"
      ).execute(arguments: [site, epoch, event.seq])
      return true
    }
    let held = try db.cachedStatement(
      sql: "SELECT \(columns) FROM event WHERE site = ? AND epoch = ? AND seq = ?")
    guard
      let row = try Row.fetchOne(held, arguments: [site, epoch, event.seq]),
      try self.event(row) == event
    else {
      throw EventRefusal(
        seq: event.seq, code: .diverged,
        message: "Shore holds another event under seq \(event.seq) of epoch \(epoch): the hub's "
          + "database was put back by hand, or two hubs use this site's key.")
    }
    return false
  }

  static func insert(
    _ refusal: EventRefusal, site: Int64, head: BatchHead, at time: Int64, _ db: Database
  ) throws {
    try db.execute(
      sql: """
        INSERT INTO refusedEvent (site, epoch, seq, lane, code, message, refusedAt)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
      arguments: [
        site, head.epoch, refusal.seq, head.lane.rawValue, refusal.code, refusal.message, time,
      ])
  }

  /// The site's events of one epoch within `seqs`, in order.
  static func cursor(
    site: Int64, epoch: String, seqs: ClosedRange<Int64>, _ db: Database
  ) throws -> RowCursor {
    try Row.fetchCursor(
      db,
      sql: """
        SELECT \(columns) FROM event WHERE site = ? AND epoch = ? AND seq BETWEEN ? AND ?
        ORDER BY seq
        """,
      arguments: [site, epoch, seqs.lowerBound, seqs.upperBound])
  }

  static func event(_ row: Row) throws -> Event {
    guard let lane = Lane(rawValue: row[1]), let roles = UInt8(exactly: row[4] as Int64) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "event \(row[0] as Int64)")
    }
    return Event(
      seq: row[0], type: row[2], lane: lane,
      audience: Audience(
        roles: Roles(rawValue: roles), branch: row[5], customer: row[6], user: row[7]),
      topics: try JSON(parsing: row[3]).elements?.compactMap(\.text) ?? [], user: row[8],
      time: row[9], deviceTime: row[10], data: row[11])
  }
}
