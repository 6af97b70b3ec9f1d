import Storage
import Synchronization

/// Counts who uses what, in memory, until the hub writes it down.
///
/// Kinds are the hub's own words: a command's name, a message's type. Memory is bounded: beyond
/// `capacity` different things between two writings, the rest is counted as `other`.
package final class Usage: Sendable {
  private let counts = Mutex<[Use: Int64]>([:])
  private let capacity: Int

  package init(capacity: Int = 5_000) {
    self.capacity = capacity
  }

  package func note(_ kind: String, by user: Int64?) {
    counts.withLock { counts in
      var use = Use(user: user, kind: kind)
      if counts.count >= capacity, counts[use] == nil { use = Use(user: nil, kind: "other") }
      counts[use, default: 0] += 1
    }
  }

  /// What was counted since the last call.
  package func take() -> [Use: Int64] {
    counts.withLock { counts in
      defer { counts = [:] }
      return counts
    }
  }

  /// Puts back what could not be written down.
  package func restore(_ uses: [Use: Int64]) {
    counts.withLock { counts in counts.merge(uses, uniquingKeysWith: +) }
  }
}
