import Wire

/// A monthly count's room: `Alfa Romeo/10/2025`. Its month is a number, so that `9` and `09` are one
/// room, whether they come as text or as a number.
package struct CountRoom: Sendable, Hashable {
  package var agency: String
  package var month: Int
  package var year: Int

  /// - Parameters month, year: a text of digits or a whole number.
  package init?(agency: String, month: JSON, year: JSON) {
    let agency = Self.trimmed(agency)
    guard !agency.isEmpty, !agency.contains("/"), agency.count <= 150,
      let month = Self.number(month), (1...12).contains(month),
      let year = Self.number(year), (1970...9999).contains(year)
    else { return nil }
    (self.agency, self.month, self.year) = (agency, month, year)
  }

  package init?(_ name: String) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3 else { return nil }
    self.init(agency: parts[0], month: .string(parts[1]), year: .string(parts[2]))
  }

  package var name: String { "\(agency)/\(month)/\(year)" }

  /// The topic of its events.
  package var topic: String { "inventory:count:\(name)" }

  /// The one name of the room that `name` means. A room that is no monthly one keeps its own.
  package static func normalised(_ name: String) -> String {
    CountRoom(name)?.name ?? trimmed(name)
  }

  /// The one spelling of an agency's name.
  package static func agency(_ name: String) -> String { trimmed(name) }

  private static func number(_ value: JSON) -> Int? {
    if let integer = value.integer { return Int(exactly: integer) }
    guard let text = value.text.map(trimmed), (1...4).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(text)
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop(while: \.isWhitespace)
    let end = start.lastIndex { !$0.isWhitespace }
    return end.map { String(start[...$0]) } ?? ""
  }
}
