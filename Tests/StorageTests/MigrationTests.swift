import GRDB
import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct MigrationTests {
  /// A file as a hub of the first schema left it: stock, an order, a notification and count rooms.
  private func first() throws -> Folder {
    let folder = try Folder()
    let pool = try DatabasePool(path: folder.database)
    try Schema.migrator.migrate(pool, upTo: "1 the ledger")
    try pool.write { db in
      try db.execute(
        sql: """
          INSERT INTO epoch (first_seq, name, started) VALUES (1, 'old', 1);
          INSERT INTO user (login, name, role) VALUES ('ana', 'Ana', 'admin');
          INSERT INTO product (sku, name, unit, price, currency, minimum, forbids_negative)
            VALUES ('K', 'Kit', 'pcs', 100, 'EUR', 5, 0);
          INSERT INTO location (name) VALUES ('Store');
          INSERT INTO stock (product, location, lot, quantity) VALUES (1, 1, '', 8);
          INSERT INTO "order" (channel, status, total, currency, time)
            VALUES ('web', 'processing', 200, 'EUR', 1);
          INSERT INTO order_line VALUES (1, 1, 1, 2, 100, 2);
          INSERT INTO event (seq, type, lane, roles, topics, time, data)
            VALUES (1, 'inventory:updated', 2, 7, '["inventory"]', 1, '{"productId":1}'),
              (2, 'inventory:updated', 2, 7, '["inventory"]', 1, '{"productId":1}');
          INSERT INTO movement (seq, product, location, lot, quantity, reason, reference, time)
            VALUES (1, 1, 1, '', 10, 'restock', NULL, 1), (2, 1, 1, '', -2, 'sale', 'order:1', 1);
          INSERT INTO notification (kind, title, message, severity, roles, seq, time)
            VALUES ('alert', 'Old', 'news', 'info', 31, 1, 1);
          INSERT INTO count (room, blind, status, opened_seq, time) VALUES
            ('Alfa Romeo/09/2025', 0, 'open', 1, 1), ('Fiat/9/2025', 0, 'open', 1, 1),
            ('Fiat/09/2025', 0, 'open', 1, 1), ('Cellar', 0, 'open', 1, 1);
          """)
    }
    try pool.close()
    return folder
  }

  @Test func `a file of the first schema opens, keeps what it had and takes the new commands`()
    async throws
  {
    let hub = try Hub(in: try first())

    #expect(try hub.store.verify().isEmpty)
    #expect(try hub.store.position() == Position(epoch: "old", seq: 2))
    #expect(
      try hub.store.item(.notifications, id: 1, for: .reader).map { try JSON(parsing: $0) }?[
        "title"] == "Old")
    try await hub.perform("stock.set", ["inventoryItemId": 1, "quantity": 2])
    #expect(try hub.told(.procurementProposed).map { $0["quantity"] } == [8])
    try await hub.perform("order.status", ["orderId": 1, "status": "cancelled"])
    #expect(try hub.level(1, at: 1) == 4)
    #expect(try hub.store.verify().isEmpty)
  }

  @Test func `rooms that differ by a zero become one where none stands in the way`() async throws {
    let hub = try Hub(in: try first())

    #expect(
      try hub.text("SELECT group_concat(room) FROM (SELECT room FROM count ORDER BY id)")
        == "Alfa Romeo/9/2025,Fiat/9/2025,Fiat/09/2025,Cellar")
    #expect(
      try await hub.perform("count.open", ["room": "Alfa Romeo/09/2025"])
        == ["countId": 1, "opened": false])
    try await hub.perform("count.complete", ["countId": 3])
  }

  @Test func `what is looked up in a transaction has its index`() throws {
    let hub = try Hub()
    func plan(_ sql: String) throws -> String {
      try hub.store.read { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
          .joined(separator: "; ")
      }
    }

    for (index, sql) in [
      (
        "movement_order",
        "SELECT 1 FROM movement WHERE reference = 'order:1' AND reference GLOB 'order:*'"
      ),
      ("transfer_shipped", "SELECT 1 FROM transfer WHERE status = 'shipped'"),
      ("proposal_open", "SELECT id FROM proposal WHERE product = 1 AND status = 'open'"),
      ("count_of_room", "SELECT id FROM count WHERE room = 'A'"),
      ("location_by_name", "SELECT id FROM location WHERE name = 'A' AND archived = 0"),
    ] {
      let plan = try plan(sql)
      #expect(plan.contains("USING") && !plan.contains("SCAN"), "\(index): \(plan)")
    }
  }
}

extension Identity {
  fileprivate static let reader = Identity(user: 1, name: "ana", role: .admin, session: 1)
}
