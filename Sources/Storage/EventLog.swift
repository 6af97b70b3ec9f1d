import GRDB
import Inventory
import Wire

/// One stretch of the log's lineage: its events run from `firstSeq` to the next epoch's first.
package struct Epoch: Sendable, Hashable {
  package var name: String
  package var firstSeq: Int64

  package init(name: String, firstSeq: Int64) {
    self.name = name
    self.firstSeq = firstSeq
  }
}

/// A place in the log: everything up to and including `seq`, as `epoch` knows it.
package struct Position: Sendable, Hashable {
  package var epoch: String
  package var seq: Int64

  package init(epoch: String, seq: Int64) {
    self.epoch = epoch
    self.seq = seq
  }
}

/// What a device that returns with a position is told. Exactly one of the three.
package enum Resumption: Sendable, Equatable {
  case nothingMissed
  case replay(after: Int64)
  case snapshotRequired
}

extension Store {
  /// The last committed event.
  package func position() throws(StoreError) -> Position {
    try read(Self.position)
  }

  static func position(_ db: Database) throws -> Position {
    let epoch = try String.fetchOne(
      db, sql: "SELECT name FROM epoch ORDER BY first_seq DESC LIMIT 1")
    return Position(epoch: epoch ?? "", seq: try head(db))
  }

  static func head(_ db: Database) throws -> Int64 {
    try db.cachedStatement(sql: "SELECT COALESCE(MAX(seq), 0) FROM event").fetchInteger() ?? 0
  }

  /// All epochs, oldest first; the last one is the present one.
  package func lineage() throws(StoreError) -> [Epoch] {
    try read(Self.lineage)
  }

  static func lineage(_ db: Database) throws -> [Epoch] {
    try Row.fetchAll(db, sql: "SELECT name, first_seq FROM epoch ORDER BY first_seq")
      .map { Epoch(name: $0[0], firstSeq: $0[1]) }
  }

  /// Events after `seq` in log order, of every topic and audience. Those that tell the level of what
  /// is being counted blind are for managers, however old they are.
  /// - Parameter bytes: what they may take together; one is always read.
  package func events(
    after seq: Int64, limit: Int, bytes: Int = .max
  ) throws(StoreError) -> [Event] {
    try read { db in
      try db.cachedStatement(
        sql: "SELECT \(Event.columnsForReaders) FROM event WHERE seq > ? ORDER BY seq LIMIT ?"
      ).fetchEvents([seq, limit], bytes: bytes)
    }
  }

  /// How a device that last saw `position` goes on. At most `limit` events are replayed.
  ///
  /// A position of an older epoch is honoured where that epoch is part of this database's lineage
  /// and the device had not seen beyond the point where a restore cut it off.
  package func resumption(
    from position: Position, replaying limit: Int64
  ) throws(StoreError) -> Resumption {
    try read { db in
      let lineage = try Self.lineage(db)
      let head = try Self.head(db)
      guard let index = lineage.firstIndex(where: { $0.name == position.epoch }) else {
        return .snapshotRequired
      }
      let end = index + 1 < lineage.count ? lineage[index + 1].firstSeq - 1 : head
      guard position.seq >= lineage[index].firstSeq - 1, position.seq <= end else {
        return .snapshotRequired
      }
      if position.seq == head { return .nothingMissed }
      let oldest = try Int64.fetchOne(db, sql: "SELECT MIN(seq) FROM event") ?? 1
      guard position.seq >= oldest - 1, head - position.seq <= limit else {
        return .snapshotRequired
      }
      return .replay(after: position.seq)
    }
  }
}

extension Event {
  static let columns = columns(roles: "roles")

  /// The columns as readers of the log get them now: what tells the level of a product that is being
  /// counted blind is for those who may complete the count.
  static let columnsForReaders = columns(
    roles: """
      CASE WHEN NOT EXISTS (SELECT 1 FROM blind_product) THEN roles \
      WHEN NOT (type GLOB 'inventory:*' OR type = 'procurement:proposed') THEN roles \
      WHEN type = 'inventory:bulk_updated' OR NOT json_valid(data) THEN roles & \(completers) \
      WHEN json_extract(data, '$.productId') IN (SELECT product FROM blind_product) \
      THEN roles & \(completers) ELSE roles END
      """)

  private static let completers = CompleteCount.performers.rawValue

  private static func columns(roles: String) -> String {
    """
    seq, type, lane, \(roles), branch, customer, hearer, topics, user, device, operation, time, \
    device_time, data
    """
  }

  init(_ row: Row) throws {
    let topics: String = row[7]
    self.init(
      seq: row[0], type: row[1], lane: Lane(rawValue: row[2]) ?? .normal,
      audience: Audience(
        roles: Roles(rawValue: UInt8(truncatingIfNeeded: row[3] as Int64)), branch: row[4],
        customer: row[5], user: row[6]),
      topics: (try JSON(parsing: topics).elements ?? []).compactMap(\.text),
      user: row[8], device: row[9], operation: row[10], time: row[11], deviceTime: row[12],
      data: row[13])
  }
}

extension Statement {
  func fetchEvents(_ arguments: StatementArguments, bytes: Int = .max) throws -> [Event] {
    var events: [Event] = []
    var size = 0
    let rows = try Row.fetchCursor(self, arguments: arguments)
    while let row = try rows.next() {
      let event = try Event(row)
      // Around the data a message has up to so much.
      size += event.data.utf8.count + 512
      guard events.isEmpty || size <= bytes else { break }
      events.append(event)
    }
    return events
  }

  func fetchInteger(_ arguments: StatementArguments = StatementArguments()) throws -> Int64? {
    try Int64.fetchOne(self, arguments: arguments)
  }
}
