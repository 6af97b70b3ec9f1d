import Crypto
import Foundation
import SwiftASN1
import X509

/// What the hub shows to devices: a key and a certificate for its names, signed by its authority.
struct ServerCertificate: Sendable {
  let certificate: Certificate
  let key: P256.Signing.PrivateKey

  init(for names: BoxNames, term: Term, by authority: Authority) throws {
    let key = P256.Signing.PrivateKey()
    self.key = key
    let publicKey = Certificate.PublicKey(key.publicKey)
    let names = names.permitted(within: authority.domains)
    let identifier = try authority.certificate.extensions.subjectKeyIdentifier?.keyIdentifier
    certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: publicKey, notValidBefore: term.begins,
      notValidAfter: term.ends, issuer: authority.certificate.subject,
      subject: try DistinguishedName { CommonName("quartermaster.local") },
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try .init {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([.serverAuth])
        SubjectKeyIdentifier(hash: publicKey)
        AuthorityKeyIdentifier(keyIdentifier: identifier)
        SubjectAlternativeNames(
          names.domains.map(GeneralName.dnsName)
            + names.addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) })
      }, issuerPrivateKey: .init(authority.key))
  }

  /// Key and certificate from one file, so that one is never without the other.
  init(pem: String) throws {
    let documents = try PEMDocument.parseMultiple(pemString: pem)
    guard documents.count == 2 else {
      throw CertificateError.damaged("server.pem", "not two parts")
    }
    key = try P256.Signing.PrivateKey(pemRepresentation: documents[0].pemString)
    certificate = try Certificate(pemDocument: documents[1])
  }

  var pem: String {
    get throws {
      key.pemRepresentation + "\n" + (try certificate.serializeAsPEM().pemString) + "\n"
    }
  }

  var term: Term { Term(certificate.notValidBefore, certificate.notValidAfter) }

  /// Whether it says of this box what a new one would say.
  func suits(_ names: BoxNames, of authority: Authority) -> Bool {
    guard certificate.issuer == authority.certificate.subject,
      authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate),
      let held = try? certificate.extensions.subjectAlternativeNames
    else { return false }
    let names = names.permitted(within: authority.domains)
    return Set(held)
      == Set(
        names.domains.map(GeneralName.dnsName)
          + names.addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) })
  }
}
