import GRDB
import Inventory
import Wire

extension CreateOrder: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let customerName = try customer.map(entry.customerName)
    try entry.requireOpen(branch: branch)
    try entry.requireMembership(of: branch)
    if let reference,
      try entry.integer("SELECT 1 FROM \"order\" WHERE reference = ?", [reference]) != nil
    {
      throw Refusal(
        .duplicate, "There is an order with the number \(reference) already.", field: "reference")
    }
    let currency = currency ?? entry.store.currency
    let priced = try entry.priced(lines, in: currency)
    let total = try LedgerTransaction.total(priced.map { ($0.quantity, $0.price) })
    let id = try entry.insert(
      """
      INSERT INTO "order" (customer, branch, channel, reference, status, total, currency, note,
        user, time, device_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        customer, branch, channel, reference, OrderStatus.pending.rawValue, total, currency, note,
        entry.identity?.user, entry.time, entry.deviceTime,
      ])
    try entry.setLines(priced, of: id)
    let order = Order(
      id: id, customer: customer, customerName: customerName, branch: branch, reference: reference,
      status: .pending, total: total, currency: currency)
    try entry.tell(
      .orderCreated, order,
      [
        "total": .int(total), "currency": .string(currency), "status": "pending",
        "channel": .string(channel), "items": .array(priced.map(\.json)),
      ])
    return ["orderId": .int(id), "total": .int(total)]
  }
}

extension UpdateOrder: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    var found = try entry.order(order)
    guard found.status.isOpen else {
      throw Refusal(
        .wrongState, "Order \(order) is \(found.status.rawValue) and can no longer be changed.")
    }
    var changes: JSON = [:]
    if let lines {
      let fulfilled = try entry.integer(
        "SELECT 1 FROM order_line WHERE \"order\" = ? AND fulfilled > 0", [order])
      guard fulfilled == nil else {
        throw Refusal(.wrongState, "Goods for order \(order) have been taken already.")
      }
      let priced = try entry.priced(lines, in: found.currency)
      found.total = try LedgerTransaction.total(priced.map { ($0.quantity, $0.price) })
      try entry.execute("DELETE FROM order_line WHERE \"order\" = ?", [order])
      try entry.setLines(priced, of: order)
      changes["items"] = .array(priced.map(\.json))
      changes["total"] = .int(found.total)
    }
    changes["note"] = .text(note)
    guard changes.members?.pairs.isEmpty == false else {
      return ["orderId": .int(order), "total": .int(found.total)]
    }
    try entry.execute(
      "UPDATE \"order\" SET total = ?, note = COALESCE(?, note) WHERE id = ?",
      [found.total, note, order])
    try entry.tell(
      .orderUpdated, found,
      ["status": .string(found.status.rawValue), "total": .int(found.total), "changes": changes])
    return ["orderId": .int(order), "total": .int(found.total)]
  }
}

extension SetOrderStatus: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.order(order)
    guard found.status.canBecome(status) else {
      throw Refusal(
        .wrongState,
        "An order that is \(found.status.rawValue) cannot become \(status.rawValue).",
        field: "status")
    }
    try entry.execute(
      "UPDATE \"order\" SET status = ? WHERE id = ?", [status.rawValue, order])
    if status == .cancelled { try entry.takeBack(found) }
    try entry.tell(
      .orderStatusChanged, found,
      .compact([
        "oldStatus": .string(found.status.rawValue), "newStatus": .string(status.rawValue),
        "reason": .text(reason), "timestamp": .int(entry.time),
      ]))
    return ["orderId": .int(order), "status": .string(status.rawValue)]
  }
}

extension FulfilOrder: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.order(order)
    guard found.status != .cancelled else {
      throw Refusal(.wrongState, "Order \(order) is cancelled.")
    }
    let open = try entry.rows(
      """
      SELECT line, product, quantity - fulfilled FROM order_line
      WHERE "order" = ? AND fulfilled < quantity ORDER BY line
      """, [order]
    ).map { (line: $0[0] as Int64, product: $0[1] as Int64, open: $0[2] as Int64) }
    guard !open.isEmpty else {
      throw Refusal(.wrongState, "Everything on order \(order) has been taken already.")
    }
    let taking: [GoodsLine] =
      lines
      ?? open.map { line in
        GoodsLine(product: line.product, lot: "", quantity: line.open)
      }
    var left = Dictionary(open.map { ($0.line, $0.open) }) { first, _ in first }
    for taken in taking {
      let (product, quantity) = (taken.product, taken.quantity)
      var due = quantity
      for line in open where line.product == product && due > 0 {
        let part = min(due, left[line.line] ?? 0)
        guard part > 0 else { continue }
        left[line.line] = (left[line.line] ?? 0) - part
        due -= part
        try entry.execute(
          "UPDATE order_line SET fulfilled = fulfilled + ? WHERE \"order\" = ? AND line = ?",
          [part, order, line.line])
      }
      guard due == 0 else {
        throw Refusal(
          .wrongState, "Order \(order) has only \(quantity - due) of product \(product) open.",
          field: "lines")
      }
      try entry.move(
        -quantity, at: Place(product: product, location: location, lot: taken.lot),
        .init(reason: .sale, reference: "order:\(order)"))
    }
    let isComplete = left.values.allSatisfy { $0 == 0 }
    try entry.tell(
      .orderFulfilled, found,
      [
        "status": .string(found.status.rawValue), "locationId": .int(location),
        "complete": .bool(isComplete), "items": .array(taking.map(\.json)),
      ])
    return ["orderId": .int(order), "complete": .bool(isComplete)]
  }
}

extension RemoveOrder: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.order(order)
    let isUsed = try entry.integer(
      """
      SELECT EXISTS (SELECT 1 FROM order_line WHERE "order" = ?1 AND fulfilled > 0)
        OR EXISTS (SELECT 1 FROM payment WHERE "order" = ?1 AND status IN ('success', 'pending'))
      """, [order])
    guard found.status == .pending || found.status == .cancelled, isUsed == 0 else {
      throw Refusal(
        .inUse, "Order \(order) has been worked on; cancel it instead of deleting it.")
    }
    // Its number is free again: the order may have been a first try at entering the next one.
    try entry.execute(
      "UPDATE \"order\" SET deleted = 1, reference = NULL WHERE id = ?", [order])
    try entry.tell(.orderDeleted, found, [:])
    return ["orderId": .int(order)]
  }
}

struct Order {
  var id: Int64
  var customer: Int64?
  var customerName: String?
  var branch: Int64?
  var reference: String?
  var status: OrderStatus
  var total: Int64
  var currency: String
}

private struct PricedLine {
  var product: Int64
  var name: String
  var quantity: Int64
  var price: Int64

  var json: JSON {
    [
      "productId": .int(product), "productName": .string(name), "quantity": .int(quantity),
      "price": .int(price),
    ]
  }
}

extension LedgerTransaction {
  func order(_ id: Int64) throws -> Order {
    let row = try row(
      """
      SELECT o.customer, c.name, o.branch, o.reference, o.status, o.total, o.currency
      FROM "order" o LEFT JOIN customer c ON c.id = o.customer WHERE o.id = ? AND o.deleted = 0
      """, [id])
    guard let row, let status = OrderStatus(rawValue: row[4]) else {
      throw Refusal.missing("order", id, field: "orderId")
    }
    try requireMembership(of: row[2])
    return Order(
      id: id, customer: row[0], customerName: row[1], branch: row[2], reference: row[3],
      status: status, total: row[5], currency: row[6])
  }

  /// The name of a customer, also of one who has left the list.
  func nameOfCustomer(_ id: Int64) throws -> String? {
    try row("SELECT name FROM customer WHERE id = ?", [id])?[0]
  }

  /// The catalogue's price, which is money of one currency and is never taken for another's.
  static func price(of product: StockedProduct, in currency: String) throws -> Int64 {
    guard product.currency == currency || product.price == 0 else {
      throw Refusal(
        .invalidField,
        "\(product.name) is priced in \(product.currency), not \(currency). Give its line a price.",
        field: "lines")
    }
    return product.price
  }

  /// A sum of money that cannot overflow.
  static func total(_ lines: [(quantity: Int64, price: Int64)]) throws -> Int64 {
    var total: Int64 = 0
    for line in lines {
      let (amount, tooLarge) = line.quantity.multipliedReportingOverflow(by: line.price)
      let limit = Fields.moneyLimit * 1000
      guard !tooLarge, amount <= limit, total + amount <= limit else {
        throw Refusal(.invalidField, "The total is larger than the hub can count.", field: "lines")
      }
      total += amount
    }
    return total
  }

  /// Books what was taken for a cancelled order back to where it was taken.
  fileprivate func takeBack(_ order: Order) throws {
    let reference = "order:\(order.id)"
    // The condition on the reference's form is the one of the index.
    let taken = try rows(
      """
      SELECT product, location, lot, -SUM(quantity) FROM movement
      WHERE reference = ? AND reference GLOB 'order:*'
      GROUP BY product, location, lot HAVING SUM(quantity) < 0 ORDER BY product, location, lot
      """, [reference])
    for row in taken {
      try move(
        row[3], at: Place(product: row[0], location: row[1], lot: row[2]),
        .init(reason: .return, reference: reference))
    }
    try execute("UPDATE order_line SET fulfilled = 0 WHERE \"order\" = ?", [order.id])
  }

  /// Every event of an order says whose it is.
  fileprivate func tell(_ event: EventType, _ order: Order, _ details: JSON) throws {
    var data: JSON = .compact([
      "orderId": .int(order.id), "reference": .text(order.reference),
      "customerId": .integer(order.customer), "customerName": .text(order.customerName),
    ])
    for (key, value) in details.members?.pairs ?? [] { data[key] = value }
    var topics = ["orders:\(order.id)"]
    if let customer = order.customer { topics.append("orders:customer:\(customer)") }
    // 0 is nobody: an order without a customer is no customer's to hear.
    try append(event, topics: topics, branch: order.branch, customer: order.customer ?? 0, data)
  }

  fileprivate func priced(
    _ lines: [OrderLine], in currency: String
  ) throws -> [PricedLine] {
    try lines.map { line in
      let product = try product(line.product)
      return PricedLine(
        product: line.product, name: product.name, quantity: line.quantity,
        price: try line.price ?? Self.price(of: product, in: currency))
    }
  }

  fileprivate func setLines(_ lines: [PricedLine], of order: Int64) throws {
    for (index, line) in lines.enumerated() {
      try execute(
        """
        INSERT INTO order_line ("order", line, product, quantity, price) VALUES (?, ?, ?, ?, ?)
        """, [order, index + 1, line.product, line.quantity, line.price])
    }
  }
}
