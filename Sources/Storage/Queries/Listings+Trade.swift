import Inventory

extension Listing {
  static let orders = Listing(
    name: "orders", about: "Orders with their lines. A customer sees their own.",
    readers: .signedIn, from: "\"order\" o LEFT JOIN customer c ON c.id = o.customer", id: "o.id",
    scope: .branchOrCustomer("o.branch", "o.customer"),
    columns: [
      Column("id", .integer, "o.id", "The order's id."),
      Column("customerId", .integer, "o.customer", "Who ordered."),
      Column("customerName", .text, "c.name", "Their name."),
      Column("branchId", .integer, "o.branch", "The branch that delivers."),
      Column("channel", .text, "o.channel", "How it came."),
      Column("reference", .text, "o.reference", "The number that others know it by."),
      Column("status", .text, "o.status", "pending, processing, shipped, delivered, cancelled."),
      Column(
        "fulfilment", .text,
        """
        (SELECT CASE WHEN SUM(fulfilled) = 0 THEN 'none' WHEN SUM(fulfilled) < SUM(quantity) \
        THEN 'partial' ELSE 'complete' END FROM order_line WHERE "order" = o.id)
        """, "none, partial or complete."),
      Column("total", .integer, "o.total", "In minor units."),
      Column("paid", .integer, "o.paid", "Payments less refunds, in minor units."),
      Column("currency", .text, "o.currency", "ISO 4217 code."),
      Column(
        "lines", .json,
        """
        (SELECT json_group_array(json_object('line', line, 'productId', product, \
        'quantity', quantity, 'price', price, 'fulfilled', fulfilled)) \
        FROM order_line WHERE "order" = o.id)
        """, "What was ordered."),
      Column("note", .text, "o.note", "A remark.", to: .crew),
      Column("time", .integer, "o.time", "When, by the hub's clock."),
      Column("deviceTime", .integer, "o.device_time", "When, by the device's clock."),
    ],
    filters: [
      Filter("status", .text, "o.status = ?1", "The status."),
      Filter("customerId", .integer, "o.customer = ?1", "The customer."),
      Filter("reference", .text, "o.reference = ?1", "The number that others know it by."),
    ], hidden: "o.deleted = 0")

  static let payments = Listing(
    name: "payments", about: "Payments and refunds.", readers: .managers,
    from: """
      payment p LEFT JOIN "order" o ON o.id = p."order" LEFT JOIN sale s ON s.id = p.sale
      LEFT JOIN location l ON l.id = s.location
      """, id: "p.id", scope: .branch("COALESCE(o.branch, l.branch)"),
    columns: [
      Column("id", .integer, "p.id", "The payment's id."),
      Column("orderId", .integer, "p.\"order\"", "The order that is paid."),
      Column("saleId", .integer, "p.sale", "The sale that is paid."),
      Column("customerId", .integer, "p.customer", "Who paid."),
      Column("amount", .integer, "p.amount", "In minor units."),
      Column("refunded", .integer, "p.refunded", "What was given back."),
      Column("currency", .text, "p.currency", "ISO 4217 code."),
      Column("method", .text, "p.method", "How."),
      Column("status", .text, "p.status", "success, pending, failed or refunded."),
      Column("reference", .text, "p.reference", "The terminal's or bank's number."),
      Column("reason", .text, "p.reason", "Why it failed."),
      Column("time", .integer, "p.time", "When."),
    ],
    filters: [
      Filter("orderId", .integer, "p.\"order\" = ?1", "The order."),
      Filter("status", .text, "p.status = ?1", "The status."),
    ])

  static let sales = Listing(
    name: "sales", about: "Point-of-sale transactions.", readers: .crew,
    from: "sale s JOIN location l ON l.id = s.location", id: "s.id", scope: .branch("l.branch"),
    columns: [
      Column("id", .integer, "s.id", "The sale's id."),
      Column("code", .text, "s.code", "TXN-YYYYMMDD-NNNN."),
      Column("locationId", .integer, "s.location", "Where the goods were taken."),
      Column("customerId", .integer, "s.customer", "Who bought."),
      Column("total", .integer, "s.total", "In minor units."),
      Column("currency", .text, "s.currency", "ISO 4217 code."),
      Column("method", .text, "s.method", "How it was paid."),
      Column("reference", .text, "s.reference", "The till's own number."),
      Column("voided", .boolean, "s.voided", "Whether it was undone."),
      Column(
        "lines", .json,
        """
        (SELECT json_group_array(json_object('productId', product, 'lot', lot, \
        'quantity', quantity, 'price', price)) FROM sale_line WHERE sale = s.id)
        """, "What was sold."),
      Column("userId", .integer, "s.user", "Who sold."),
      Column("time", .integer, "s.time", "When, by the hub's clock."),
      Column("deviceTime", .integer, "s.device_time", "When, by the device's clock."),
    ], filters: [Filter("locationId", .integer, "s.location = ?1", "Where.")])

  static let customers = Listing(
    name: "customers", about: "Customers.", readers: .crew, from: "customer c", id: "c.id",
    scope: .open,
    columns: [
      Column("id", .integer, "c.id", "The customer's id."),
      Column("name", .text, "c.name", "Their name."),
      Column("email", .text, "c.email", "E-mail address."),
      Column("phone", .text, "c.phone", "Telephone number."),
      Column("reference", .text, "c.reference", "The number that others know them by."),
      Column("note", .text, "c.note", "A remark."),
      Column("archived", .boolean, "c.archived", "Whether they left the list."),
    ],
    filters: [
      Filter("q", .text, "c.name LIKE '%' || ?1 || '%'", "Part of the name."),
      Filter("reference", .text, "c.reference = ?1", "Their number."),
    ], hidden: "c.archived = 0")
}
