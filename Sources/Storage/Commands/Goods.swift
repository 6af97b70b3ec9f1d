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
  /// A wine's year, of the free attributes the one that tells bottles apart.
  var vintage: JSON?
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
          WHERE product = p.id AND status = 'active'),
        attributes
      FROM product p WHERE id = ? AND archived = 0
      """, [id])
    guard let row else { throw Refusal.missing("product", id, field: "productId") }
    return StockedProduct(
      id: id, sku: row[0], name: row[1], price: row[2], currency: row[3], minimum: row[4],
      alert: StockAlert(rawValue: row[5]) ?? .none, forbidsNegative: row[6], total: row[7],
      reserved: row[8],
      vintage: try (row[9] as String?).flatMap { try JSON(parsing: $0)["vintage"] })
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
    /// Who may hear of it; the inventory's readers if left out.
    var readers: Roles?
    /// The other end of a move within the house, which changes no product's total.
    var other: OtherEnd?

    enum OtherEnd {
      case from(StockedLocation)
      case to(StockedLocation)
    }
  }

  /// Moves `quantity` (signed) at `place`, with its event and, where one is due, its alert.
  @discardableResult
  func move(_ quantity: Int64, at place: Place, _ movement: Movement) throws -> Moved {
    let product = try product(place.product)
    return try move(quantity, of: product, lot: place.lot, at: location(place.location), movement)
  }

  /// What a movement left behind.
  struct Moved {
    /// The stock's row: what other systems call the inventory item.
    var stock: Int64
    var level: Int64
    /// Less what is reserved there.
    var available: Int64
  }

  func move(
    _ quantity: Int64, of product: StockedProduct, lot: String, at location: StockedLocation,
    _ movement: Movement
  ) throws -> Moved {
    let place = Place(product: product.id, location: location.id, lot: lot)
    let row = try row(
      """
      INSERT INTO stock (product, location, lot, quantity) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity RETURNING id, quantity
      """, [place.product, place.location, place.lot, quantity])
    let (stock, level): (Int64, Int64) = (row?[0] ?? 0, row?[1] ?? 0)
    guard abs(level) <= Fields.quantityLimit * 1000 else {
      throw Refusal(.invalidField, "The stock would become larger than the hub can count.")
    }
    let held = product.reserved == 0 ? 0 : try reserved(place) - movement.fromReserved
    if product.forbidsNegative, quantity < 0 {
      let kept = movement.isCounted ? 0 : held
      guard level >= kept else {
        throw try shortage(of: product, at: location.name, level - quantity, held: kept)
      }
    }
    let total = product.total + quantity
    let (from, to): (String?, String?) =
      switch movement.other {
      case .from(let location): (location.name, nil)
      case .to(let location): (nil, location.name)
      case nil: (nil, nil)
      }
    let seq = try append(
      .inventoryUpdated,
      topics: ["inventory:location:\(location.id)", "inventory:product:\(product.id)"],
      branch: location.branch, readers: movement.readers,
      .compact([
        "productId": .int(product.id), "productName": .string(product.name),
        "sku": .string(product.sku), "oldStock": .int(product.total), "newStock": .int(total),
        "minimum": product.minimum > 0 ? .int(product.minimum) : nil, "difference": .int(quantity),
        "reason": .string(movement.reason.rawValue),
        "locationId": .int(location.id), "locationName": .string(location.name),
        "stockId": .int(stock), "locationStock": .int(level), "available": .int(level - held),
        "lot": lot.isEmpty ? nil : .string(lot), "movedFrom": .text(from), "movedTo": .text(to),
        "reference": .text(movement.reference), "note": .text(movement.note),
        "userId": .integer(identity?.user), "userName": .text(identity?.name),
        "attributes": product.vintage.map { ["vintage": $0] },
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
    if movement.other == nil {
      try tellAlert(
        product, total: total, reserved: product.reserved - movement.fromReserved,
        at: .init(stock: stock, location: location, quantity: level), added: quantity)
    }
    return Moved(stock: stock, level: level, available: level - held)
  }

  func stockRow(_ place: Place) throws -> Int64? {
    try integer(
      "SELECT id FROM stock WHERE product = ? AND location = ? AND lot = ?",
      [place.product, place.location, place.lot])
  }

  func shortage(
    of product: StockedProduct, at location: String, _ available: Int64, held: Int64
  ) throws -> Refusal {
    let kept = held > 0 ? " (\(held) of them reserved)" : ""
    let words =
      try isBlind(product.id)
      ? "There is not so much of \(product.name) in \(location)."
      : available > 0
        ? "Only \(available) of \(product.name) are left in \(location)\(kept)."
        : "No \(product.name) is left in \(location)."
    return Refusal(.insufficientStock, words, field: "quantity")
  }

  /// Whether a blind count is open: nearly always all that is asked.
  func isCountingBlind() throws -> Bool {
    try integer(Listing.blindCounts) != 0
  }

  /// Whether the level of `product` is kept from whoever asks, since it is being counted blind.
  func isBlind(_ product: Int64) throws -> Bool {
    guard Listing.isCounter(identity?.role), try isCountingBlind() else { return false }
    return try integer("SELECT 1 FROM blind_product WHERE product = ? LIMIT 1", [product]) != nil
  }

  /// `answer` without its `levels` of `product` where they are kept from whoever asks.
  func withholding(
    _ levels: String..., of product: Int64, from answer: JSON
  ) throws -> JSON {
    guard try isBlind(product) else { return answer }
    var rest = answer
    for level in levels { rest[level] = nil }
    return rest
  }

  /// The place whose movement or reservation tipped the product over.
  struct Tipping {
    var stock: Int64
    var location: StockedLocation
    var quantity: Int64
  }

  /// Fires or re-arms the product's alert where the new figures change its state, and proposes to buy
  /// or takes the proposal back.
  func tellAlert(
    _ product: StockedProduct, total: Int64, reserved: Int64, at place: Tipping? = nil,
    added: Int64 = 0
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
        "threshold": .int(product.minimum), "stockId": .integer(place?.stock),
        "locationId": .integer(place?.location.id), "locationName": .text(place?.location.name),
        "locationStock": .integer(place?.quantity), "branchId": .integer(place?.location.branch),
        "addedQuantity": event == .inventoryRestocked ? .int(added) : nil,
        "severity": event == .inventoryRestocked
          ? nil : .string(available * 2 <= product.minimum ? "critical" : "low"),
      ]))
    if event == .inventoryRestocked {
      try closeProposals(of: product)
    } else {
      try propose(product, available: available, reason: event)
    }
  }
}

extension GoodsLine {
  var json: JSON {
    ["productId": .int(product), "lot": .string(lot), "quantity": .int(quantity)]
  }
}
