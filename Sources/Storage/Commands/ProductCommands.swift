import GRDB
import Inventory
import Wire

extension CreateProduct: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    guard try entry.integer("SELECT 1 FROM product WHERE sku = ?", [sku]) == nil else {
      throw Refusal(.duplicate, "There is a product with the sku \(sku) already.", field: "sku")
    }
    let currency = currency ?? entry.store.currency
    // A product that has never been in stock has nothing to alarm about until it once had some.
    // It begins as out of stock, which is no news: the first delivery is told as a restocking.
    let id = try entry.insert(
      """
      INSERT INTO product
        (sku, name, unit, category, price, currency, minimum, attributes, forbids_negative, alert)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        sku, title, unit, category, price, currency, minimum, attributes?.encoded,
        forbidsNegative, StockAlert.out.rawValue,
      ])
    try entry.setBarcodes(barcodes, of: id)
    try entry.append(
      .productCreated, topics: ["products:\(id)"],
      .compact([
        "productId": .int(id), "sku": .string(sku), "productName": .string(title),
        "category": .text(category) ?? .null, "price": .int(price), "currency": .string(currency),
        "unit": .string(unit), "minimum": .int(minimum), "attributes": attributes,
        "barcodes": barcodes.isEmpty ? nil : .array(barcodes.map(JSON.string)),
        "product": try entry.catalogueRow(of: id), "userName": .text(entry.identity?.name),
      ]))
    return ["productId": .int(id)]
  }
}

extension UpdateProduct: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let before = try entry.product(product)
    if let sku, sku != before.sku,
      try entry.integer("SELECT 1 FROM product WHERE sku = ?", [sku]) != nil
    {
      throw Refusal(.duplicate, "There is a product with the sku \(sku) already.", field: "sku")
    }
    try entry.execute(
      """
      UPDATE product SET sku = COALESCE(?, sku), name = COALESCE(?, name),
        unit = COALESCE(?, unit), category = COALESCE(?, category), price = COALESCE(?, price),
        currency = COALESCE(?, currency), minimum = COALESCE(?, minimum),
        attributes = COALESCE(?, attributes), forbids_negative = COALESCE(?, forbids_negative)
      WHERE id = ?
      """,
      [
        sku, title, unit, category, price, currency, minimum, attributes?.encoded,
        forbidsNegative, product,
      ])
    if let barcodes { try entry.setBarcodes(barcodes, of: product) }

    let changes = JSON.compact([
      "sku": .text(sku), "productName": .text(title), "unit": .text(unit),
      "category": .text(category), "price": .integer(price), "currency": .text(currency),
      "minimum": .integer(minimum), "attributes": attributes,
      "barcodes": barcodes.map { .array($0.map(JSON.string)) },
      "forbidsNegative": forbidsNegative.map(JSON.bool),
    ])
    guard changes.members?.pairs.isEmpty == false else { return ["productId": .int(product)] }
    try entry.append(
      .productUpdated, topics: ["products:\(product)"],
      .compact([
        "productId": .int(product), "changes": changes,
        "product": try entry.catalogueRow(of: product), "userName": .text(entry.identity?.name),
      ]))
    let after = try entry.product(product)
    if after.price != before.price {
      try entry.append(
        .productPriceChanged, topics: ["products:\(product)"],
        [
          "productId": .int(product), "productName": .string(after.name),
          "sku": .string(after.sku), "oldPrice": .int(before.price),
          "newPrice": .int(after.price),
          "changePercentage": before.price == 0
            ? .null : .int((after.price - before.price) * 100 / before.price),
        ])
    }
    try entry.tellAlert(after, total: after.total, reserved: after.reserved)
    return ["productId": .int(product)]
  }
}

extension RemoveProduct: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.product(product)
    if let use = try entry.use(of: found) {
      throw Refusal(.inUse, "\(found.name) is still \(use).")
    }
    try entry.execute("UPDATE product SET archived = 1 WHERE id = ?", [product])
    try entry.setBarcodes([], of: product)
    try entry.append(
      .productDeleted, topics: ["products:\(product)"],
      .compact([
        "productId": .int(product), "productName": .string(found.name), "sku": .string(found.sku),
        "userName": .text(entry.identity?.name),
      ]))
    return ["productId": .int(product)]
  }
}

extension LedgerTransaction {
  /// What still needs the product, in words; without it those things could never be finished.
  fileprivate func use(of product: StockedProduct) throws -> String? {
    if product.reserved > 0 { return "reserved" }
    let uses = [
      (
        "in stock. Book it out first",
        "SELECT 1 FROM stock WHERE product = ? AND quantity <> 0 LIMIT 1"
      ),
      (
        "part of an open transfer",
        """
        SELECT 1 FROM transfer_line l JOIN transfer t ON t.id = l.transfer
        WHERE l.product = ? AND t.status IN ('created', 'shipped') LIMIT 1
        """
      ),
      (
        "part of an open order",
        """
        SELECT 1 FROM order_line l JOIN "order" o ON o.id = l."order"
        WHERE l.product = ? AND l.fulfilled < l.quantity AND o.deleted = 0
          AND o.status IN ('pending', 'processing') LIMIT 1
        """
      ),
      (
        "part of an open count",
        """
        SELECT 1 FROM count_line l JOIN count c ON c.id = l.count
        WHERE l.product = ? AND c.status = 'open' LIMIT 1
        """
      ),
    ]
    return try uses.first { try integer($0.1, [product.id]) != nil }?.0
  }

  /// The whole product as the catalogue has it.
  fileprivate func catalogueRow(of product: Int64) throws -> JSON? {
    let row = try row(
      """
      SELECT json_object('id', id, 'sku', sku, 'name', name, 'unit', unit, 'category', category,
        'price', price, 'currency', currency, 'minimum', minimum,
        'barcodes', (SELECT json_group_array(code) FROM barcode WHERE product = p.id),
        'attributes', json(COALESCE(attributes, '{}')),
        'forbidsNegative', json(IIF(forbids_negative, 'true', 'false')))
      FROM product p WHERE id = ?
      """, [product])
    return try row.map { try JSON(parsing: $0[0] as String) }
  }

  fileprivate func setBarcodes(_ codes: [String], of product: Int64) throws {
    try execute("DELETE FROM barcode WHERE product = ?", [product])
    for code in Set(codes).sorted() {
      let owner = try integer("SELECT product FROM barcode WHERE code = ?", [code])
      guard owner == nil else {
        throw Refusal(
          .duplicate, "The code \(code) belongs to another product already.", field: "barcodes")
      }
      try execute("INSERT INTO barcode (code, product) VALUES (?, ?)", [code, product])
    }
  }
}
