/// Measures the link by the exchanges over it, and says how large the next batch should be.
///
/// A batch aims to take a few seconds of the link: long enough that the round trip does not count
/// for much, short enough that little is lost with it when the link goes. The batch's size feeds back
/// into how long it took, so it settles within a few exchanges on any link.
package struct LinkMeter: Sendable, Hashable {
  package static let smallest = 25
  /// A handful, by which the round trip is measured.
  package static let first = 20

  private let largest: Int
  /// Bytes a second, the round trip included.
  package private(set) var rate: Double?
  /// Of the smallest exchanges.
  package private(set) var roundTrip: Duration?
  private var bytesPerEvent = 40.0
  private var events: Int

  package init(largest: Int) {
    self.largest = largest
    events = min(Self.first, largest)
  }

  /// How many events the next batch should hold.
  package var batch: Int { events }

  /// How long an exchange should take: 4 seconds, more where the round trip is long.
  package var aim: Duration {
    min(max(.seconds(4), (roundTrip ?? .zero) * 6), .seconds(12))
  }

  package mutating func exchanged(events count: Int, bytes: Int64, took: Duration) {
    let seconds = max(took / .seconds(1), 0.000_1)
    // A handful of bytes says how long the way is, not how wide.
    guard count >= Self.smallest else {
      roundTrip = min(took, roundTrip.map { $0 + $0 / 10 } ?? took)
      events = min(largest, max(events, Self.first * 4))
      return
    }
    let measured = Double(bytes) / seconds
    rate = rate.map { $0 * 0.6 + measured * 0.4 } ?? measured
    bytesPerEvent = bytesPerEvent * 0.6 + Double(bytes) / Double(count) * 0.4
    let wanted = measured * (aim / .seconds(1)) / bytesPerEvent
    // By steps: one lucky measurement is no broad link.
    events = min(max(Int(wanted), Self.smallest), min(largest, max(events, count) * 4))
  }

  package var eventsPerSecond: Double? { rate.map { $0 / bytesPerEvent } }

  /// How many events `bytes` pay for.
  package func affordable(with bytes: Int64) -> Int {
    max(Self.smallest, Int(Double(bytes) / bytesPerEvent))
  }

  /// After how long an exchange of `bytes` is given up: many times what it should take, so that a link
  /// that is half open is noticed in less than the longest time that a slow one may need.
  package func limit(for bytes: Int, atMost longest: Duration) -> Duration {
    guard let rate, let roundTrip else { return longest }
    return min(longest, .seconds(30) + .seconds(Double(bytes) / rate * 8) + roundTrip * 8)
  }

  /// The link broke under a batch: the next one is half as large, so that some get through.
  package mutating func broke() {
    events = max(Self.smallest, events / 2)
  }

  /// Another link altogether.
  package mutating func changed() {
    self = LinkMeter(largest: largest)
  }
}
