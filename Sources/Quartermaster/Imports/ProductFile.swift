import Access
import Inventory
import Storage
import Wire

/// Products, with a first stock where the file names a location and a quantity.
struct ProductFile {
  private let csv: CSV

  private static let columns = [
    "sku", "name", "unit", "category", "price", "currency", "minimum", "barcodes", "location",
    "quantity",
  ]

  init(_ csv: CSV) throws {
    try csv.require(["sku", "name"])
    csv.remarkUnknown(besides: Self.columns, prefix: "attribute:")
    self.csv = csv
  }

  private struct Product {
    var line: Int
    var sku: String
    var command: CreateProduct
    var stock: (location: String, quantity: Int64)?
  }

  func run(_ books: Books, skipping: Bool) async throws -> ImportReport {
    var bad = csv.malformed
    var products: [Product] = []
    var seen: [String: Int] = [:]
    for row in csv.rows {
      do {
        let product = try read(row, books.currency)
        if let first = seen[product.sku] {
          throw BadRow(
            line: row.line, reason: "the sku \(product.sku) stands in line \(first) already")
        }
        seen[product.sku] = row.line
        products.append(product)
      } catch let error as BadRow {
        bad.append(error)
      } catch let error as Refusal {
        bad.append(BadRow(line: row.line, reason: error.message))
      }
    }
    guard bad.isEmpty || skipping else { return .stopped(bad) }

    let created = await books.book(
      "Products",
      products.map {
        .init(line: $0.line, operation: "import:product:\($0.sku)".operationID, command: $0.command)
      })
    bad += created.bad
    let locations = try await books.locations(
      named: products.compactMap { $0.stock?.location }.reduce(into: []) {
        if !$0.contains($1) { $0.append($1) }
      })
    var deliveries: [Books.Entry] = []
    for (product, receipt) in zip(products, created.receipts) {
      guard let receipt, let stock = product.stock, stock.quantity > 0 else { continue }
      let id = try receipt.integer("productId")
      deliveries.append(
        .init(
          line: product.line, operation: "import:stock:\(product.sku)".operationID,
          command: try AddStock(
            data: [
              "productId": .int(id), "locationId": .int(locations[stock.location] ?? 0),
              "quantity": .int(stock.quantity), "note": "import",
            ])))
    }
    let delivered = await books.book("Stock", deliveries)
    bad += delivered.bad
    return .done(
      bad,
      "Imported \(count(books.new(created), "product")) and \(count(books.new(delivered), "first stock"))."
        + Self.known(books.known(created)))
  }

  private static func known(_ known: Int) -> String {
    switch known {
    case 0: ""
    case 1: " 1 product was there already and stays as it is."
    default: " \(known) products were there already and stay as they are."
    }
  }

  private func read(_ row: CSV.Row, _ currency: String?) throws -> Product {
    func whole(_ name: String) throws -> Int64? {
      guard let text = row.text(name) else { return nil }
      guard let number = Int64(text) else {
        throw BadRow(line: row.line, reason: "\(name) must be a whole number, and is \(text)")
      }
      return number
    }
    var price: Int64?
    if let text = row.text("price") {
      guard let amount = Money.minorUnits(text) else {
        throw BadRow(line: row.line, reason: "price must be an amount such as 2.55, and is \(text)")
      }
      price = amount
    }
    var attributes: JSON = [:]
    for column in csv.header where column.hasPrefix("attribute:") {
      guard let text = row.text(column) else { continue }
      attributes[String(column.dropFirst("attribute:".count))] =
        Int64(text).map(JSON.int) ?? .string(text)
    }
    let command = try CreateProduct(
      data: .compact([
        "sku": .string(row["sku"]), "name": .string(row["name"]), "unit": .text(row.text("unit")),
        "category": .text(row.text("category")), "price": .integer(price),
        "currency": .text(row.text("currency") ?? currency),
        "minimum": .integer(try whole("minimum")),
        "barcodes": row.text("barcodes").map { codes in
          .array(codes.split(separator: ";").map { .string(String($0).trimmed) })
        },
        "attributes": attributes,
      ]))
    var stock: (location: String, quantity: Int64)?
    if let quantity = try whole("quantity") {
      guard let location = row.text("location") else {
        throw BadRow(line: row.line, reason: "it has a quantity but no location")
      }
      guard (0...Fields.quantityLimit).contains(quantity) else {
        throw BadRow(line: row.line, reason: "quantity must not be negative or beyond counting")
      }
      stock = (location, quantity)
    }
    return Product(line: row.line, sku: command.sku, command: command, stock: stock)
  }
}

extension String {
  /// A text as an operation id: at most 64 bytes without spaces, still its own.
  var operationID: String {
    let plain = utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    if plain, utf8.count <= 64 { return self }
    // FNV-1a, twice with different starts: 128 bits tell texts apart.
    func hash(_ start: UInt64) -> String {
      let value = utf8.reduce(start) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
      return String(value, radix: 36)
    }
    return "import:\(hash(14_695_981_039_346_656_037)):\(hash(7_809_847_782_465_536_322))"
  }
}
