/// One direction of a link: when each segment arrives.
///
/// Told the time and the dice, it decides and remembers; it sends nothing itself.
struct Shaper: Sendable, Hashable {
  /// TCP's payload in an Ethernet frame, and the heads that each segment has in front of it (IPv4 and
  /// TCP with timestamps).
  static let segment = 1448
  static let head = 52
  /// The shortest time after which TCP sends again what was lost (RFC 6298, as Linux has it).
  private static let retransmission = Duration.milliseconds(200)

  var conditions: LinkConditions
  /// Bytes that went over the link, heads and repetitions included.
  private(set) var carried = 0
  /// When the transmitter is done with all that it was given.
  private var isFree = Duration.zero

  init(_ conditions: LinkConditions) {
    self.conditions = conditions
  }

  /// When a segment that is ready at `now` is at the other end.
  /// - Parameters:
  ///   - chance: where in the jitter it falls, from 0 up to 1.
  ///   - luck: lost when below the link's loss, from 0 up to 1.
  mutating func arrival(of bytes: Int, at now: Duration, chance: Double, luck: Double) -> Duration {
    let isLost = luck < conditions.loss
    let size = (bytes + Self.head) * (isLost ? 2 : 1)
    carried += size
    isFree = max(isFree, now)
    if let rate = conditions.bitsPerSecond {
      isFree += .nanoseconds(Int64(size) * 8_000_000_000 / Int64(rate))
    }
    let stray = conditions.jitter * (chance - 0.5)
    let again = isLost ? max(conditions.roundTrip, Self.retransmission) : .zero
    return max(isFree, isFree + conditions.roundTrip / 2 + stray) + again
  }
}
