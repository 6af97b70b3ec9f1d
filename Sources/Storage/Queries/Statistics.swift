import GRDB
import Inventory
import Wire

extension Store {
  /// Figures of the whole site, for a person's overview.
  package func statistics() throws(StoreError) -> JSON {
    try read { db in
      func integer(_ sql: String) throws -> JSON {
        .int(try db.cachedStatement(sql: sql).fetchInteger() ?? 0)
      }
      let statuses = try Row.fetchAll(
        db, sql: "SELECT status, COUNT(*) FROM \"order\" WHERE deleted = 0 GROUP BY status")
      return [
        "products": try integer("SELECT COUNT(*) FROM product WHERE archived = 0"),
        "locations": try integer("SELECT COUNT(*) FROM location WHERE archived = 0"),
        "units": try integer("SELECT COALESCE(SUM(quantity), 0) FROM stock"),
        "lowStock": try integer(
          "SELECT COUNT(*) FROM product WHERE archived = 0 AND alert = 1"),
        "outOfStock": try integer(
          "SELECT COUNT(*) FROM product WHERE archived = 0 AND alert = 2"),
        "movements": try integer("SELECT COUNT(*) FROM movement"),
        "reservations": try integer("SELECT COUNT(*) FROM reservation WHERE status = 'active'"),
        "openCounts": try integer("SELECT COUNT(*) FROM count WHERE status = 'open'"),
        "openTransfers": try integer(
          "SELECT COUNT(*) FROM transfer WHERE status IN ('created', 'shipped')"),
        "ordersByStatus": .object(
          JSON.Members(statuses.map { (key: $0[0] as String, value: .int($0[1])) })),
        "customers": try integer("SELECT COUNT(*) FROM customer WHERE archived = 0"),
        "users": try integer("SELECT COUNT(*) FROM user WHERE active = 1"),
        "events": .int(try Self.head(db)),
      ]
    }
  }
}
