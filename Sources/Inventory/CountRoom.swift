/// The name of a monthly count: `{agency}/{month}/{year}`, such as `Alfa Romeo/10/2025`.
///
/// One name a room, however its month is written: `9`, `09` and the number 9 are one.
package struct CountRoom: Sendable, Hashable {
  package let agency: String
  package let month: Int
  package let year: Int

  package init?(agency: String, month: String, year: String) {
    guard (1...100).contains(agency.utf8.count), let month = Self.number(month, 2),
      (1...12).contains(month), let year = Self.number(year, 4), (1...9999).contains(year),
      !agency.allSatisfy(\.isWhitespace)
    else { return nil }
    self.agency = agency
    self.month = month
    self.year = year
  }

  /// The room of that name; `nil` for names that are no monthly count's.
  package init?(name: String) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return nil }
    self.init(
      agency: parts.dropLast(2).joined(separator: "/"), month: String(parts[parts.count - 2]),
      year: String(parts[parts.count - 1]))
  }

  package var name: String { "\(agency)/\(month)/\(year)" }

  /// The topic of its events.
  package var topic: String { "inventory:count:\(name)" }

  /// The one name of whatever room `name` means.
  package static func normalized(_ name: String) -> String {
    CountRoom(name: name)?.name ?? name
  }

  /// At most `digits` digits, leading zeros among them.
  private static func number(_ text: String, _ digits: Int) -> Int? {
    guard (1...digits).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(text)
  }
}
