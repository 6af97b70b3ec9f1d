/// How a link treats what goes over it.
package struct LinkConditions: Sendable, Hashable {
  /// There and back.
  package var roundTrip = Duration.zero
  /// How far a round trip strays, to either side.
  package var jitter = Duration.zero
  /// Each way; `nil` where something else limits it.
  package var bitsPerSecond: Int?
  /// The share of segments that are lost and sent again.
  package var loss = 0.0

  package init(
    roundTrip: Duration = .zero, jitter: Duration = .zero, bitsPerSecond: Int? = nil,
    loss: Double = 0
  ) {
    self.roundTrip = roundTrip
    self.jitter = jitter
    self.bitsPerSecond = bitsPerSecond
    self.loss = loss
  }

  package static let perfect = LinkConditions()
  /// An old mobile network far out.
  package static let twoG = LinkConditions(roundTrip: .milliseconds(600), bitsPerSecond: 30_000)
  /// A satellite dish with others on it.
  package static let vsat = LinkConditions(
    roundTrip: .milliseconds(1200), jitter: .milliseconds(200), bitsPerSecond: 100_000)
  package static let threeG = LinkConditions(roundTrip: .milliseconds(80), bitsPerSecond: 1_000_000)
  /// A marina's Wi-Fi, as many boats share it.
  package static let marina = LinkConditions(
    roundTrip: .milliseconds(60), jitter: .milliseconds(50), bitsPerSecond: 2_000_000, loss: 0.02)
}
