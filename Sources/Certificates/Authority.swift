import Crypto
import Foundation
import SwiftASN1
import X509

/// The hub's own certificate authority: what a phone is asked to trust, once.
///
/// Owns the pair `authority.pem` and `authority.key` in the hub's folder. Promises that it is made
/// once and then stays, whatever the clock says: its dates are fixed, so that a hub that started in
/// 1970 makes the same authority as any other. It can speak for names and addresses of local networks
/// only (RFC 5280, section 4.2.1.10): whoever stole its key could be this hub to the crew's phones, and
/// never their bank. Imports nothing of ours.
package struct Authority: Sendable {
  /// Devices refuse what is not valid yet; no device in use is older than this.
  static let begins = Date(timeIntervalSince1970: 1_577_836_800)
  /// The last second that certificates write with two digits of a year.
  static let ends = Date(timeIntervalSince1970: 2_524_607_999)

  package let certificate: Certificate
  let key: P256.Signing.PrivateKey

  /// The authority in `folder`, made where there is none.
  package init(in folder: String, hostname: String) throws(CertificateError) {
    let (certificateFile, keyFile) = (folder + "/authority.pem", folder + "/authority.key")
    if FileManager.default.fileExists(atPath: certificateFile) {
      do {
        certificate = try Certificate(pemEncoded: PrivateFile.read(certificateFile))
        key = try P256.Signing.PrivateKey(pemRepresentation: PrivateFile.read(keyFile))
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
          throw CertificateError.damaged(folder, "key and certificate don't belong together")
        }
      } catch let error as CertificateError {
        throw error
      } catch {
        throw .damaged(folder, "\(error)")
      }
      return
    }
    do {
      key = P256.Signing.PrivateKey()
      certificate = try Self.certificate(for: key, hostname: hostname)
      // The key first: an authority is there as soon as its certificate is.
      try PrivateFile.write(key.pemRepresentation, to: keyFile)
      try PrivateFile.write(certificate.serializeAsPEM().pemString, to: certificateFile)
    } catch {
      throw .cannotMake(folder, "\(error)")
    }
  }

  private static func certificate(
    for key: P256.Signing.PrivateKey, hostname: String
  ) throws -> Certificate {
    let name = try DistinguishedName {
      CommonName(String("Quartermaster on \(hostname)".prefix(64)))
      OrganizationName("Quartermaster")
    }
    let publicKey = Certificate.PublicKey(key.publicKey)
    return try Certificate(
      version: .v3, serialNumber: .init(), publicKey: publicKey, notValidBefore: begins,
      notValidAfter: ends, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try .init {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        SubjectKeyIdentifier(hash: publicKey)
        Critical(
          NameConstraints(
            permittedDNSDomains: LocalScope.domains(hostname: hostname),
            permittedIPRanges: LocalScope.ranges.map(\.constraint)))
      }, issuerPrivateKey: .init(key))
  }

  /// Names that it may speak for, with all below them.
  var domains: [String] {
    (try? certificate.extensions.nameConstraints).flatMap { $0 }
      .map { Array($0.permittedDNSDomains) } ?? []
  }

  /// What a phone lists it as.
  var name: String {
    certificate.subject.lazy.flatMap { $0 }
      .first { $0.type == .RDNAttributeType.commonName }
      .map { String(describing: $0.value) } ?? "Quartermaster"
  }

  package var der: [UInt8] {
    get throws { try certificate.derBytes }
  }

  package var pem: String {
    get throws { try certificate.serializeAsPEM().pemString + "\n" }
  }

  /// SHA-256 over the certificate, as phones show it, in groups for people to compare:
  /// `0A1B 2C3D …`.
  package var fingerprint: String {
    get throws {
      let digits = SHA256.hash(data: try der).flatMap { byte in
        [byte >> 4, byte & 15].map { String($0, radix: 16, uppercase: true) }
      }
      return stride(from: 0, to: digits.count, by: 4)
        .map { digits[$0..<$0 + 4].joined() }.joined(separator: " ")
    }
  }
}

extension Certificate {
  var derBytes: [UInt8] {
    get throws {
      var serializer = DER.Serializer()
      try serializer.serialize(self)
      return serializer.serializedBytes
    }
  }
}

package enum CertificateError: Error, CustomStringConvertible {
  case damaged(String, String)
  case cannotMake(String, String)
  case unusable(String, String)

  package var description: String {
    switch self {
    case .damaged(let folder, let why):
      "The hub's authority in \(folder) cannot be used (\(why)). Put it back from a copy, or delete the folder: devices must then trust the new one."
    case .cannotMake(let folder, let why):
      "The hub's certificates cannot be written to \(folder): \(why)"
    case .unusable(let file, let why):
      "The certificate \(file) and its key cannot be used: \(why)"
    }
  }
}
