/// Moments as ISO 8601 writes them, in UTC with milliseconds: `2024-01-15T10:30:00.000Z`.
package enum ISO8601 {
  /// - Parameter milliseconds: since 1970.
  package static func text(_ milliseconds: Int64) -> String {
    let (days, rest) = floor(milliseconds, by: 86_400_000)
    let (year, month, day) = civil(days)
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60)
    let (seconds, thousandths) = (rest / 1000 % 60, rest % 1000)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(hours, 2)):"
      + "\(padded(minutes, 2)):\(padded(seconds, 2)).\(padded(thousandths, 3))Z"
  }

  package static func json(_ milliseconds: Int64) -> JSON { .string(text(milliseconds)) }

  /// Milliseconds since 1970; `nil` unless `text` is a date and a time with its zone. Seconds may have
  /// a fraction, of which the first three digits count.
  package static func milliseconds(_ text: String) -> Int64? {
    var reader = Reader(rest: Substring(text).utf8[...])
    guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
      reader.take("-"), let day = reader.number(2), reader.take("T") || reader.take(" "),
      let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
      reader.take(":"), let second = reader.number(2), let fraction = reader.fraction(),
      let zone = reader.zone(), reader.rest.isEmpty,
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    let days = days(year, month, day)
    guard civil(days) == (year, month, day) else { return nil }
    return ((days * 24 + hour) * 60 + minute - zone) * 60_000 + second * 1000 + fraction
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func floor(_ number: Int64, by divisor: Int64) -> (Int64, Int64) {
    let rest = ((number % divisor) + divisor) % divisor
    return ((number - rest) / divisor, rest)
  }

  /// The proleptic Gregorian date so many days after 1970-01-01: eras of 400 years, years from March.
  private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let (era, day) = floor(days + 719_468, by: 146_097)
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let ofYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * ofYear + 2) / 153
    let isNextYear = month >= 10
    return (
      year + era * 400 + (isNextYear ? 1 : 0), month + (isNextYear ? -9 : 3),
      ofYear - (153 * month + 2) / 5 + 1
    )
  }

  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let (era, ofEra) = floor(month <= 2 ? year - 1 : year, by: 400)
    let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  private struct Reader {
    var rest: Substring.UTF8View

    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: character) else { return false }
      rest = rest.dropFirst()
      return true
    }

    mutating func number(_ digits: Int) -> Int64? {
      let part = rest.prefix(digits)
      guard part.count == digits, part.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
      }
      rest = rest.dropFirst(digits)
      return part.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    mutating func fraction() -> Int64? {
      guard take(".") else { return 0 }
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(digits.count)
      return (Array(digits.prefix(3)) + [0x30, 0x30]).prefix(3).reduce(0) {
        $0 * 10 + Int64($1 - 0x30)
      }
    }

    /// Minutes east of Greenwich.
    mutating func zone() -> Int64? {
      if take("Z") { return 0 }
      let isEast = take("+")
      guard isEast || take("-"), let hours = number(2), take(":"), let minutes = number(2)
      else { return nil }
      return (isEast ? 1 : -1) * (hours * 60 + minutes)
    }
  }
}
