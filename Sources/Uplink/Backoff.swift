/// Decorrelated jitter: every delay lies between the shortest one and three times the one before,
/// so that hubs which lost the same link do not all come back in the same second.
package struct Backoff: Sendable, Hashable {
  package var shortest: Duration
  package var longest: Duration
  private var last: Duration

  package init(shortest: Duration = .seconds(1), longest: Duration = .seconds(300)) {
    self.shortest = shortest
    self.longest = longest
    last = shortest
  }

  /// - Parameter chance: from 0 up to 1, evenly spread.
  package mutating func next(chance: Double) -> Duration {
    last = min(longest, shortest + (last * 3 - shortest) * chance)
    return last
  }

  package mutating func reset() {
    last = shortest
  }
}
