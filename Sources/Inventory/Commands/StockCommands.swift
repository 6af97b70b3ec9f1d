/// A change of `quantity` (signed) at one place. The only way that stock changes but for the others here.
package struct AdjustStock: Command {
  package static let name = "stock.adjust"
  package static let about = "Change the stock of a product at a location by a signed quantity."
  package static let performers = Roles.crew

  package var place: Place
  package var quantity: Int64
  package var reason: MovementReason
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    place = try Place(&fields)
    quantity = try fields.change("quantity", "What comes (positive) or goes (negative).")
    reason = try fields.optionalChoice("reason", "Why.") ?? .adjustment
    note = try fields.note()
  }
}

package struct AddStock: Command {
  package static let name = "stock.add"
  package static let about = "Book goods that arrived at a location."
  package static let performers = Roles.crew

  package var place: Place
  package var quantity: Int64
  package var reason: MovementReason
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    place = try Place(&fields)
    quantity = try fields.quantity("quantity", "How many arrived.")
    reason = try fields.optionalChoice("reason", "Why.") ?? .restock
    note = try fields.note()
  }
}

package struct RemoveStock: Command {
  package static let name = "stock.remove"
  package static let about = "Book goods that were taken from a location."
  package static let performers = Roles.crew

  package var place: Place
  package var quantity: Int64
  package var reason: MovementReason
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    place = try Place(&fields)
    quantity = try fields.quantity("quantity", "How many were taken.")
    reason = try fields.optionalChoice("reason", "Why.") ?? .use
    note = try fields.note()
  }
}

package struct MoveStock: Command {
  package static let name = "stock.move"
  package static let about = "Move goods from one location to another at once."
  package static let performers = Roles.crew

  package var product: Int64
  package var lot: String
  package var from: Int64
  package var to: Int64
  package var quantity: Int64
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    product = try fields.id("productId", "The product.")
    lot = try fields.lot()
    from = try fields.id("fromLocationId", "Where the goods are taken.")
    to = try fields.id("toLocationId", "Where they are put.")
    quantity = try fields.quantity("quantity", "How many are moved.")
    note = try fields.note()
  }
}

/// Sets a level, as a movement against the stock that the counter could know of.
package struct CountStock: Command {
  package static let name = "stock.count"
  package static let about = """
    Set the stock of a product at a location to what was counted. Movements after "seq" are kept \
    on top of the count.
    """
  package static let performers = Roles.crew

  package var place: Place
  package var counted: Int64
  package var seq: Int64?
  package var epoch: String?
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    place = try Place(&fields)
    counted = try fields.quantity("counted", "How many are there.", atLeast: 0)
    seq = try fields.seq("seq", "The last event that the counter had seen; the latest if left out.")
    epoch = try fields.optionalText("epoch", 1...64, "The epoch that seq belongs to.")
    note = try fields.note()
  }
}

/// Sets the level of a stock row, as a count against the level of this moment.
package struct SetStock: Command {
  package static let name = "stock.set"
  package static let about = """
    Set the level of an inventory item, one product at one location, to what is there now. Booked as \
    the difference.
    """
  package static let performers = Roles.crew

  package var item: Reference
  package var level: Int64
  package var reason: String?
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    item = try fields.reference("inventoryItemId", Reference.aboutItem)
    level = try fields.quantity("quantity", "How many are there.", atLeast: 0)
    reason = try fields.optionalText("reason", 0...200, "Why, in words.")
    note = try fields.note()
  }
}

/// Many movements in one step: all or none.
package struct BulkStock: Command {
  package static let name = "stock.bulk"
  package static let about = "Change the stock of many products or places at once: all, or none."
  package static let performers = Roles.crew

  package struct Line: Sendable {
    package var place: Place
    package var quantity: Int64

    init(_ fields: inout Fields) throws(Refusal) {
      place = try Place(&fields)
      quantity = try fields.change("quantity", "What comes (positive) or goes (negative).")
    }
  }

  package var lines: [Line]
  package var reason: MovementReason
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    lines = try fields.lines("lines", "What changes.", Line.init) ?? []
    reason = try fields.optionalChoice("reason", "Why.") ?? .adjustment
    note = try fields.note()
  }
}

/// For whoever changed so much that following it event by event serves nobody.
package struct SyncInventory: Command {
  package static let name = "inventory.sync"
  package static let about = "Tell all devices to load the inventory anew, after a large change."
  package static let performers = Roles.managers

  package var reason: String

  package init(reason: String) {
    self.reason = reason
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    reason = try fields.text("reason", 1...200, "What changed, in words.")
  }
}

/// One product, of one lot, at one location.
package struct Place: Sendable, Hashable {
  package var product: Int64
  package var location: Int64
  package var lot: String

  package init(product: Int64, location: Int64, lot: String = "") {
    self.product = product
    self.location = location
    self.lot = lot
  }

  init(_ fields: inout Fields) throws(Refusal) {
    product = try fields.id("productId", "The product.")
    location = try fields.id("locationId", "The location.")
    lot = try fields.lot()
  }
}

/// So many of one product and lot.
package struct GoodsLine: Sendable {
  package var product: Int64
  package var lot: String
  package var quantity: Int64

  package init(product: Int64, lot: String, quantity: Int64) {
    self.product = product
    self.lot = lot
    self.quantity = quantity
  }

  init(_ fields: inout Fields) throws(Refusal) {
    product = try fields.id("productId", "The product.")
    lot = try fields.lot()
    quantity = try fields.quantity("quantity", "How many.")
  }
}

extension Fields {
  mutating func lot() throws(Refusal) -> String {
    try optionalText("lot", 0...64, "The lot or batch; empty where lots are not kept apart.") ?? ""
  }

  mutating func note() throws(Refusal) -> String? {
    try optionalText("note", 0...500, "A remark for people.")
  }
}
