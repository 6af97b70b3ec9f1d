import ArgumentParser
import Foundation
import Inventory
import Shore
import Sync
import Wire

struct CatalogueGroup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue", abstract: "The products that the sites share.",
    subcommands: [CataloguePush.self])
}

struct CataloguePush: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Queue a catalogue for sites: new products and changed ones.",
    discussion: """
      The file is comma-separated with a header: sku and name, and any of unit, category, price \
      (such as 12.90), currency, minimum, barcodes (separated by semicolons) and attribute:… . A \
      hub that knows the sku changes the product's fields where they differ, another one adds it. \
      A cell left empty leaves that field as it is.
      """)

  @Argument(help: "The CSV file.") var file: String
  @Option(
    help: ArgumentHelp("A site; may be repeated. [default: every site]", valueName: "name"))
  var site: [String] = []
  @Option(help: ArgumentHelp("Who asks for it, for people aboard.", valueName: "name"))
  var by = "the office"
  @OptionGroup var data: DataOption

  func run() async throws {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw ShoreError.badInput("The file \(file) cannot be read as UTF-8 text.")
    }
    let products = try CatalogueFile.products(in: text)
    let store = try ShoreStore(data.directory, create: false)
    let sites =
      try site.isEmpty
      ? store.siteNames() : site.map { name throws in try SiteName(argument: name) }
    for site in sites {
      // Each site's changes have tags of their own.
      let orders = try products.map { product throws in
        try Ordered.order(ShorePolicy.putProduct, product, by: by)
      }
      _ = try await store.enqueue(orders, for: site, at: ShoreServer.milliseconds())
      try Output.say("Queued \(orders.count) products for \(site).")
    }
    try store.close()
  }
}

/// A catalogue as `product.put` wants it, line by line; one bad line stops all of it.
enum CatalogueFile {
  private static let columns: Set = [
    "sku", "name", "unit", "category", "price", "currency", "minimum", "barcodes",
  ]

  static func products(in text: String) throws(ShoreError) -> [JSON] {
    let records = CSVRecord.all(in: text)
    guard let header = records.first?.fields.map(trimmed), header.contains("sku"),
      header.contains("name")
    else { throw .badInput("The file's first line must name the columns sku and name.") }
    if let unknown = header.first(where: { !columns.contains($0) && !$0.hasPrefix("attribute:") }) {
      throw .badInput(
        "The column \(unknown) is not known; see `quartermaster-shore catalogue push --help`.")
    }
    var products: [JSON] = []
    for record in records.dropFirst() {
      guard !record.isOpen, record.fields.count == header.count else {
        throw .badInput(
          "Line \(record.line) has \(record.fields.count) fields, the header has \(header.count).")
      }
      let cells = Dictionary(zip(header, record.fields.map(trimmed))) { first, _ in first }
      products.append(try product(cells, line: record.line))
    }
    return products
  }

  private static func product(
    _ cells: [String: String], line: Int
  ) throws(ShoreError) -> JSON {
    let text = { (name: String) in cells[name].flatMap { $0.isEmpty ? nil : $0 } }
    guard let sku = text("sku"), let name = text("name") else {
      throw .badInput("Line \(line) has no sku or no name.")
    }
    let price = text("price").map { Money.minorUnits($0) }
    if let price, price == nil {
      throw .badInput("Line \(line): price must be an amount such as 2.55.")
    }
    let minimum = text("minimum").map { Int64($0) }
    if let minimum, minimum == nil {
      throw .badInput("Line \(line): minimum must be a whole number.")
    }
    let attributes = cells.filter { $0.key.hasPrefix("attribute:") && !$0.value.isEmpty }
      .sorted { $0.key < $1.key }
      .map { (String($0.key.dropFirst(10)), Int64($0.value).map(JSON.int) ?? .string($0.value)) }
    return .compact([
      "sku": .string(sku), "name": .string(name), "unit": .text(text("unit")),
      "category": .text(text("category")), "price": .integer(price ?? nil),
      "currency": .text(text("currency")), "minimum": .integer(minimum ?? nil),
      "barcodes": text("barcodes").map { codes in
        .array(codes.split(separator: ";").map { .string(trimmed(String($0))) })
      },
      "attributes": attributes.isEmpty ? nil : .object(JSON.Members(attributes)),
    ])
  }

  private static func trimmed(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespaces)
  }
}
