import Wire

/// Money as the Socket.IO systems write it: in the currency's unit, where the hub counts hundredths.
enum Money {
  static func units(_ hundredths: JSON) -> JSON {
    guard let amount = hundredths.integer else { return hundredths }
    return amount % 100 == 0 ? .int(amount / 100) : .number(Double(amount) / 100)
  }
}
