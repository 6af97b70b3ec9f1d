/// Measures the link by the exchanges over it, and says how large the next batch should be.
///
/// A batch aims to take a few seconds of the link: long enough that the round trip does not count
/// for much, short enough that little is lost with it when the link goes. The batch's size feeds back
/// into how long it took, so it settles within a few exchanges on any link.
package struct LinkMeter: Sendable, Hashable {
  package static let smallest = 25
  /// A handful, by which the round trip is measured.
  package static let first = 20
  /// Bytes a second of the slowest link there is, 9,600 bit/s: until something has been measured.
  private static let slowest = 1200.0

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

  /// - Parameters:
  ///   - took: until the answer, from the answer before where that came while this one was under way.
  ///   - isAlone: nothing else was under way, so that a handful tells the round trip.
  package mutating func exchanged(
    events count: Int, bytes: Int64, took: Duration, isAlone: Bool = true
  ) {
    let seconds = max(took / .seconds(1), 0.000_1)
    // A handful of bytes says how long the way is, not how wide.
    guard count >= Self.smallest else {
      guard isAlone else { return }
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

  /// After how long an exchange is given up that has `bytes` to send, those before it included: some
  /// times what it should take, so that a link that is half open is noticed soon and one that has
  /// become slower is not taken for it.
  package func limit(for bytes: Int, atMost longest: Duration) -> Duration {
    let pace = rate ?? Self.slowest
    return min(
      longest, .seconds(15) + .seconds(Double(bytes) / pace * 6) + (roundTrip ?? .seconds(1)) * 8)
  }

  /// The link broke under a batch: the next one is half as large, so that some get through, and gets
  /// as long for it.
  package mutating func broke() {
    events = max(Self.smallest, events / 2)
    rate = rate.map { max($0 / 2, Self.slowest) }
  }

  /// Another link altogether.
  package mutating func changed() {
    self = LinkMeter(largest: largest)
  }
}
