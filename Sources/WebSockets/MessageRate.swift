import NIOCore

/// Messages of one connection within a minute: in all, those of types with a figure of their own, and
/// all others together.
package struct MessageRate {
  package enum Verdict { case admitted, over, farOver }

  /// How many one connection may send within a minute.
  package struct Allowance: Sendable {
    package var total: Int
    /// Of all types together that have no figure of their own.
    package var others: Int
    package var types: [String: Int]

    package init(total: Int, others: Int, types: [String: Int] = [:]) {
      self.total = total
      self.others = others
      self.types = types
    }
  }

  private var windowStart = NIODeadline.uptimeNanoseconds(0)
  private var total = 0
  private var others = 0
  private var byType: [String: Int] = [:]

  package init() {}

  /// Past ten times what it may send of the others, or twice of all, a connection is no client's.
  package mutating func admit(
    _ type: String, within allowance: Allowance, now: NIODeadline = .now()
  ) -> Verdict {
    if now - windowStart >= .seconds(60) {
      windowStart = now
      total = 0
      others = 0
      byType.removeAll(keepingCapacity: false)
    }
    total += 1
    if total > allowance.total * 2 { return .farOver }
    if total > allowance.total { return .over }
    guard let limit = allowance.types[type] else {
      others += 1
      if others > allowance.others * 10 { return .farOver }
      return others > allowance.others ? .over : .admitted
    }
    byType[type, default: 0] += 1
    return byType[type, default: 0] > limit ? .over : .admitted
  }
}
