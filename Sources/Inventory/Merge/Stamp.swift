/// Which end of the way ashore something was done at.
package enum Side: String, Sendable, CaseIterable {
  case aboard, ashore

  package var other: Side { self == .aboard ? .ashore : .aboard }
}

/// When a field was edited, by a hybrid logical clock (Kulkarni and others, "Logical Physical
/// Clocks", 2014): milliseconds since 1970, a counter within them, and the side, which breaks ties.
package struct Stamp: Sendable, Hashable, Comparable {
  package var time: Int64
  package var count: Int64
  package var side: Side

  package init(time: Int64, count: Int64 = 0, side: Side) {
    self.time = time
    self.count = count
    self.side = side
  }

  package static func < (left: Stamp, right: Stamp) -> Bool {
    (left.time, left.count, left.side.rawValue) < (right.time, right.count, right.side.rawValue)
  }

  /// The stamp as a reader with the clock `now` takes it: nobody edits in the future, so a stamp
  /// from there counts as this moment and cannot win for ever.
  package func read(at now: Int64) -> Stamp {
    Stamp(time: min(time, now), count: time > now ? 0 : count, side: side)
  }

  /// A stamp of the other side's clock on the reader's own. The sender said what its clock showed
  /// when it sent (`sent`), so what counts is the edit's age, and neither clock need be right.
  package func translated(sent: Int64, received: Int64) -> Stamp {
    let (age, isBeyond) = sent.subtractingReportingOverflow(time)
    let (moment, isBefore) = received.subtractingReportingOverflow(isBeyond ? 0 : max(0, age))
    return Stamp(time: isBefore ? 0 : moment, count: age < 0 ? 0 : count, side: side)
  }
}

/// One side's clock: each stamp is later than the one before and than every stamp it has seen.
///
/// A clock that was wrong is not followed: what it has shown is forgotten once it lies further than
/// `drift` ahead of the present, and a stamp from as far ahead is not learnt from. Each side's own
/// edits follow each other by seq, never by stamp, so going back there confuses nothing.
package struct HybridClock: Sendable, Hashable {
  /// An hour, in milliseconds.
  package static let drift: Int64 = 3_600_000

  package private(set) var latest: Stamp

  package init(latest: Stamp) {
    self.latest = latest
  }

  package mutating func tick(now: Int64) -> Stamp {
    if now > latest.time || isAhead(latest, of: now) {
      latest.time = now
      latest.count = 0
    } else {
      latest.count += 1
    }
    return latest
  }

  package mutating func witness(_ stamp: Stamp, now: Int64) {
    guard !isAhead(stamp, of: now), (stamp.time, stamp.count) > (latest.time, latest.count) else {
      return
    }
    latest.time = stamp.time
    latest.count = stamp.count
  }

  private func isAhead(_ stamp: Stamp, of now: Int64) -> Bool {
    now < Int64.max - Self.drift && stamp.time > now + Self.drift
  }
}
