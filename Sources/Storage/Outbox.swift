import GRDB
import Inventory

/// An event that shore would not take, with its reason.
package struct ShoreRefusal: Sendable, Hashable {
  package var seq: Int64
  package var code: String
  package var message: String

  package init(seq: Int64, code: String, message: String) {
    self.seq = seq
    self.code = code
    self.message = message
  }
}

/// The log read as a queue: nothing leaves it, a cursor per lane says how far shore has confirmed.
extension Store {
  /// Events of one lane after `seq`, in log order.
  package func outbox(lane: Lane, after seq: Int64, limit: Int) throws(StoreError) -> [Event] {
    try read { db in
      try db.cachedStatement(
        sql: """
          SELECT \(Event.columns) FROM event INDEXED BY event_lane
          WHERE lane = ? AND seq > ? ORDER BY seq LIMIT ?
          """
      ).fetchEvents([lane.rawValue, seq, limit])
    }
  }

  /// The highest event of `lane` that shore has durably confirmed; 0 before the first.
  package func shoreCursor(_ lane: Lane) throws(StoreError) -> Int64 {
    try read { db in try Self.shoreCursor(db, lane) }
  }

  package func shoreCursors() throws(StoreError) -> [Lane: Int64] {
    try read { db in
      try Dictionary(uniqueKeysWithValues: Lane.allCases.map { ($0, try Self.shoreCursor(db, $0)) })
    }
  }

  private static func shoreCursor(_ db: Database, _ lane: Lane) throws -> Int64 {
    try db.cachedStatement(sql: "SELECT seq FROM shore_cursor WHERE lane = ?")
      .fetchInteger([lane.rawValue]) ?? 0
  }

  /// How many events of each lane shore has not confirmed.
  package func backlog() throws(StoreError) -> [Lane: Int64] {
    try read { db in
      try Dictionary(
        uniqueKeysWithValues: Lane.allCases.map { lane in
          let count = try db.cachedStatement(
            sql: "SELECT COUNT(*) FROM event WHERE lane = ? AND seq > ?"
          ).fetchInteger([lane.rawValue, try Self.shoreCursor(db, lane)])
          return (lane, count ?? 0)
        })
    }
  }

  /// The last event up to which every lane is confirmed: what devices show as safe on shore.
  package func safeOnShore() throws(StoreError) -> Int64 {
    try read { db in
      let head = try Self.head(db)
      return try Lane.allCases.map { lane in
        let next = try db.cachedStatement(
          sql: "SELECT MIN(seq) FROM event WHERE lane = ? AND seq > ?"
        ).fetchInteger([lane.rawValue, try Self.shoreCursor(db, lane)])
        return next.map { $0 - 1 } ?? head
      }.min() ?? 0
    }
  }

  /// Moves a lane's cursor to what shore has durably stored. Refused events go to the tray of what
  /// needs a person, in the same transaction.
  ///
  /// What came over the link does not wait for the disk, nor let the crew's next commit wait: shore says
  /// again what a power cut takes back. A courier's word is on the disk when this returns.
  /// - Parameter spending: the bytes that it took on the link, and their hour of powered time.
  package func acknowledged(
    _ lane: Lane, through seq: Int64, refused: [ShoreRefusal],
    spending: (bytes: Int64, hour: Int64)? = nil
  ) throws(StoreError) {
    try write(flushing: spending == nil) { db in
      if let spending { try Self.spent(db, spending.bytes, in: spending.hour) }
      // Events that are still to come are not confirmed, whatever shore says.
      try setShoreCursor(db, lane, min(seq, try Self.head(db)), sql: "MAX(seq, excluded.seq)")
      for refusal in refused { try note(db, refusal) }
    }
  }

  private func note(_ db: Database, _ refusal: ShoreRefusal) throws {
    try db.execute(
      sql: """
        INSERT INTO shore_refusal (seq, code, message, time) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET code = excluded.code, message = excluded.message, retry = 0
        """, arguments: [refusal.seq, refusal.code, refusal.message, now()])
  }

  /// The next event of the tray that a person wants sent once more.
  package func nextRetry() throws(StoreError) -> Event? {
    try read { db in
      try db.cachedStatement(
        sql: """
          SELECT \(Event.columns) FROM event WHERE seq =
            (SELECT MIN(seq) FROM shore_refusal WHERE retry = 1)
          """
      ).fetchEvents([]).first
    }
  }

  /// What became of an event that was sent once more: it leaves the tray, or lies there again.
  package func retried(_ seq: Int64, refusal: ShoreRefusal?) throws(StoreError) {
    try write { db in
      if let refusal {
        try note(db, refusal)
      } else {
        try db.execute(sql: "DELETE FROM shore_refusal WHERE seq = ?", arguments: [seq])
      }
    }
  }

  /// The latest time that one of the newest events bears: the clock has been there once.
  package func latestTime() throws(StoreError) -> Int64? {
    try read { db in
      try Int64.fetchOne(
        db, sql: "SELECT MAX(time) FROM (SELECT time FROM event ORDER BY seq DESC LIMIT 1000)")
    }
  }

  /// Shore has less than the cursor says, because it was itself restored: it is sent again, and what
  /// the tray has sent late since then as well.
  package func rewound(_ lane: Lane, to seq: Int64) throws(StoreError) {
    try write { db in
      try setShoreCursor(db, lane, seq, sql: "excluded.seq")
      try db.execute(
        sql: """
          INSERT INTO shore_refusal (seq, code, message, time, retry)
          SELECT late.seq, 'withheld', 'Shore was put back to an older copy.', ?, 1
          FROM event AS word CROSS JOIN event AS late ON late.seq = json_extract(word.data, '$.trayId')
          WHERE word.seq > ? AND word.type = 'tray:retried' AND late.lane = ? AND late.seq <= ?
          AND NOT EXISTS (
            SELECT 1 FROM event AS final WHERE final.seq > word.seq
            AND final.type IN ('tray:dropped', 'tray:corrected') AND late.seq IN (
              json_extract(final.data, '$.trayId'), json_extract(final.data, '$.corrects')))
          ON CONFLICT DO NOTHING
          """, arguments: [now(), seq, lane.rawValue, seq])
    }
  }

  private func setShoreCursor(_ db: Database, _ lane: Lane, _ seq: Int64, sql: String) throws {
    try db.execute(
      sql: """
        INSERT INTO shore_cursor (lane, seq) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET seq = \(sql)
        """, arguments: [lane.rawValue, seq])
  }

  /// How many events wait for a person, because shore refused them.
  package func shoreRefusalCount() throws(StoreError) -> Int64 {
    try read { try Int64.fetchOne($0, sql: "SELECT COUNT(*) FROM shore_refusal") ?? 0 }
  }
}
