import Crypto
import Sync

/// The secret that opens the status page: made on the first start, kept beside the database.
package struct OperatorToken: Sendable {
  private let digest: SHA256.Digest

  package init(_ text: String) {
    digest = SHA256.hash(data: Array(text.utf8))
  }

  /// Reads the token of `directory`, or makes it; `fresh` is its text then, to be shown this once.
  package static func load(
    in directory: DataDirectory
  ) throws(ShoreError) -> (token: OperatorToken, fresh: String?) {
    let path = directory.token
    if let text = try directory.contents(of: path) {
      let token = text.filter { !$0.isWhitespace }
      guard token.utf8.count >= 20 else { throw .badToken(path: path) }
      return (OperatorToken(token), nil)
    }
    let text = SiteKey().text
    try directory.save(text + "\n", to: path)
    return (OperatorToken(text), text)
  }

  /// Shows that a form came from a page of shore's own for `purpose`: a browser sends the operator's
  /// password along with what any other site makes it post.
  func proof(of purpose: String) -> String {
    Hex.text(
      HMAC<SHA256>.authenticationCode(
        for: Array(purpose.utf8), using: SymmetricKey(data: Array(digest))))
  }

  func verifies(_ proof: String, of purpose: String) -> Bool {
    guard let code = Hex.bytes(proof) else { return false }
    return HMAC<SHA256>.isValidAuthenticationCode(
      code, authenticating: Array(purpose.utf8), using: SymmetricKey(data: Array(digest)))
  }

  /// Whether an `Authorization` header opens the page: `Bearer TOKEN`, or `Basic` with the user
  /// `operator` and the token as the password. Digests are compared, in constant time.
  package func admits(_ authorization: String?) -> Bool {
    guard let authorization, let space = authorization.firstIndex(of: " ") else { return false }
    let credentials = authorization[authorization.index(after: space)...].filter { $0 != "=" }
    switch authorization[..<space].lowercased() {
    case "bearer": return OperatorToken(credentials).digest == digest
    case "basic":
      let urlSafe = credentials.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
      guard let pair = Base64URL.bytes(String(urlSafe)) else { return false }
      let text = String(decoding: pair, as: UTF8.self)
      let user = "operator:"
      return text.hasPrefix(user)
        && OperatorToken(String(text.dropFirst(user.count))).digest == digest
    default: return false
    }
  }
}
