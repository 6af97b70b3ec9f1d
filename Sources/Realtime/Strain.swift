/// How far the event loops are behind with telling, and what is given up for it: first what passes
/// and is worth little later, then newcomers. Committed events never are.
///
/// Judged by how late each published batch is delivered. Rises at once, and falls when nothing as
/// bad has been seen for `hold`, so that it neither flutters nor stays when nothing is told.
package struct Strain: Sendable, Equatable {
  package enum Relief: Int, Sendable, Comparable {
    case none, passingIsDropped, newcomersAreRefused

    package static func < (left: Relief, right: Relief) -> Bool { left.rawValue < right.rawValue }
  }

  /// Later than this, passing announcements are dropped.
  private let late: Duration
  /// Later than this, newcomers are refused.
  private let veryLate: Duration
  private let hold: Duration
  private var worst = Relief.none
  private var seen = Duration.zero

  package init(
    late: Duration = .milliseconds(500), veryLate: Duration = .seconds(2),
    hold: Duration = .seconds(2)
  ) {
    self.late = late
    self.veryLate = veryLate
    self.hold = hold
  }

  /// A batch was delivered `delay` after it was published. `now` is on any steady clock.
  package mutating func delivered(after delay: Duration, at now: Duration) {
    let relief: Relief =
      if delay > veryLate { .newcomersAreRefused } else if delay > late { .passingIsDropped } else {
        .none
      }
    guard relief >= self.relief(at: now) else { return }
    worst = relief
    seen = now
  }

  package func relief(at now: Duration) -> Relief {
    now - seen < hold ? worst : .none
  }
}
