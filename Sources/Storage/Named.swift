import GRDB
import Inventory

/// What a client may name by something else than the hub's id.
package enum Thing: Sendable {
  case product, location, customer, order
  /// A stock row: one product, of one lot, at one location.
  case item

  package var words: String {
    switch self {
    case .product: "product"
    case .location: "location"
    case .customer: "customer"
    case .order: "order"
    case .item: "inventory item"
    }
  }

  /// What may stand before the number where a client writes an id as a text.
  fileprivate var prefixes: [String] {
    switch self {
    case .product: ["product", "prod"]
    case .location: ["location", "loc"]
    case .customer: ["customer", "cust"]
    case .order: ["order"]
    case .item: ["item", "stock"]
    }
  }

  fileprivate var byID: String {
    switch self {
    case .product: "SELECT id FROM product WHERE id = ? AND archived = 0"
    case .location: "SELECT id FROM location WHERE id = ? AND archived = 0"
    case .customer: "SELECT id FROM customer WHERE id = ? AND archived = 0"
    case .order: "SELECT id FROM \"order\" WHERE id = ? AND deleted = 0"
    case .item: "SELECT id FROM stock WHERE id = ?"
    }
  }

  fileprivate var byText: [String] {
    switch self {
    case .product:
      [
        "SELECT id FROM product WHERE sku = ? AND archived = 0",
        "SELECT product FROM barcode WHERE code = ?",
      ]
    case .location: ["SELECT id FROM location WHERE name = ? AND archived = 0 LIMIT 2"]
    case .customer: ["SELECT id FROM customer WHERE reference = ? AND archived = 0"]
    case .order: ["SELECT id FROM \"order\" WHERE reference = ? AND deleted = 0"]
    case .item:
      [
        """
        SELECT s.id FROM stock s JOIN product p ON p.id = s.product
        WHERE p.sku = ? AND p.archived = 0 LIMIT 2
        """,
        "SELECT s.id FROM stock s JOIN barcode b ON b.product = s.product WHERE b.code = ? LIMIT 2",
      ]
    }
  }

  /// The id of what `reference` means, where that is one thing only.
  ///
  /// Bare digits are the hub's own id, written as a text, before they are anybody's number; a word and
  /// digits are so only where nothing is called just that.
  func find(_ reference: Reference, _ db: Database) throws -> Int64? {
    func one(_ sql: String, _ value: some DatabaseValueConvertible) throws -> Int64? {
      let found = try Int64.fetchAll(db.cachedStatement(sql: sql), arguments: [value])
      return found.count == 1 ? found[0] : nil
    }
    switch reference {
    case .id(let id): return try one(byID, id)
    case .text(let text):
      if let id = Reference.id(in: text, after: []), let found = try one(byID, id) { return found }
      for sql in byText {
        if let found = try one(sql, text) { return found }
      }
      return try Reference.id(in: text, after: prefixes).flatMap { try one(byID, $0) }
    }
  }
}

/// One row of stock, as other systems know it: an inventory item.
package struct StockItem: Sendable, Hashable {
  package var id: Int64
  package var place: Place
  package var quantity: Int64
}

extension StockItem {
  static func read(_ id: Int64, _ db: Database) throws -> StockItem? {
    try Row.fetchOne(
      db.cachedStatement(sql: "SELECT product, location, lot, quantity FROM stock WHERE id = ?"),
      arguments: [id]
    ).map {
      StockItem(
        id: id, place: Place(product: $0[0], location: $0[1], lot: $0[2]), quantity: $0[3])
    }
  }
}

extension Store {
  /// The ids of what `references` mean, in their order.
  package func resolve(_ thing: Thing, _ references: [Reference]) throws(StoreError) -> [Int64?] {
    try read { db in try references.map { try thing.find($0, db) } }
  }

  /// How many of the inventory item that `reference` means nobody has reserved; `nil` while that is kept
  /// from `role` by a blind count.
  package func available(of reference: Reference, to role: Role?) throws(StoreError) -> Int64? {
    let isCounter = Listing.isCounter(role)
    return try read { db in
      guard let id = try Thing.item.find(reference, db) else { return nil }
      return try Int64.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT s.quantity - COALESCE((SELECT SUM(r.quantity - r.fulfilled) FROM reservation r
              WHERE r.product = s.product AND r.location = s.location AND r.lot = s.lot
                AND r.status = 'active'), 0)
            FROM stock s WHERE s.id = ? AND NOT (? AND \(Listing.isBlind("s.product")))
            """), arguments: [id, isCounter])
    }
  }
}

extension LedgerTransaction {
  func resolve(_ reference: Reference, _ thing: Thing, field: String) throws -> Int64 {
    if let id = try thing.find(reference, db) { return id }
    switch reference {
    case .id(let id): throw Refusal.missing(thing.words, id, field: field)
    case .text(let text):
      throw Refusal(
        .notFound, "There is no one \(thing.words) that \(text) could mean.", field: field)
    }
  }

  func item(_ reference: Reference) throws -> StockItem {
    let field = "inventoryItemId"
    let id = try resolve(reference, .item, field: field)
    guard let item = try StockItem.read(id, db) else {
      throw Refusal.missing(Thing.item.words, id, field: field)
    }
    return item
  }
}
