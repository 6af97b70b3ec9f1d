/// A thing as a client names it: by the hub's id, or by a text that others know it by.
package enum Reference: Sendable, Hashable {
  case id(Int64)
  case text(String)

  static let aboutItem =
    "An inventory item by its stock row's id, or by a product's code where it lies in one place only."

  /// What a text may mean as an id: `12`, or `item-12` where `word` is `item`.
  ///
  /// Clients of other systems hold ids as texts, with a word before the number. A thing whose own
  /// name or number is exactly that text goes first.
  package static func id(in text: String, after words: [String]) -> Int64? {
    var digits = text[...]
    if let mark = text.lastIndex(where: { $0 == "-" || $0 == "_" }) {
      guard words.contains(text[..<mark].lowercased()) else { return nil }
      digits = text[text.index(after: mark)...]
    }
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let id = Int64(digits), id > 0
    else { return nil }
    return id
  }
}
