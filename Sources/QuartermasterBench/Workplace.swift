import Foundation
import Inventory
import Logging
import Storage
import Synchronization
import Wire

/// A temporary folder with a hub's data, removed when the measurement is over.
final class Workplace {
  let data: String
  private let root: String

  init() throws {
    root = NSTemporaryDirectory() + "quartermaster-bench-\(UUID().uuidString.prefix(8))"
    data = root + "/data"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  func path(_ name: String) -> String { root + "/" + name }

  func remove() {
    try? FileManager.default.removeItem(atPath: root)
  }

  /// Fills an empty hub with `products` in one location, one of each: no alert is due later.
  /// - Returns: the products' ids; the location's is 1.
  func stock(products: Int, in directory: String? = nil) throws -> [Int64] {
    try withLedger(in: directory) { ledger in
      _ = try ledger.perform(CreateLocation(data: ["name": "Store"]))
      return try (1...products).map { number in
        let receipt = try ledger.perform(
          CreateProduct(data: ["sku": .string("SKU-\(number)"), "name": "Impeller kit"]))
        guard let product = try JSON(parsing: receipt.data)["productId"]?.integer else {
          throw Failure("The hub's own answer lacks productId.")
        }
        _ = try ledger.perform(
          AddStock(data: ["productId": .int(product), "locationId": 1, "quantity": 1]))
        return product
      }
    }
  }

  /// Books so many movements, one event each: of any product, so many or so many, seconds apart, for
  /// what is all alike would compress as no ship's log does.
  func fill(_ events: Int, of products: [Int64]) throws {
    let clock = Mutex(Store.systemTime() - Int64(events) * 30_000)
    let now: @Sendable () -> Int64 = {
      clock.withLock { time in
        time += .random(in: 1...60_000)
        return time
      }
    }
    try withLedger(now: now) { ledger in
      var left = events
      while left > 0 {
        let count = min(left, 10_000)
        _ = try ledger.perform(
          try (0..<count).map { _ in
            try AdjustStock(
              data: [
                "productId": .int(products.randomElement() ?? 1), "locationId": 1,
                "quantity": .int(.random(in: 1...12)),
              ])
          })
        left -= count
      }
    }
  }

  func withLedger<Value>(
    in directory: String? = nil, now: @escaping @Sendable () -> Int64 = Store.systemTime,
    _ body: (Ledger) throws -> Value
  ) throws -> Value {
    var logger = Logger(label: "bench") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .error
    let store = try Store(directory: directory ?? data, now: now)
    let value = try body(Ledger(store: store, logger: logger))
    try store.close()
    return value
  }
}

extension Ledger {
  /// Waits for the outcome, on a thread that may wait.
  func perform(_ command: any LedgerCommand) throws -> Receipt {
    guard let receipt = try perform([command]).last else { throw Failure("No receipt came.") }
    return receipt
  }

  /// Submits all at once, so that they share commits.
  func perform(_ commands: [any LedgerCommand]) throws -> [Receipt] {
    let outcomes = Mutex<[Outcome]>([])
    let pending = DispatchGroup()
    for command in commands {
      pending.enter()
      submit(Submission(command, by: .hub)) { outcome in
        outcomes.withLock { $0.append(outcome) }
        pending.leave()
      }
    }
    pending.wait()
    return try outcomes.withLock { $0 }.map { outcome in
      switch outcome {
      case .done(let receipt): return receipt
      case .refused(let refusal): throw Failure(refusal.message)
      }
    }
  }
}
