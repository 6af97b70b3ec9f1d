import GRDB
import Inventory
import Wire

extension CreateReservation: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let place =
      switch source {
      case .place(let place): place
      case .item(let item): try entry.item(item).place
      }
    let product = try entry.product(place.product)
    let location = try entry.location(place.location)
    let held = try entry.reserved(place)
    let level = try entry.level(place)
    guard level - held >= quantity else {
      throw try entry.shortage(of: product, at: location.name, level, held: held)
    }
    let expiry = try lifetime.map { try Powered.now(entry.db) + $0.milliseconds }
    let id = try entry.insert(
      """
      INSERT INTO reservation (product, location, lot, quantity, status, reason, reference, user,
        expires_powered, time) VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?, ?)
      """,
      [
        place.product, place.location, place.lot, quantity, reason, reference,
        entry.identity?.user, expiry, entry.time,
      ])
    let stock = try entry.stockRow(place) ?? 0
    try entry.append(
      .inventoryReserved, topics: place.topics, branch: location.branch,
      .compact([
        "reservationId": .int(id), "stockId": .int(stock), "productId": .int(place.product),
        "productName": .string(product.name), "locationId": .int(place.location),
        "locationName": .string(location.name), "userName": .text(entry.identity?.name),
        "quantity": .int(quantity), "reason": .text(reason), "reference": .text(reference),
        "available": .int(level - held - quantity),
      ]))
    try entry.tellAlert(
      product, total: product.total, reserved: product.reserved + quantity,
      at: .init(stock: stock, location: location, quantity: level))
    return try entry.withholding(
      "available", of: place.product,
      from: [
        "reservationId": .int(id), "inventoryItemId": .int(stock),
        "available": .int(level - held - quantity),
      ])
  }
}

extension ReleaseReservation: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let held = try entry.activeReservation(reservation)
    try entry.end(
      held, as: .released, telling: .inventoryReservationReleased, reason: reason)
    return ["reservationId": .int(reservation), "released": .int(held.open)]
  }
}

extension FulfilReservation: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let held = try entry.activeReservation(reservation)
    let taken = quantity ?? held.open
    guard taken <= held.open else {
      throw Refusal(
        .insufficientStock, "Only \(held.open) are still reserved.", field: "quantity")
    }
    let left = held.open - taken
    // The movement is checked against the reservations as they are without what it takes.
    let moved = try entry.move(
      -taken, at: held.place,
      .init(reason: .use, reference: "reservation:\(reservation)", fromReserved: taken))
    try entry.execute(
      "UPDATE reservation SET fulfilled = fulfilled + ?, status = ? WHERE id = ?",
      [
        taken, (left == 0 ? ReservationStatus.fulfilled : .active).rawValue, reservation,
      ])
    try entry.append(
      .inventoryReservationFulfilled, topics: held.place.topics, branch: held.branch,
      [
        "reservationId": .int(reservation), "stockId": .int(moved.stock),
        "productId": .int(held.place.product), "locationName": .string(held.locationName),
        "locationId": .int(held.place.location), "quantityFulfilled": .int(taken),
        "remainingQuantity": .int(left),
      ])
    return [
      "reservationId": .int(reservation), "remainingQuantity": .int(left),
      "locationStock": .int(moved.level),
    ]
  }
}

/// The hub's own: ends the reservations whose time is up.
package struct ExpireReservations: LedgerCommand {
  package static let name = "reservation.expire"
  package static let about = "End reservations whose time is up."
  package static let performers = Roles()

  package init() {}
  package init(_ fields: inout Fields) throws(Refusal) {}

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let due = try entry.rows(
      """
      SELECT id FROM reservation WHERE status = 'active' AND expires_powered <= ? LIMIT 500
      """, [try Powered.now(entry.db)])
    for row in due {
      let held = try entry.activeReservation(row[0])
      try entry.end(
        held, as: .expired, telling: .inventoryReservationExpired, reason: "expired")
    }
    return ["expired": .int(Int64(due.count))]
  }
}

extension Store {
  /// Whether any reservation's time is up.
  package func hasDueReservations() throws(StoreError) -> Bool {
    try read { db in
      try Int.fetchOne(
        db,
        sql: """
          SELECT 1 FROM reservation WHERE status = 'active' AND expires_powered <= ? LIMIT 1
          """, arguments: [try Powered.now(db)]) != nil
    }
  }
}

private struct ActiveReservation {
  var id: Int64
  var place: Place
  /// What is still held: the reserved quantity less what was fulfilled.
  var open: Int64
  var locationName: String
  var branch: Int64?
}

extension LedgerTransaction {
  fileprivate func activeReservation(_ id: Int64) throws -> ActiveReservation {
    let row = try row(
      """
      SELECT r.product, r.location, r.lot, r.quantity - r.fulfilled, r.status, l.branch, l.name
      FROM reservation r JOIN location l ON l.id = r.location WHERE r.id = ?
      """, [id])
    guard let row else { throw Refusal.missing("reservation", id, field: "reservationId") }
    try requireMembership(of: row[5])
    let status: String = row[4]
    guard status == ReservationStatus.active.rawValue else {
      throw Refusal(.wrongState, "Reservation \(id) is \(status) already.")
    }
    return ActiveReservation(
      id: id, place: Place(product: row[0], location: row[1], lot: row[2]), open: row[3],
      locationName: row[6], branch: row[5])
  }

  fileprivate func end(
    _ held: ActiveReservation, as status: ReservationStatus, telling event: EventType,
    reason: String?
  ) throws {
    try execute("UPDATE reservation SET status = ? WHERE id = ?", [status.rawValue, held.id])
    try append(
      event, topics: held.place.topics, branch: held.branch,
      .compact([
        "reservationId": .int(held.id), "stockId": .integer(try stockRow(held.place)),
        "productId": .int(held.place.product), "locationName": .string(held.locationName),
        "locationId": .int(held.place.location), "quantity": .int(held.open),
        "reason": .text(reason),
      ]))
    let product = try product(held.place.product)
    try tellAlert(product, total: product.total, reserved: product.reserved)
  }
}

extension Place {
  var topics: [String] { ["inventory:location:\(location)", "inventory:product:\(product)"] }
}
