import GRDB

/// Bytes that the uplink spent, by the hour of powered time in which it spent them.
///
/// Hours count while the hub has power, so that no clock, right or wrong, opens or shuts a budget;
/// a hub that is off part of the day keeps to its budget more strictly than it would have to.
extension Store {
  /// The longest budget's span.
  package static let spendingHours: Int64 = 30 * 24

  package static func hour(powered milliseconds: Int64) -> Int64 { milliseconds / 3_600_000 }

  package func linkSpending(since hour: Int64) throws(StoreError) -> [Int64: Int64] {
    try read { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT hour, bytes FROM link_spending WHERE hour >= ?", arguments: [hour])
      return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
    }
  }

  package func spent(_ bytes: Int64, in hour: Int64) throws(StoreError) {
    try write { db in try Self.spent(db, bytes, in: hour) }
  }

  static func spent(_ db: Database, _ bytes: Int64, in hour: Int64) throws {
    try db.execute(
      sql: """
        INSERT INTO link_spending (hour, bytes) VALUES (?, ?)
        ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes
        """, arguments: [hour, bytes])
    try db.execute(
      sql: "DELETE FROM link_spending WHERE hour <= ?", arguments: [hour - spendingHours])
  }
}
