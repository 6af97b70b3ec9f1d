import Foundation
import Inventory
import Storage
import Wire

/// Signed movements by sku and location name.
struct MovementFile {
  private let csv: CSV

  private static let columns = ["sku", "location", "quantity", "lot", "reason", "note", "time"]

  init(_ csv: CSV) throws {
    try csv.require(["sku", "location", "quantity"])
    csv.remarkUnknown(besides: Self.columns)
    self.csv = csv
  }

  func run(_ books: Books, skipping: Bool) async throws -> ImportReport {
    let products = try books.ids("products", by: "sku")
    var bad = csv.malformed
    var rows: [(row: CSV.Row, product: Int64, quantity: Int64, time: Int64?)] = []
    for row in csv.rows {
      do {
        guard let product = products[row["sku"]] else {
          throw BadRow(line: row.line, reason: "there is no product with the sku \(row["sku"])")
        }
        guard row.text("location") != nil else {
          throw BadRow(line: row.line, reason: "location is empty")
        }
        guard let quantity = Int64(row["quantity"]), quantity != 0 else {
          throw BadRow(
            line: row.line,
            reason: "quantity must be a whole number other than 0, and is \(row["quantity"])")
        }
        rows.append((row, product, quantity, try time(row)))
      } catch let error as BadRow {
        bad.append(error)
      }
    }
    guard bad.isEmpty || skipping else { return .stopped(bad) }

    let locations = try await books.locations(
      named: rows.map { $0.row["location"] }.reduce(into: []) {
        if !$0.contains($1) { $0.append($1) }
      })
    var entries: [Books.Entry] = []
    for (row, product, quantity, time) in rows {
      do {
        let command = try AdjustStock(
          data: .compact([
            "productId": .int(product), "locationId": .int(locations[row["location"]] ?? 0),
            "quantity": .int(quantity), "lot": .text(row.text("lot")),
            "reason": .text(row.text("reason")), "note": .text(row.text("note")),
          ]))
        // The same line of the same content is the same movement, however often it is imported.
        let content = csv.header.map { row[$0] }.joined(separator: ",")
        entries.append(
          .init(
            line: row.line, operation: "import:\(row.line):\(content)".operationID,
            command: command, deviceTime: time))
      } catch {
        bad.append(BadRow(line: row.line, reason: error.message))
      }
    }
    guard bad.isEmpty || skipping else { return .stopped(bad) }
    let booked = await books.book("Movements", entries)
    let known = books.known(booked)
    return .done(
      bad + booked.bad,
      "Imported \(count(books.new(booked), "movement"))."
        + (known == 0 ? "" : " \(count(known, "line")) had been imported before."))
  }

  private func time(_ row: CSV.Row) throws -> Int64? {
    guard let text = row.text("time") else { return nil }
    if let milliseconds = Int64(text) { return milliseconds }
    guard let date = try? Date(text, strategy: .iso8601) else {
      throw BadRow(line: row.line, reason: "time must be ISO 8601 or milliseconds, and is \(text)")
    }
    return Int64(date.timeIntervalSince1970 * 1000)
  }
}
