import GRDB
import Inventory
import Wire

// What each update sets, by the names it is called on the wire: what field-wise merging works on.

extension UpdateProduct {
  package var edits: FieldEdits? {
    FieldEdits(
      MasterRecord(.product, product),
      .compact([
        "sku": .text(sku), "name": .text(title), "unit": .text(unit), "category": .text(category),
        "price": .integer(price), "currency": .text(currency), "minimum": .integer(minimum),
        "barcodes": barcodes.map { .array($0.map(JSON.string)) }, "attributes": attributes,
        "forbidsNegative": forbidsNegative.map(JSON.bool),
      ]))
  }
}

extension UpdateLocation {
  package var edits: FieldEdits? {
    FieldEdits(
      MasterRecord(.location, location),
      .compact([
        "name": .text(title), "parentId": parent.map { .integer($0) ?? .null },
        "branchId": branch.map { .integer($0) ?? .null },
      ]))
  }
}

extension UpdateCustomer {
  package var edits: FieldEdits? {
    FieldEdits(
      MasterRecord(.customer, customer),
      .compact([
        "name": .text(title), "email": .text(email), "phone": .text(phone), "note": .text(note),
      ]))
  }
}

extension UpdateOrder {
  package var edits: FieldEdits? {
    FieldEdits(
      MasterRecord(.order, order),
      .compact([
        "lines": lines.map { lines in
          .array(
            lines.map { line in
              .compact([
                "productId": .int(line.product), "quantity": .int(line.quantity),
                "price": .integer(line.price),
              ])
            })
        }, "note": .text(note),
      ]))
  }
}

extension UpdateUser {
  package var edits: FieldEdits? {
    FieldEdits(
      MasterRecord(.user, user),
      .compact([
        "displayName": .text(title), "role": .text(role?.rawValue),
        "branchIds": branches.map { .array($0.map(JSON.int)) },
        "customerId": customer.map { .integer($0) ?? .null },
        "active": isActive.map(JSON.bool),
      ]))
  }
}

/// A field's last edit, as the hub remembers it.
struct StandingEdit {
  var edit: FieldEdit
  /// Where in the log it is told.
  var seq: Int64
}

extension LedgerTransaction {
  func standing(_ record: MasterRecord, _ field: String) throws -> StandingEdit? {
    let row = try row(
      """
      SELECT value, author, side, time, count, seq FROM field_edit
      WHERE kind = ? AND subject = ? AND field = ?
      """, [record.kind.rawValue, record.id, field])
    guard let row, let side = Side(rawValue: row[2]) else { return nil }
    return StandingEdit(
      edit: FieldEdit(
        value: try JSON(parsing: row[0]),
        stamp: Stamp(time: row[3], count: row[4], side: side).read(at: time), author: row[1]),
      seq: row[5])
  }

  func remember(
    _ edit: FieldEdit, of field: String, in record: MasterRecord, at seq: Int64
  ) throws {
    try execute(
      """
      INSERT OR REPLACE INTO field_edit
        (kind, subject, field, value, author, side, time, count, seq)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        record.kind.rawValue, record.id, field, edit.value.encoded, edit.author,
        edit.stamp.side.rawValue, edit.stamp.time, edit.stamp.count, seq,
      ])
  }

  /// An edit made just now, told from `seq` on.
  func remember(_ edits: FieldEdits, at seq: Int64) throws {
    guard !edits.values.pairs.isEmpty else { return }
    var clock = try clock()
    var stamp = clock.tick(now: time)
    stamp.side = side
    try save(clock)
    for (field, value) in edits.values.pairs {
      try remember(
        FieldEdit(value: value, stamp: stamp, author: speaker), of: field, in: edits.record,
        at: seq)
    }
  }

  func clock() throws -> HybridClock {
    let row = try row("SELECT time, count FROM clock")
    return HybridClock(
      latest: Stamp(time: row?[0] ?? 0, count: row?[1] ?? 0, side: .aboard))
  }

  func save(_ clock: HybridClock) throws {
    try execute(
      "INSERT OR REPLACE INTO clock (id, time, count) VALUES (1, ?, ?)",
      [clock.latest.time, clock.latest.count])
  }

  /// What people call the record, and the currency of its price.
  func title(of record: MasterRecord) throws -> (name: String, currency: String?) {
    let sql =
      switch record.kind {
      case .product: "SELECT name, currency FROM product WHERE id = ?"
      case .location: "SELECT name, NULL FROM location WHERE id = ?"
      case .customer: "SELECT name, NULL FROM customer WHERE id = ?"
      case .order:
        "SELECT COALESCE(reference, CAST(id AS TEXT)), currency FROM \"order\" WHERE id = ?"
      case .user: "SELECT login, NULL FROM user WHERE id = ?"
      }
    let row = try row(sql, [record.id])
    return (row?[0] ?? "\(record.id)", row?[1])
  }
}
