import Sync
import Synchronization

/// Lets in as many bytes of bodies at once as shore has memory for, so that neither a crowd of hubs
/// nor a stranger can use it up. Most batches are small: some thousand fit in together.
final class Gate: Sendable {
  private let free: Mutex<Int>

  init(bytes: Int) {
    free = Mutex(bytes)
  }

  func pass<Value: Sendable>(_ bytes: Int, _ body: () async throws -> Value) async throws -> Value {
    let isIn = free.withLock { free in
      guard free >= bytes else { return false }
      free -= bytes
      return true
    }
    guard isIn else { throw Problem(.busy, "Shore takes in other batches; try again shortly.") }
    defer { free.withLock { $0 += bytes } }
    return try await body()
  }
}
