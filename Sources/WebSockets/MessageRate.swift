import NIOCore

/// Messages of one connection within a minute, in all and per type.
package struct MessageRate {
  package enum Verdict { case admitted, over, farOver }

  /// How many one connection may send within a minute.
  package struct Allowance: Sendable {
    package var total: Int
    package var perType: Int
    /// Types with a figure of their own.
    package var types: [String: Int]

    package init(total: Int, perType: Int, types: [String: Int] = [:]) {
      self.total = total
      self.perType = perType
      self.types = types
    }
  }

  private var windowStart = NIODeadline.uptimeNanoseconds(0)
  private var total = 0
  private var byType: [String: Int] = [:]

  package init() {}

  /// - Parameter type: one of the dialect's own words; what it does not know goes under one name, so
  ///   that invented types take no memory.
  package mutating func admit(
    _ type: String, within allowance: Allowance, now: NIODeadline = .now()
  ) -> Verdict {
    if now - windowStart >= .seconds(60) {
      windowStart = now
      total = 0
      byType.removeAll(keepingCapacity: false)
    }
    total += 1
    if total > allowance.total * 2 { return .farOver }
    if total > allowance.total { return .over }
    let count = byType[type, default: 0] + 1
    byType[type] = count
    return count > allowance.types[type] ?? allowance.perType ? .over : .admitted
  }
}
