import Foundation

/// What the crew waits while the backlog drains, beside what it waits while the link stands still: in
/// windows that take turns, so that whatever else the machine does befalls both alike.
struct Contrast {
  /// One kind of window's latencies.
  struct Side {
    private(set) var windows: [Latencies] = []
    private(set) var changes = 0

    mutating func add(_ outcome: Crew.Outcome) {
      windows.append(outcome.latency)
      changes += outcome.changes
    }

    /// The median of the windows' percentiles, in milliseconds.
    func median(_ percent: Double) -> Double {
      let sorted = windows.map { $0.percentile(percent) }.sorted()
      guard let upper = sorted.dropFirst(sorted.count / 2).first else { return 0 }
      return sorted.count.isMultiple(of: 2) ? (upper + sorted[sorted.count / 2 - 1]) / 2 : upper
    }

    /// `12 windows of 400, 5.1 to 9.8`
    func words(_ percent: Double) -> String {
      let all = windows.map { $0.percentile(percent) }
      return String(
        format: "%d windows of %d, %.1f to %.1f", windows.count,
        changes / max(1, windows.count), all.min() ?? 0, all.max() ?? 0)
    }
  }

  var idle = Side()
  var draining = Side()
}
