import Foundation
import GRDB
import Inventory
import Logging
import Wire

@testable import Storage

/// A folder of a test's own that goes when the test does.
final class Folder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("quartermaster-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// What a power cut would leave behind: the files as they are, without closing anything.
  func copy() throws -> Folder {
    let copy = try Folder()
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: database + suffix) {
      try FileManager.default.copyItem(atPath: database + suffix, toPath: copy.database + suffix)
    }
    return copy
  }

  var database: String { path + "/" + Store.fileName }
}

/// A store and its ledger in a real file, and short ways to ask for things.
final class Hub: Sendable {
  let folder: Folder
  let store: Store
  let ledger: Ledger

  convenience init(in folder: Folder? = nil, now: Int64 = 1_764_547_200_000) throws {
    try self.init(in: folder ?? Folder(), clock: { now })
  }

  init(in folder: Folder, clock: @escaping @Sendable () -> Int64) throws {
    self.folder = folder
    store = try Store(directory: self.folder.path, now: clock)
    ledger = Ledger(store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// The same file after a stop and a start.
  func reopened() async throws -> Hub {
    await ledger.close()
    try store.close()
    return try Hub(in: folder)
  }

  func submit(
    _ command: String, _ data: JSON, by author: Author = .hub, operation: String? = nil,
    fingerprint: Int64 = 0
  ) async throws -> Receipt {
    let submission = Submission(
      try Self.command(command, data), by: author, operation: operation, fingerprint: fingerprint)
    switch await ledger.submit(submission) {
    case .done(let receipt): return receipt
    case .refused(let refusal): throw refusal
    }
  }

  /// Performs a command and returns its result.
  @discardableResult
  func perform(_ command: String, _ data: JSON, by author: Author = .hub) async throws -> JSON {
    try JSON(parsing: try await submit(command, data, by: author).data)
  }

  /// Performs a command and returns one number of its result.
  func id(_ key: String, _ command: String, _ data: JSON, by author: Author = .hub) async throws
    -> Int64
  {
    try await perform(command, data, by: author)[key]?.integer ?? -1
  }

  /// Why a command was refused; `nil` when it was not.
  func refusal(_ command: String, _ data: JSON, by author: Author = .hub) async throws -> Refusal? {
    do {
      try await perform(command, data, by: author)
      return nil
    } catch let refusal as Refusal {
      return refusal
    }
  }

  static func command(_ name: String, _ data: JSON) throws -> any LedgerCommand {
    guard let type = Catalogue.command(named: name) else {
      throw Refusal(.unknownCommand, "There is no command \(name).")
    }
    return try type.init(data: data)
  }
}

/// What tests look at.
extension Hub {
  var head: Int64 {
    get throws { try store.position().seq }
  }

  func events(after seq: Int64 = 0) throws -> [Event] {
    try store.events(after: seq, limit: 100_000)
  }

  /// The payloads of all events of `type`, oldest first.
  func told(_ type: EventType, after seq: Int64 = 0) throws -> [JSON] {
    try events(after: seq).filter { $0.type == type.rawValue }.map { try JSON(parsing: $0.data) }
  }

  func integer(_ sql: String, _ arguments: StatementArguments = []) throws -> Int64? {
    try store.read { try Int64.fetchOne($0, sql: sql, arguments: arguments) }
  }

  func text(_ sql: String, _ arguments: StatementArguments = []) throws -> String? {
    try store.read { try String.fetchOne($0, sql: sql, arguments: arguments) }
  }

  /// Puts the file into a state that no command leads to.
  func execute(_ sql: String, _ arguments: StatementArguments = []) async throws {
    try await store.pool.write { try $0.execute(sql: sql, arguments: arguments) }
  }

  func level(_ product: Int64, at location: Int64, lot: String = "") throws -> Int64 {
    try integer(
      "SELECT quantity FROM stock WHERE product = ? AND location = ? AND lot = ?",
      [product, location, lot]) ?? 0
  }

  /// Whether every stock row is the sum of its movements, and no movement lacks its row.
  func isStockTheSumOfMovements() throws -> Bool {
    try integer(
      """
      SELECT COUNT(*) FROM (
        SELECT product FROM (
          SELECT product, location, lot, quantity AS stock, 0 AS moved FROM stock
          UNION ALL SELECT product, location, lot, 0, quantity FROM movement)
        GROUP BY product, location, lot HAVING SUM(stock) <> SUM(moved))
      """) == 0
  }
}

/// What tests begin with.
extension Hub {
  func product(
    _ name: String = "Impeller kit", minimum: Int64 = 0, forbidsNegative: Bool = false,
    price: Int64 = 0, barcodes: [String] = [], sku: String? = nil
  ) async throws -> Int64 {
    try await id(
      "productId", "product.create",
      [
        "sku": .string(sku ?? name), "name": .string(name), "minimum": .int(minimum),
        "forbidsNegative": .bool(forbidsNegative), "price": .int(price),
        "barcodes": .array(barcodes.map(JSON.string)),
      ])
  }

  func location(_ name: String = "Engine room", branch: Int64? = nil) async throws -> Int64 {
    try await id(
      "locationId", "location.create",
      .compact(["name": .string(name), "branchId": .integer(branch)]))
  }

  func branch(_ name: String) async throws -> Int64 {
    try await id("branchId", "branch.create", ["name": .string(name)])
  }

  func adjust(
    _ product: Int64, at location: Int64, by quantity: Int64, lot: String = "",
    author: Author = .hub
  ) async throws {
    try await perform(
      "stock.adjust",
      [
        "productId": .int(product), "locationId": .int(location), "quantity": .int(quantity),
        "lot": .string(lot),
      ], by: author)
  }

  func user(
    _ name: String, _ role: Role, branches: [Int64] = [], customer: Int64? = nil
  ) async throws -> Int64 {
    try await id(
      "userId", "user.create",
      .compact([
        "name": .string(name), "role": .string(role.rawValue),
        "branchIds": .array(branches.map(JSON.int)), "customerId": .integer(customer),
      ]))
  }

  func session(of user: Int64, device: String? = nil) async throws -> Int64 {
    let start = StartSession(user: user, deviceKey: device, deviceName: device, kind: .person)
    switch await ledger.submit(Submission(start, by: .hub)) {
    case .done(let receipt): return try JSON(parsing: receipt.data)["sessionId"]?.integer ?? -1
    case .refused(let refusal): throw refusal
    }
  }

  /// A new user who has signed in.
  func signedIn(
    _ role: Role, branches: [Int64] = [], device: String? = nil, name: String? = nil
  ) async throws -> Author {
    let user = try await user(name ?? "\(role)", role, branches: branches)
    return .session(try await session(of: user, device: device))
  }
}
