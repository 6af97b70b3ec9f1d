import Inventory

/// How many bytes the uplink may spend in an hour, a day and a month; `nil` is as many as it likes.
///
/// Spans slide by hours of powered time. The last fifth of each is kept for the first lane, so that an
/// alert gets through when the day's movements have used up theirs.
package struct Budget: Sendable, Hashable {
  package var hour: Int64?
  package var day: Int64?
  package var month: Int64?

  package init(hour: Int64? = nil, day: Int64? = nil, month: Int64? = nil) {
    self.hour = hour
    self.day = day
    self.month = month
  }

  package var isLimited: Bool { spans.contains { $0.limit != nil } }

  var spans: [(hours: Int64, limit: Int64?)] { [(1, hour), (24, day), (30 * 24, month)] }

  /// The part of `limit` that `lane` may use.
  static func share(of limit: Int64, for lane: Lane) -> Int64 {
    lane == .first ? limit : limit - limit / 5
  }
}

/// What has been spent, hour by hour, and what may still be.
package struct Spending: Sendable, Hashable {
  private var hours: [Int64: Int64]

  package init(_ hours: [Int64: Int64] = [:]) {
    self.hours = hours
  }

  package mutating func spend(_ bytes: Int64, in hour: Int64) {
    hours[hour, default: 0] += bytes
    hours = hours.filter { $0.key > hour - 30 * 24 }
  }

  package func spent(inLast count: Int64, at hour: Int64) -> Int64 {
    hours.reduce(0) { $1.key > hour - count && $1.key <= hour ? $0 + $1.value : $0 }
  }

  /// The bytes that `lane` may still spend at `hour`; `nil` without a limit.
  package func left(of budget: Budget, for lane: Lane, at hour: Int64) -> Int64? {
    budget.spans.compactMap { span in
      span.limit.map {
        max(0, Budget.share(of: $0, for: lane) - spent(inLast: span.hours, at: hour))
      }
    }.min()
  }

  /// The next hour in which `lane` may spend again; `nil` while it may.
  package func opens(of budget: Budget, for lane: Lane, at hour: Int64) -> Int64? {
    guard left(of: budget, for: lane, at: hour) == 0 else { return nil }
    return (1...(30 * 24)).lazy.map { hour + $0 }
      .first { left(of: budget, for: lane, at: $0) != 0 } ?? hour + 30 * 24
  }
}
