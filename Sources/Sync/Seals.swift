import Crypto

/// The digest of a request's raw body, in hex: what both seals are made over.
package struct BodyDigest: Sendable, Hashable {
  package let hex: String

  package init(of body: [UInt8]) {
    hex = Hex.text(SHA256.hash(data: body))
  }

  /// Reads a digest as it was written.
  package init?(hex: String) {
    guard Hex.bytes(hex)?.count == SHA256.byteCount else { return nil }
    self.hex = hex
  }
}

extension SiteKey {
  private static let scheme = "QM1 "

  /// The `Authorization` header of a batch: `QM1` and the seal of its bytes.
  package func authorization(site: SiteName, digest: BodyDigest) -> String {
    Self.scheme + seal(["request", site.text, digest.hex])
  }

  package func verifies(authorization: String, site: SiteName, digest: BodyDigest) -> Bool {
    guard authorization.hasPrefix(Self.scheme) else { return false }
    let seal = String(authorization.dropFirst(Self.scheme.count))
    return verifies(seal, of: ["request", site.text, digest.hex])
  }
}
