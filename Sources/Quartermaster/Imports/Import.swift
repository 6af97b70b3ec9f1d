import Access
import ArgumentParser
import Foundation
import Inventory
import Storage
import Wire

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read products or movements from a CSV file with a header.",
    discussion: """
      products   sku, name, and any of unit, category, price (such as 2.55),
                 currency, minimum, barcodes (separated by ;), location and
                 quantity for a first stock, attribute:NAME for anything else.
      movements  sku, location, quantity (signed), and any of lot, reason, note,
                 time (ISO 8601 or milliseconds); or the lines of invoices:
                 InvoiceNo, StockCode, Description, Quantity, InvoiceDate,
                 UnitPrice, CustomerID, Country.

      Columns are separated by commas and may come in any order. Works beside a running hub. The \
      same file may be imported again: what is there already stays as it is and is not booked \
      twice. Bad rows are named by line; nothing is imported then unless --skip-bad-rows.
      """)

  enum What: String, ExpressibleByArgument, CaseIterable { case products, movements }

  @Argument(help: "products or movements.") var what: What
  @Argument(help: "The CSV file.") var file: String
  @Flag(help: "Import the good rows and leave the bad ones out.") var skipBadRows = false
  @Option(
    help: ArgumentHelp(
      "Where goods of invoice lines are taken from; made if it is not there.", valueName: "name"))
  var location = "Warehouse"
  @Option(help: ArgumentHelp("Currency of the prices (ISO 4217).", valueName: "code"))
  var currency: String?
  @OptionGroup var data: DataOption

  func run() async throws {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw Failure("The file \(file) cannot be read.")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure("The file \(file) is not UTF-8. Convert it, for example with iconv.")
    }
    let csv = try CSV(text)
    let store = try data.openStore(creating: true)
    let books = Books(
      store: store, ledger: Ledger(store: store, logger: Console.logger()),
      currency: currency, start: try store.position().seq)
    let report: ImportReport
    switch what {
    case .products: report = try await ProductFile(csv).run(books, skipping: skipBadRows)
    case .movements where csv.header.contains("InvoiceNo"):
      report = try await InvoiceFile(csv, location: location).run(books, skipping: skipBadRows)
    case .movements: report = try await MovementFile(csv).run(books, skipping: skipBadRows)
    }
    for row in report.bad { Console.remark("line \(row.line): \(row.reason)") }
    guard report.isDone else {
      throw Failure(
        "\(count(report.bad.count, "bad row")); nothing was imported. Mend them, or leave them out with --skip-bad-rows."
      )
    }
    if try store.position().seq > books.start {
      let file = URL(fileURLWithPath: file).lastPathComponent
      let command = SyncInventory(reason: "Import of \(file.prefix(150)).")
      _ = await books.ledger.submit(Submission(command, by: .hub))
    }
    Console.say(report.summary)
  }
}

struct ImportReport {
  var bad: [BadRow]
  var isDone: Bool
  var summary: String

  /// Nothing was done because of `bad`.
  static func stopped(_ bad: [BadRow]) -> ImportReport {
    ImportReport(bad: bad.sorted { $0.line < $1.line }, isDone: false, summary: "")
  }

  static func done(_ bad: [BadRow], _ summary: String) -> ImportReport {
    let left = bad.isEmpty ? "" : " Left out: \(count(bad.count, "bad row"))."
    return ImportReport(
      bad: bad.sorted { $0.line < $1.line }, isDone: true, summary: summary + left)
  }
}

/// The ledger as imports use it: many commands at once, each with an operation id made from the
/// file, so that the same file imported again books nothing twice.
struct Books {
  let store: Store
  let ledger: Ledger
  let currency: String?
  /// The end of the log when the import began: what a receipt puts before it was there already.
  let start: Int64

  struct Booked {
    /// By position; `nil` for those that were refused.
    var receipts: [Receipt?] = []
    var bad: [BadRow] = []
  }

  /// How many were booked by this import.
  func new(_ booked: Booked) -> Int {
    booked.receipts.count { ($0?.position.seq ?? 0) > start }
  }

  /// How many an earlier import had booked.
  func known(_ booked: Booked) -> Int {
    booked.receipts.count { $0 != nil } - new(booked)
  }

  struct Entry {
    var line: Int
    var operation: String
    var command: any LedgerCommand
    var deviceTime: Int64?
  }

  /// Submits all entries in their order and waits for all.
  /// - Returns: receipts, and the refused ones as bad rows.
  func book(_ label: String, _ entries: [Entry]) async -> Booked {
    var booked = Booked()
    let width = 200
    for start in stride(from: 0, to: entries.count, by: width) {
      let part = entries[start..<min(start + width, entries.count)]
      let outcomes = await withTaskGroup(of: (Int, Outcome).self) { group in
        for (index, entry) in zip(part.indices, part) {
          group.addTask {
            (
              index,
              await ledger.submit(
                Submission(
                  entry.command, by: .hub, operation: entry.operation,
                  deviceTime: entry.deviceTime))
            )
          }
        }
        return await group.reduce(into: [Int: Outcome]()) { $0[$1.0] = $1.1 }
      }
      for (index, entry) in zip(part.indices, part) {
        switch outcomes[index] {
        case .done(let receipt): booked.receipts.append(receipt)
        case .refused(let refusal):
          booked.receipts.append(nil)
          booked.bad.append(BadRow(line: entry.line, reason: refusal.message))
        case nil: booked.receipts.append(nil)
        }
      }
      Console.progress(label, start + part.count, of: entries.count)
    }
    return booked
  }

  /// Existing ids by a text column of a listing, such as a sku or a reference.
  func ids(_ listing: String, by column: String) throws -> [String: Int64] {
    guard let listing = Listing.named(listing) else { return [:] }
    var ids: [String: Int64] = [:]
    var cursor: Int64?
    repeat {
      let page = try store.page(listing, PageRequest(cursor: cursor, limit: 1000), for: .console)
      for item in page.items {
        let entry = try JSON(parsing: item)
        if let key = entry[column]?.text, let id = entry["id"]?.integer { ids[key] = id }
      }
      cursor = page.next
    } while cursor != nil
    return ids
  }

  /// Locations by name, made where they are missing.
  func locations(named names: [String]) async throws -> [String: Int64] {
    var ids = try ids("locations", by: "name")
    for name in names where ids[name] == nil {
      let command = try CreateLocation(data: ["name": .string(name)])
      ids[name] = try await ledger.submit(Submission(command, by: .hub)).receipt
        .integer("locationId")
    }
    return ids
  }
}
