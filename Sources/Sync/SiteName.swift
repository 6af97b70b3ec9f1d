/// The name by which a hub and shore know a site: 1 to 64 of `A-Z a-z 0-9 . _ -`, in one path
/// segment.
package struct SiteName: Sendable, Hashable, CustomStringConvertible {
  package let text: String

  package init?(_ text: String) {
    guard (1...Limits.nameLength).contains(text.utf8.count), text != ".", text != "..",
      text.utf8.allSatisfy(Self.allows)
    else { return nil }
    self.text = text
  }

  package static let rule =
    "1 to 64 letters, digits, dots, underscores or hyphens (A-Z a-z 0-9 . _ -)"

  package var description: String { text }

  private static func allows(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
