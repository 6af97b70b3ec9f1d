import GRDB
import Inventory
import Wire

extension RecordPayment: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let order = try order.map(entry.order)
    let customer = customer ?? order?.customer
    let customerName = try customer.map {
      try entry.nameOfCustomer($0).unwrapped("customer", $0)
    }
    let currency = currency ?? order?.currency ?? entry.store.currency
    if let order, order.currency != currency {
      throw Refusal.invalid("currency", "must be the order's, \(order.currency)")
    }
    let id = try entry.insert(
      """
      INSERT INTO payment ("order", customer, amount, currency, method, status, reference, reason,
        user, time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        order?.id, customer, amount, currency, method.rawValue, result.rawValue, reference, reason,
        entry.identity?.user, entry.time,
      ])
    let payment = Payment(
      id: id, order: order?.id, sale: nil, customer: customer, customerName: customerName,
      branch: order?.branch,
      amount: amount, refunded: 0, currency: currency, method: method.rawValue,
      status: PaymentStatus(rawValue: result.rawValue) ?? .pending)
    try entry.settle(payment, reason: reason)
    return ["paymentId": .int(id), "status": .string(result.rawValue)]
  }
}

extension SettlePayment: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    var found = try entry.payment(payment)
    guard found.status == .pending else {
      throw Refusal(.wrongState, "Payment \(payment) is \(found.status.rawValue) already.")
    }
    found.status = result == .success ? .success : .failed
    try entry.execute(
      "UPDATE payment SET status = ?, reason = ? WHERE id = ?",
      [found.status.rawValue, reason, payment])
    try entry.settle(found, reason: reason)
    return ["paymentId": .int(payment), "status": .string(found.status.rawValue)]
  }
}

extension RefundPayment: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.payment(payment)
    guard found.status == .success else {
      throw Refusal(.wrongState, "Payment \(payment) is \(found.status.rawValue).")
    }
    let left = found.amount - found.refunded
    let given = amount ?? left
    guard given > 0, given <= left else {
      throw Refusal(
        .wrongState, "At most \(left) of payment \(payment) can be given back.", field: "amount")
    }
    try entry.refund(found, given, reason: reason)
    return ["paymentId": .int(payment), "refunded": .int(found.refunded + given)]
  }
}

extension CreateSale: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let place = try entry.location(location)
    let customerName = try customer.map(entry.customerName)
    let currency = currency ?? entry.store.currency
    let sold = try lines.map { line in
      let product = try entry.product(line.product)
      let price = try line.price ?? LedgerTransaction.price(of: product, in: currency)
      return (line: line, product: product, price: price)
    }
    let total = try LedgerTransaction.total(sold.map { ($0.line.quantity, $0.price) })
    let code = try entry.nextSaleCode()
    let id = try entry.insert(
      """
      INSERT INTO sale (code, location, customer, total, currency, method, reference, user, time,
        device_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        code, location, customer, total, currency, method.rawValue, reference,
        entry.identity?.user, entry.time, entry.deviceTime,
      ])
    for (index, item) in sold.enumerated() {
      try entry.execute(
        """
        INSERT INTO sale_line (sale, line, product, lot, quantity, price) VALUES (?, ?, ?, ?, ?, ?)
        """,
        [id, index + 1, item.line.product, item.line.lot, item.line.quantity, item.price])
      try entry.move(
        -item.line.quantity,
        at: Place(product: item.line.product, location: location, lot: item.line.lot),
        .init(reason: .sale, reference: "sale:\(id)"))
    }
    try entry.append(
      .saleCreated, topics: ["orders:sales"], branch: place.branch,
      .compact([
        "saleId": .int(id), "transactionId": .int(id), "transactionCode": .string(code),
        "finalAmount": .int(total), "currency": .string(currency),
        "paymentMethod": .string(method.rawValue), "customerId": .integer(customer),
        "customerName": .text(customerName), "locationId": .int(location),
        "userId": .integer(entry.identity?.user), "userName": .text(entry.identity?.name),
        "items": .array(
          sold.map { item in
            [
              "productId": .int(item.product.id), "productName": .string(item.product.name),
              "productSku": .string(item.product.sku), "quantity": .int(item.line.quantity),
              "unitPrice": .int(item.price), "total": .int(item.price * item.line.quantity),
            ]
          }),
      ]))
    let payment = try entry.insert(
      """
      INSERT INTO payment (sale, customer, amount, currency, method, status, user, time)
      VALUES (?, ?, ?, ?, ?, 'success', ?, ?)
      """,
      [id, customer, total, currency, method.rawValue, entry.identity?.user, entry.time])
    try entry.settle(
      Payment(
        id: payment, order: nil, sale: id, customer: customer, customerName: customerName,
        branch: place.branch, amount: total,
        refunded: 0, currency: currency, method: method.rawValue, status: .success), reason: nil)
    return [
      "saleId": .int(id), "transactionCode": .string(code), "total": .int(total),
      "paymentId": .int(payment),
    ]
  }
}

extension VoidSale: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.row("SELECT location, voided, code FROM sale WHERE id = ?", [sale])
    guard let row else { throw Refusal.missing("sale", sale, field: "saleId") }
    guard row[1] == 0 else { throw Refusal(.wrongState, "Sale \(sale) has been undone already.") }
    let code: String = row[2]
    let location = try entry.location(row[0])
    try entry.execute("UPDATE sale SET voided = 1 WHERE id = ?", [sale])
    for line in try entry.rows(
      "SELECT product, lot, quantity FROM sale_line WHERE sale = ?", [sale])
    {
      try entry.move(
        line[2], at: Place(product: line[0], location: location.id, lot: line[1]),
        .init(reason: .return, reference: "sale:\(sale)", note: reason))
    }
    try entry.append(
      .saleVoided, topics: ["orders:sales"], branch: location.branch,
      .compact([
        "saleId": .int(sale), "transactionId": .int(sale), "transactionCode": .string(code),
        "status": "voided", "reason": .string(reason), "userName": .text(entry.identity?.name),
      ]))
    if let payment = try entry.integer("SELECT id FROM payment WHERE sale = ?", [sale]) {
      let found = try entry.payment(payment)
      if found.amount > found.refunded {
        try entry.refund(found, found.amount - found.refunded, reason: reason)
      }
    }
    return ["saleId": .int(sale)]
  }
}

struct Payment {
  var id: Int64
  var order: Int64?
  var sale: Int64?
  var customer: Int64?
  var customerName: String?
  var branch: Int64?
  var amount: Int64
  var refunded: Int64
  var currency: String
  var method: String
  var status: PaymentStatus
}

extension LedgerTransaction {
  fileprivate func payment(_ id: Int64) throws -> Payment {
    let row = try row(
      """
      SELECT p."order", p.sale, p.customer, COALESCE(o.branch, l.branch), p.amount, p.refunded,
        p.currency, p.method, p.status, c.name
      FROM payment p LEFT JOIN customer c ON c.id = p.customer LEFT JOIN "order" o ON o.id = p."order" LEFT JOIN sale s ON s.id = p.sale
        LEFT JOIN location l ON l.id = s.location
      WHERE p.id = ?
      """, [id])
    guard let row, let status = PaymentStatus(rawValue: row[8]) else {
      throw Refusal.missing("payment", id, field: "paymentId")
    }
    try requireMembership(of: row[3])
    return Payment(
      id: id, order: row[0], sale: row[1], customer: row[2], customerName: row[9],
      branch: row[3], amount: row[4],
      refunded: row[5], currency: row[6], method: row[7], status: status)
  }

  /// Books what a payment's status means for its order, and tells it.
  fileprivate func settle(_ payment: Payment, reason: String?) throws {
    let event: EventType
    switch payment.status {
    case .success: event = .paymentReceived
    case .pending: event = .paymentPending
    case .failed: event = .paymentFailed
    case .refunded: event = .paymentRefunded
    }
    if payment.status == .success, let order = payment.order {
      try execute("UPDATE \"order\" SET paid = paid + ? WHERE id = ?", [payment.amount, order])
    }
    try tell(
      event, payment,
      .compact([
        "paymentId": .int(payment.id), "orderId": .integer(payment.order),
        "saleId": .integer(payment.sale), "customerId": .integer(payment.customer),
        "customerName": .text(payment.customerName), "amount": .int(payment.amount),
        "currency": .string(payment.currency),
        "method": .string(payment.method), "status": .string(payment.status.rawValue),
        "reason": .text(reason), "retryable": payment.status == .failed ? true : nil,
      ]))
  }

  fileprivate func refund(_ payment: Payment, _ amount: Int64, reason: String?) throws {
    let isWhole = payment.refunded + amount == payment.amount
    try execute(
      "UPDATE payment SET refunded = refunded + ?, status = ? WHERE id = ?",
      [amount, (isWhole ? PaymentStatus.refunded : .success).rawValue, payment.id])
    if let order = payment.order {
      try execute("UPDATE \"order\" SET paid = paid - ? WHERE id = ?", [amount, order])
    }
    try tell(
      .paymentRefunded, payment,
      .compact([
        "paymentId": .int(payment.id), "orderId": .integer(payment.order),
        "saleId": .integer(payment.sale), "customerId": .integer(payment.customer),
        "customerName": .text(payment.customerName), "method": .string(payment.method),
        "amount": .int(amount), "currency": .string(payment.currency), "reason": .text(reason),
      ]))
  }

  private func tell(_ event: EventType, _ payment: Payment, _ data: JSON) throws {
    let topics = [
      payment.order.map { "payments:order:\($0)" },
      payment.customer.map { "payments:customer:\($0)" },
    ].compactMap { $0 }
    try append(
      event, topics: topics, branch: payment.branch, customer: payment.customer ?? 0,
      readers: payment.customer == nil ? Roles.managers : Roles.managers.union(Roles(.customer)),
      data)
  }

  /// `TXN-YYYYMMDD-NNNN` by the hub's date, counted on within the day. The number grows past four
  /// digits rather than start again.
  fileprivate func nextSaleCode() throws -> String {
    let row = try row("SELECT strftime('%Y%m%d', ? / 1000, 'unixepoch')", [time])
    let prefix = "TXN-\(row?[0] as String? ?? "00000000")-"
    let last =
      try integer(
        """
        SELECT COALESCE(MAX(CAST(SUBSTR(code, ?) AS INTEGER)), 0) FROM sale
        WHERE code >= ? AND code < ?
        """, [prefix.count + 1, prefix, prefix + "~"]) ?? 0
    let digits = String(last + 1)
    return prefix + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}

extension Optional {
  fileprivate func unwrapped(_ what: String, _ id: Int64) throws(Refusal) -> Wrapped {
    guard let self else { throw .missing(what, id) }
    return self
  }
}
