import Foundation
import JWTKit
import Storage

/// Bearer tokens: JWTs (RFC 7519, HS256) that name a session row and nothing else.
///
/// A token carries no role and no expiry of its own: who the bearer is, and whether still, is read
/// from the session's row each time. So ending the row ends the token at once, and a wrong clock
/// locks nobody out.
package struct Tokens: Sendable {
  private struct Payload: JWTPayload {
    /// The session's id.
    var sid: Int64
    var iss: String
    var iat: Int64

    func verify(using algorithm: some JWTAlgorithm) throws {
      guard iss == Tokens.issuer else {
        throw JWTError.claimVerificationFailure(
          failedClaim: IssuerClaim(value: iss), reason: "another issuer")
      }
    }
  }

  private static let issuer = "quartermaster"
  private let keys: JWTKeyCollection
  private let now: @Sendable () -> Int64

  package init(
    key: [UInt8], now: @escaping @Sendable () -> Int64 = Store.systemTime
  ) async {
    keys = await JWTKeyCollection().add(hmac: HMACKey(from: key), digestAlgorithm: .sha256)
    self.now = now
  }

  package func token(for session: Int64) async throws -> String {
    try await keys.sign(Payload(sid: session, iss: Self.issuer, iat: now() / 1000))
  }

  /// The session that `token` names, where this hub signed it.
  package func session(of token: String) async -> Int64? {
    guard token.utf8.count <= 2048 else { return nil }
    return try? await keys.verify(token, as: Payload.self).sid
  }
}

/// A secret in a file of its own, readable by the hub's user only, made where it is missing.
package enum SecretFile {
  package static func key(at path: String, bytes: Int = 32) throws -> [UInt8] {
    if let key = FileManager.default.contents(atPath: path), key.count == bytes {
      return Array(key)
    }
    guard !FileManager.default.fileExists(atPath: path) else {
      throw SecretFileError(path: path)
    }
    let key = (0..<bytes).map { _ in UInt8.random(in: .min ... .max) }
    let part = path + ".part"
    try? FileManager.default.removeItem(atPath: part)
    guard
      FileManager.default.createFile(
        atPath: part, contents: Data(key), attributes: [.posixPermissions: 0o600])
    else { throw SecretFileError(path: path) }
    try Disk.synchronize(part)
    try Disk.replace(path, with: part)
    return key
  }
}

package struct SecretFileError: Error, CustomStringConvertible {
  var path: String

  package var description: String {
    "The key file \(path) cannot be read or written. Check its owner, or delete it to sign everybody out."
  }
}
