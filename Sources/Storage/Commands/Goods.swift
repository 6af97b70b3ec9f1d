import GRDB
import Inventory
import Wire

/// What several commands ask about products, places and levels.
struct StockedProduct {
  var id: Int64
  var sku: String
  var name: String
  var price: Int64
  var currency: String
  var minimum: Int64
  var alert: StockAlert
  var forbidsNegative: Bool
  /// The sum over all locations and lots.
  var total: Int64
  var reserved: Int64
}

struct StockedLocation {
  var id: Int64
  var name: String
  var branch: Int64?
}

extension LedgerTransaction {
  func product(_ id: Int64) throws -> StockedProduct {
    let row = try row(
      """
      SELECT sku, name, price, currency, minimum, alert, forbids_negative,
        (SELECT COALESCE(SUM(quantity), 0) FROM stock WHERE product = p.id),
        (SELECT COALESCE(SUM(quantity - fulfilled), 0) FROM reservation
          WHERE product = p.id AND status = 'active')
      FROM product p WHERE id = ? AND archived = 0
      """, [id])
    guard let row else { throw Refusal.missing("product", id, field: "productId") }
    return StockedProduct(
      id: id, sku: row[0], name: row[1], price: row[2], currency: row[3], minimum: row[4],
      alert: StockAlert(rawValue: row[5]) ?? .none, forbidsNegative: row[6], total: row[7],
      reserved: row[8])
  }

  /// A location that exists, is open, and lies in a branch that the person works in.
  func location(_ id: Int64, field: String = "locationId") throws -> StockedLocation {
    let row = try row("SELECT name, branch FROM location WHERE id = ? AND archived = 0", [id])
    guard let row else { throw Refusal.missing("location", id, field: field) }
    let location = StockedLocation(id: id, name: row[0], branch: row[1])
    try requireMembership(of: location.branch)
    return location
  }

  func level(_ place: Place) throws -> Int64 {
    try integer(
      "SELECT quantity FROM stock WHERE product = ? AND location = ? AND lot = ?",
      [place.product, place.location, place.lot]) ?? 0
  }

  /// What the level was when the log stood at `seq`.
  func level(_ place: Place, at seq: Int64) throws -> Int64 {
    let since = try integer(
      """
      SELECT COALESCE(SUM(quantity), 0) FROM movement
      WHERE product = ? AND location = ? AND lot = ? AND seq > ?
      """, [place.product, place.location, place.lot, seq])
    return try level(place) - (since ?? 0)
  }

  func reserved(_ place: Place) throws -> Int64 {
    try integer(
      """
      SELECT COALESCE(SUM(quantity - fulfilled), 0) FROM reservation
      WHERE product = ? AND location = ? AND lot = ? AND status = 'active'
      """, [place.product, place.location, place.lot]) ?? 0
  }

  struct Movement {
    var reason: MovementReason
    /// What it belongs to: `order:7`, `transfer:3`, `sale:12`, `count:2`.
    var reference: String?
    var note: String?
    /// Part of the quantity that this movement takes out of reservations, which may then go.
    var fromReserved: Int64 = 0
    /// What was counted is there, whoever may have been promised more.
    var isCounted = false
    /// One half of a move within the house, which changes no product's total.
    var isHalf = false
  }

  /// Moves `quantity` (signed) at `place`, with its event and, where one is due, its alert.
  /// - Returns: the new level there and the event's seq.
  @discardableResult
  func move(
    _ quantity: Int64, at place: Place, _ movement: Movement
  ) throws -> (level: Int64, seq: Int64) {
    let product = try product(place.product)
    return try move(quantity, of: product, lot: place.lot, at: location(place.location), movement)
  }

  func move(
    _ quantity: Int64, of product: StockedProduct, lot: String, at location: StockedLocation,
    _ movement: Movement
  ) throws -> (level: Int64, seq: Int64) {
    let place = Place(product: product.id, location: location.id, lot: lot)
    let level =
      try integer(
        """
        INSERT INTO stock (product, location, lot, quantity) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity RETURNING quantity
        """, [place.product, place.location, place.lot, quantity]) ?? 0
    guard abs(level) <= Fields.quantityLimit * 1000 else {
      throw Refusal(.invalidField, "The stock would become larger than the hub can count.")
    }
    if product.forbidsNegative, quantity < 0 {
      let held = movement.isCounted ? 0 : try reserved(place) - movement.fromReserved
      guard level >= held else {
        throw Self.shortage(of: product.name, at: location.name, level - quantity, held: held)
      }
    }
    let total = product.total + quantity
    let seq = try append(
      .inventoryUpdated,
      topics: ["inventory:location:\(location.id)", "inventory:product:\(product.id)"],
      branch: location.branch,
      .compact([
        "productId": .int(product.id), "productName": .string(product.name),
        "sku": .string(product.sku), "oldStock": .int(product.total), "newStock": .int(total),
        "difference": .int(quantity), "reason": .string(movement.reason.rawValue),
        "locationId": .int(location.id), "locationStock": .int(level),
        "lot": lot.isEmpty ? nil : .string(lot), "reference": .text(movement.reference),
        "note": .text(movement.note), "userId": .integer(identity?.user),
      ]))
    try execute(
      """
      INSERT INTO movement
        (seq, product, location, lot, quantity, reason, reference, note, user, time, device_time)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        seq, place.product, place.location, place.lot, quantity, movement.reason.rawValue,
        movement.reference, movement.note, identity?.user, time, deviceTime,
      ])
    if !movement.isHalf {
      try tellAlert(
        product, total: total, reserved: product.reserved - movement.fromReserved, added: quantity)
    }
    return (level, seq)
  }

  static func shortage(
    of product: String, at location: String, _ available: Int64, held: Int64
  ) -> Refusal {
    let kept = held > 0 ? " (\(held) of them reserved)" : ""
    return Refusal(
      .insufficientStock,
      available > 0
        ? "Only \(available) of \(product) are left in \(location)\(kept)."
        : "No \(product) is left in \(location).", field: "quantity")
  }

  /// Fires or re-arms the product's alert where the new figures change its state.
  func tellAlert(
    _ product: StockedProduct, total: Int64, reserved: Int64, added: Int64 = 0
  ) throws {
    let available = total - reserved
    let state = StockAlert(available: available, minimum: product.minimum)
    guard state != product.alert else { return }
    try execute("UPDATE product SET alert = ? WHERE id = ?", [state.rawValue, product.id])
    guard let event = product.alert.event(becoming: state) else { return }
    try append(
      event, topics: ["inventory:product:\(product.id)"],
      .compact([
        "productId": .int(product.id), "productName": .string(product.name),
        "sku": .string(product.sku), "currentStock": .int(total), "newStock": .int(total),
        "reserved": .int(reserved), "available": .int(available),
        "threshold": .int(product.minimum),
        "addedQuantity": event == .inventoryRestocked ? .int(added) : nil,
        "severity": event == .inventoryRestocked
          ? nil : .string(available * 2 <= product.minimum ? "critical" : "low"),
      ]))
  }
}

extension GoodsLine {
  var json: JSON {
    ["productId": .int(product), "lot": .string(lot), "quantity": .int(quantity)]
  }
}
