/// Decides when to ask shore for changes, and when to leave it alone.
///
/// While there is a way one question is always open. A failure is followed by a rest that grows with
/// jitter; so is an answer that came empty before its time, or a shore that does not hold questions
/// would be asked without end. Reads no clock and rolls no dice.
package struct Collector: Sendable {
  package enum Order: Sendable, Hashable {
    /// Ask; shore may hold the question so long.
    case ask(holding: Duration)
    case rest(Duration)
  }

  private let holding: Duration
  private var backoff: Backoff
  private var restUntil: Duration?

  package init(holding: Duration, backoff: Backoff = Backoff()) {
    self.holding = holding
    self.backoff = backoff
  }

  /// What to do at `now`, on a clock that never jumps.
  package func order(now: Duration) -> Order {
    if let restUntil, now < restUntil { return .rest(restUntil - now) }
    return .ask(holding: holding)
  }

  /// Shore answered, after so long, with so many changes, and all of them are on the disk.
  package mutating func collected(
    _ changes: Int, took: Duration, now: Duration, chance: Double
  ) {
    if changes > 0 || took >= holding / 2 {
      backoff.reset()
      restUntil = nil
    } else {
      restUntil = now + backoff.next(chance: chance)
    }
  }

  package mutating func failed(retryAfter: Duration?, now: Duration, chance: Double) {
    let asked = min(retryAfter ?? .zero, backoff.longest)
    restUntil = now + max(backoff.next(chance: chance), asked)
  }

  /// The way ashore is another one, or somebody wants to know now.
  package mutating func restarted() {
    backoff.reset()
    restUntil = nil
  }
}
