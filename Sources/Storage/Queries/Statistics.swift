import GRDB
import Inventory
import Wire

extension Store {
  /// Figures of the whole site, for a person's overview. While a blind count is open whoever may not
  /// complete it is told none that levels go into.
  package func statistics(for role: Role) throws(StoreError) -> JSON {
    try read { db in
      func integer(_ sql: String) throws -> JSON {
        .int(try db.cachedStatement(sql: sql).fetchInteger() ?? 0)
      }
      let statuses = try Row.fetchAll(
        db, sql: "SELECT status, COUNT(*) FROM \"order\" WHERE deleted = 0 GROUP BY status")
      let isKept = try Listing.isCounter(role) && integer(Listing.blindCounts) != 0
      func level(_ sql: String) throws -> JSON? { isKept ? nil : try integer(sql) }
      return .compact([
        "products": try integer("SELECT COUNT(*) FROM product WHERE archived = 0"),
        "locations": try integer("SELECT COUNT(*) FROM location WHERE archived = 0"),
        "units": try level("SELECT COALESCE(SUM(quantity), 0) FROM stock"),
        "lowStock": try level(
          "SELECT COUNT(*) FROM product WHERE archived = 0 AND alert = 1"),
        "outOfStock": try level(
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
      ])
    }
  }
}
