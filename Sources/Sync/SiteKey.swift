import Crypto

/// The secret that a site and shore share: 32 random bytes, shown to a person once and never sent.
package struct SiteKey: Sendable, CustomStringConvertible {
  private static let length = 32
  private let key: SymmetricKey

  /// A new key.
  package init() {
    key = SymmetricKey(size: .bits256)
  }

  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.length else { return nil }
    key = SymmetricKey(data: bytes)
  }

  /// Reads the key as it was shown; spaces and line ends around it do not count.
  package init?(text: String) {
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    let start = text.drop(while: isSpace)
    let end = start.lastIndex { !isSpace($0) }.map(start.index(after:)) ?? start.startIndex
    guard let bytes = Base64URL.bytes(String(start[..<end])) else { return nil }
    self.init(bytes: bytes)
  }

  package var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

  /// The key as a person sees it: 43 characters of base64url. For `site add` and nothing else.
  package var text: String { Base64URL.text(bytes) }

  /// Never the key itself: it must not reach a log by accident.
  package var description: String { "(a site's key)" }

  /// The hex HMAC-SHA256 of the parts, one a line.
  package func seal(_ parts: [String]) -> String {
    Hex.text(HMAC<SHA256>.authenticationCode(for: Self.message(parts), using: key))
  }

  /// Compares in constant time.
  package func verifies(_ seal: String, of parts: [String]) -> Bool {
    guard let code = Hex.bytes(seal) else { return false }
    return HMAC<SHA256>.isValidAuthenticationCode(
      code, authenticating: Self.message(parts), using: key)
  }

  private static func message(_ parts: [String]) -> [UInt8] {
    Array(parts.joined(separator: "\n").utf8)
  }
}
