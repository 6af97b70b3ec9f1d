import Foundation

/// From when to when a certificate of ours is valid, and when another is due.
package struct Term: Sendable, Equatable {
  /// Seconds. Phones refuse what is valid for more than 825 days (support.apple.com/103769).
  static let length: TimeInterval = 820 * 86_400
  /// A device whose clock is behind by less than this takes a new certificate at once.
  static let lead: TimeInterval = 30 * 86_400
  /// What is left when another is made: time for a box that is off all winter.
  static let reserve: TimeInterval = 200 * 86_400

  package var begins: Date
  package var ends: Date

  /// The dates for a certificate that is made when the clock shows `clock`.
  ///
  /// A clock that is earlier than the program, as that of a box that starts in 1970, is not believed:
  /// the certificate counts from when the program was made, or from where the one before it counted
  /// if that is later. So devices that know the time take it for two years after the hub last knew
  /// the time or was upgraded; as soon as the hub learns the time it makes another where one is due.
  package init(clock: Date, built: Date, before: Term? = nil) {
    var now = max(clock, built, Authority.begins)
    if clock < built, let before { now = max(now, before.begins + Self.lead) }
    now = min(now, Authority.ends - Self.length)
    // Whole seconds: a certificate writes no others.
    begins = Date(timeIntervalSince1970: (now - Self.lead).timeIntervalSince1970.rounded(.down))
    ends = begins + Self.length
  }

  init(_ begins: Date, _ ends: Date) {
    self.begins = begins
    self.ends = ends
  }

  func isDue(clock: Date, built: Date) -> Bool {
    // Who doesn't know the time cannot tell that it is over.
    guard clock >= built else { return false }
    return clock < begins || ends - Self.reserve < clock
  }
}
