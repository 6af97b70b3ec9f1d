import Foundation
import GRDB
import Storage

/// The least that saving a change can cost here: the rows that the hub writes for one, and nothing
/// else, on a database of the same shape with the same settings.
struct CommitFloor {
  private let queue: DatabaseQueue

  init(in directory: String, _ workplace: Workplace) throws {
    _ = try workplace.stock(products: 1, in: directory)
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { db in
      try db.execute(
        sql: """
          PRAGMA journal_mode = WAL;
          PRAGMA synchronous = FULL;
          PRAGMA cache_size = -1024;
          PRAGMA temp_store = MEMORY;
          PRAGMA journal_size_limit = 8388608;
          """)
    }
    queue = try DatabaseQueue(
      path: directory + "/" + Store.fileName, configuration: configuration)
  }

  /// - Returns: changes a second.
  func measure(group: Int, seconds: Double) throws -> Double {
    try queue.writeWithoutTransaction { db in
      let (start, end) = (Clock.now(), Clock.now() + UInt64(seconds * 1e9))
      var count = 0
      while Clock.now() < end {
        try db.inTransaction(.immediate) {
          for _ in 0..<group { try Self.write(db) }
          return .commit
        }
        count += group
      }
      return Double(count) / Clock.seconds(since: start)
    }
  }

  /// One change a transaction, at even times whether or not the last one is done.
  func pace(perSecond: Int, seconds: Int) throws -> Latencies {
    try queue.writeWithoutTransaction { db in
      var latencies = Latencies()
      let start = Clock.now()
      for number in 0..<perSecond * seconds {
        let due = start + UInt64(number) * 1_000_000_000 / UInt64(perSecond)
        let now = Clock.now()
        if due > now { usleep(UInt32((due - now) / 1000)) }
        try db.inTransaction(.immediate) {
          try Self.write(db)
          return .commit
        }
        latencies.record(Clock.now() - due)
      }
      return latencies
    }
  }

  /// One stock.adjust: the level, the event, the movement and the operation's result.
  private static func write(_ db: Database) throws {
    let event = #"""
      {"productId":1,"productName":"Impeller kit","sku":"SKU-1","oldStock":1,"newStock":2,\#
      "difference":1,"reason":"adjustment","locationId":1,"locationStock":2,"userId":1}
      """#
    func execute(_ sql: String, _ arguments: StatementArguments) throws {
      try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
    try execute(
      """
      INSERT INTO stock (product, location, lot, quantity) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity
      """, [1, 1, "", 1])
    try execute(
      """
      INSERT INTO event (type, lane, roles, topics, user, device, operation, time, data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        "inventory:updated", 2, 7, #"["inventory","inventory:location:1","inventory:product:1"]"#,
        1, "", "12-345678", 1_764_547_200_000, event,
      ])
    let seq = db.lastInsertedRowID
    try execute(
      """
      INSERT INTO movement
        (seq, product, location, lot, quantity, reason, reference, note, user, time, device_time)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, [seq, 1, 1, "", 1, "adjustment", nil, nil, 1, 1_764_547_200_000, nil])
    try execute(
      """
      INSERT INTO operation (author, id, fingerprint, seq, refusal, field, outcome)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """, ["1/", "12-\(seq)", seq &* 1_099_511_628_211, seq, nil, nil, #"{"locationStock":2}"#])
  }

  /// What a hub that has stopped left in its folder.
  static func kept(in directory: String) throws -> (stock: Int, operations: Int) {
    try DatabaseQueue(path: directory + "/" + Store.fileName).read { db in
      (
        try Int.fetchOne(db, sql: "SELECT SUM(quantity) FROM stock") ?? 0,
        try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM operation") ?? 0
      )
    }
  }
}
