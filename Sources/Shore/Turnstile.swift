import Sync
import Synchronization

/// Takes in one batch of a site after the other, in the order in which they came whole: a hub sends
/// the next one before it has heard of the last, and neither may be read before its turn.
final class Turnstile: Sendable {
  /// Who waits behind the one inside; a site with nobody inside has no entry.
  private let queues = Mutex<[SiteName: [CheckedContinuation<Void, Never>]]>([:])

  func pass<Value: Sendable>(
    _ site: SiteName, _ body: () async throws -> Value
  ) async rethrows -> Value {
    await withCheckedContinuation { turn in
      let isFree = queues.withLock { queues in
        guard queues[site] != nil else {
          queues[site] = []
          return true
        }
        queues[site]?.append(turn)
        return false
      }
      if isFree { turn.resume() }
    }
    defer { leave(site) }
    return try await body()
  }

  /// Batches of the site that are inside or wait.
  func count(_ site: SiteName) -> Int { queues.withLock { $0[site].map { $0.count + 1 } ?? 0 } }

  private func leave(_ site: SiteName) {
    let next = queues.withLock { queues in
      guard var queue = queues[site], !queue.isEmpty else {
        queues[site] = nil
        return nil as CheckedContinuation<Void, Never>?
      }
      defer { queues[site] = queue }
      return queue.removeFirst()
    }
    next?.resume()
  }
}
