import Sync
import Synchronization

/// Lets so many batches in at once, so that a crowd of hubs can't use up shore's memory.
final class Gate: Sendable {
  private let free: Mutex<Int>

  init(places: Int) {
    free = Mutex(places)
  }

  func pass<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    let isIn = free.withLock { free in
      guard free > 0 else { return false }
      free -= 1
      return true
    }
    guard isIn else { throw Problem(.busy, "Shore takes in other batches; try again shortly.") }
    defer { free.withLock { $0 += 1 } }
    return try await body()
  }
}
