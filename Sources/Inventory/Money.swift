/// Amounts as people write and read them: in hundredths of the currency's unit.
package enum Money {
  /// `12.90 EUR`
  package static func words(_ amount: Int64, _ currency: String) -> String {
    let cents = String(amount.magnitude % 100)
    let padded = cents.count < 2 ? "0" + cents : cents
    return "\(amount < 0 ? "-" : "")\(amount.magnitude / 100).\(padded) \(currency)"
  }

  /// `2.55` as 255; `nil` where it is no such amount.
  package static func minorUnits(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = Int64(parts[0]), whole >= 0, whole <= 10_000_000_000 else {
      return nil
    }
    guard parts.count == 2 else { return whole * 100 }
    // More than two decimals are rounded to the nearest minor unit, halves up.
    let digits = parts[1].prefix(3).map(\.wholeNumberValue)
    guard !digits.isEmpty, parts[1].allSatisfy(\.isNumber) else { return nil }
    let padded = digits.map { Int64($0 ?? 0) } + Array(repeating: 0, count: 3 - digits.count)
    return whole * 100 + padded[0] * 10 + padded[1] + (padded[2] >= 5 ? 1 : 0)
  }
}
