import Access
import Foundation
import Inventory
import Storage
import Wire

/// Invoice lines as shops export them: `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,
/// UnitPrice,CustomerID,Country`.
///
/// An invoice becomes a delivered order, its goods a movement out of stock each. An invoice whose
/// number starts with C is a credit note: a cancelled order, its goods a return into stock each. Codes
/// that do not start with a digit (POST, D, …) are charges: they stand on the order and move nothing.
struct InvoiceFile {
  private let csv: CSV
  private let location: String

  private static let columns = [
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID",
    "Country",
  ]

  init(_ csv: CSV, location: String) throws {
    try csv.require(Self.columns)
    csv.remarkUnknown(besides: Self.columns)
    self.csv = csv
    self.location = location
  }

  private struct Line {
    var line: Int
    var invoice: String
    var code: String
    var description: String?
    var quantity: Int64
    var price: Int64
    var time: Int64
    var customer: String?
    var country: String

    var isGoods: Bool { code.first?.isNumber ?? false }
    var isCredit: Bool { invoice.hasPrefix("C") }
  }

  func run(_ books: Books, skipping: Bool) async throws -> ImportReport {
    var bad = csv.malformed
    var lines: [Line] = []
    for row in csv.rows {
      do {
        lines.append(try read(row))
      } catch let error as BadRow {
        bad.append(error)
      }
    }
    guard bad.isEmpty || skipping else { return .stopped(bad) }

    let products = try await products(lines, books, &bad)
    let customers = try await customers(lines, books, &bad)
    let place = try await books.locations(named: [location])[location] ?? 0
    let invoices = Dictionary(grouping: lines, by: \.invoice)
    // In the order of the file: the first line of each invoice says where it stands.
    let numbers = invoices.keys.sorted {
      (invoices[$0]?.first?.line ?? 0) < (invoices[$1]?.first?.line ?? 0)
    }
    let (orders, known) = try await orders(numbers, invoices, products, customers, books, &bad)
    let moved = try await movements(numbers, invoices, products, orders, place, books, &bad)
    return .done(
      bad,
      "Imported \(count(orders.count, "order")) with \(count(lines.count, "line")), \(count(products.count, "product")), \(count(customers.count, "customer")) and \(count(moved, "movement"))."
        + (known == 0 ? "" : " \(count(known, "order")) of these had been imported before."))
  }

  private func read(_ row: CSV.Row) throws -> Line {
    func fail(_ reason: String) -> BadRow { BadRow(line: row.line, reason: reason) }
    guard let invoice = row.text("InvoiceNo") else { throw fail("InvoiceNo is empty") }
    guard let code = row.text("StockCode") else { throw fail("StockCode is empty") }
    guard let quantity = Int64(row["Quantity"]), quantity != 0,
      abs(quantity) <= Fields.quantityLimit
    else { throw fail("Quantity must be a whole number other than 0, and is \(row["Quantity"])") }
    guard let price = Money.minorUnits(row["UnitPrice"]) else {
      throw fail("UnitPrice must be an amount such as 2.55, and is \(row["UnitPrice"])")
    }
    guard let time = Self.time(row["InvoiceDate"]) else {
      throw fail("InvoiceDate must be such as 12/1/2010 8:26, and is \(row["InvoiceDate"])")
    }
    guard invoice.hasPrefix("C") == (quantity < 0) else {
      throw fail(
        quantity < 0
          ? "a negative quantity on an invoice that is no credit note"
          : "a positive quantity on a credit note")
    }
    return Line(
      line: row.line, invoice: invoice, code: code, description: row.text("Description"),
      quantity: quantity, price: price, time: time, customer: row.text("CustomerID"),
      country: row["Country"])
  }

  /// `M/D/YYYY H:MM`, taken as UTC since the file names no zone.
  private static func time(_ text: String) -> Int64? {
    let numbers = text.split { "/ :".contains($0) }.map { Int64($0) }
    guard numbers.count == 5, let month = numbers[0], let day = numbers[1], let year = numbers[2],
      let hour = numbers[3], let minute = numbers[4], (1...12).contains(month),
      (1...31).contains(day), (1900...2200).contains(year), (0..<24).contains(hour),
      (0..<60).contains(minute)
    else { return nil }
    var parts = DateComponents()
    (parts.year, parts.month, parts.day) = (Int(year), Int(month), Int(day))
    (parts.hour, parts.minute) = (Int(hour), Int(minute))
    parts.timeZone = TimeZone(secondsFromGMT: 0)
    return Calendar(identifier: .gregorian).date(from: parts)
      .map { Int64($0.timeIntervalSince1970) * 1000 }
  }

  private func products(
    _ lines: [Line], _ books: Books, _ bad: inout [BadRow]
  ) async throws -> [String: Int64] {
    var ids = try books.ids("products", by: "sku")
    var first: [String: Line] = [:]
    var names: [String: String] = [:]
    for line in lines where ids[line.code] == nil {
      if first[line.code] == nil { first[line.code] = line }
      if names[line.code] == nil { names[line.code] = line.description }
      // A line without a price says nothing of what the product costs.
      if first[line.code]?.price == 0, line.price > 0 { first[line.code]?.price = line.price }
    }
    let fresh = first.values.sorted { $0.line < $1.line }
    let entries = try fresh.map { line in
      Books.Entry(
        line: line.line, operation: "import:product:\(line.code)".operationID,
        command: try CreateProduct(
          data: .compact([
            "sku": .string(line.code), "name": .string(names[line.code] ?? line.code),
            "price": .int(line.price), "currency": .string(books.currency ?? "GBP"),
            "category": .string(line.isGoods ? "Goods" : "Charges"),
          ])))
    }
    let created = await books.book("Products", entries)
    bad += created.bad
    for (line, receipt) in zip(fresh, created.receipts) {
      ids[line.code] = try receipt?.integer("productId")
    }
    let codes = Set(lines.map(\.code))
    return ids.filter { codes.contains($0.key) }
  }

  private func customers(
    _ lines: [Line], _ books: Books, _ bad: inout [BadRow]
  ) async throws -> [String: Int64] {
    var ids = try books.ids("customers", by: "reference")
    var fresh: [(number: String, line: Line)] = []
    var seen: Set<String> = []
    for line in lines {
      guard let number = line.customer, ids[number] == nil, seen.insert(number).inserted else {
        continue
      }
      fresh.append((number, line))
    }
    let entries = try fresh.map { number, line in
      Books.Entry(
        line: line.line, operation: "import:customer:\(number)".operationID,
        command: try CreateCustomer(
          data: [
            "name": .string("Customer \(number)"), "reference": .string(number),
            "note": .string(line.country),
          ]))
    }
    let created = await books.book("Customers", entries)
    bad += created.bad
    for (customer, receipt) in zip(fresh, created.receipts) {
      ids[customer.number] = try receipt?.integer("customerId")
    }
    let numbers = Set(lines.compactMap(\.customer))
    return ids.filter { numbers.contains($0.key) }
  }

  private func orders(
    _ numbers: [String], _ invoices: [String: [Line]], _ products: [String: Int64],
    _ customers: [String: Int64], _ books: Books, _ bad: inout [BadRow]
  ) async throws -> (ids: [String: Int64], known: Int) {
    let entries = try numbers.compactMap { number -> Books.Entry? in
      guard let lines = invoices[number], let first = lines.first else { return nil }
      return Books.Entry(
        line: first.line, operation: "import:order:\(number)".operationID,
        command: try CreateOrder(
          data: .compact([
            "reference": .string(number),
            "customerId": .integer(first.customer.flatMap { customers[$0] }),
            "channel": .string(first.isCredit ? "credit note" : "import"),
            "currency": .string(books.currency ?? "GBP"), "note": .string(first.country),
            "lines": .array(
              lines.map { line in
                [
                  "productId": .int(products[line.code] ?? 0), "quantity": .int(abs(line.quantity)),
                  "price": .int(line.price),
                ]
              }),
          ])), deviceTime: first.time)
    }
    let created = await books.book("Orders", entries)
    bad += created.bad
    var ids: [String: Int64] = [:]
    for (number, receipt) in zip(numbers, created.receipts) {
      ids[number] = try receipt?.integer("orderId")
    }
    return (ids, books.known(created))
  }

  /// Goods out for invoices, goods in for credit notes; then the orders' last status.
  private func movements(
    _ numbers: [String], _ invoices: [String: [Line]], _ products: [String: Int64],
    _ orders: [String: Int64], _ place: Int64, _ books: Books, _ bad: inout [BadRow]
  ) async throws -> Int {
    var moves: [Books.Entry] = []
    var endings: [Books.Entry] = []
    var count = 0
    for number in numbers {
      guard let order = orders[number], let lines = invoices[number], let first = lines.first
      else { continue }
      let goods = lines.filter(\.isGoods)
      count += goods.count
      if first.isCredit {
        for line in goods {
          moves.append(
            .init(
              line: line.line, operation: "import:return:\(number):\(line.line)".operationID,
              command: try AddStock(
                data: [
                  "productId": .int(products[line.code] ?? 0), "locationId": .int(place),
                  "quantity": .int(-line.quantity), "reason": "return",
                  "note": .string("credit note \(number)"),
                ]), deviceTime: line.time))
        }
      } else if !goods.isEmpty {
        moves.append(
          .init(
            line: first.line, operation: "import:fulfil:\(number)".operationID,
            command: try FulfilOrder(
              data: [
                "orderId": .int(order), "locationId": .int(place),
                "lines": .array(
                  goods.map { line in
                    [
                      "productId": .int(products[line.code] ?? 0), "quantity": .int(line.quantity),
                    ]
                  }),
              ]), deviceTime: first.time))
      }
      endings.append(
        .init(
          line: first.line, operation: "import:status:\(number)".operationID,
          command: try SetOrderStatus(
            data: [
              "orderId": .int(order), "status": .string(first.isCredit ? "cancelled" : "delivered"),
            ]), deviceTime: first.time))
    }
    bad += await books.book("Movements", moves).bad
    bad += await books.book("Statuses", endings).bad
    return count
  }
}
