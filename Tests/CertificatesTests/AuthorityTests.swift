import Crypto
import Foundation
import HubFixtures
import SwiftASN1
import Testing
import X509

@testable import Certificates

@Suite struct AuthorityTests {
  private let folder: Folder

  init() throws { folder = try Folder() }

  private static let today = Date(timeIntervalSince1970: 1_795_000_000)
  private static let built = Date(timeIntervalSince1970: 1_790_000_000)

  /// What a device makes of a certificate, with nothing but the authority to trust.
  private func device(
    trusting authority: Authority, takes certificate: Certificate, at time: Date
  ) async -> Bool {
    var verifier = Verifier(rootCertificates: CertificateStore([authority.certificate])) {
      RFC5280Policy(fixedValidationTime: time)
    }
    let result = await verifier.validate(leaf: certificate, intermediates: CertificateStore([]))
    if case .validCertificate = result { return true }
    return false
  }

  @Test func `an authority is made once, its key for the hub's user alone`() throws {
    let first = try Authority(in: folder.path, hostname: "aurora")
    let second = try Authority(in: folder.path, hostname: "borealis")

    let attributes = try FileManager.default.attributesOfItem(
      atPath: folder.path + "/authority.key")
    #expect(first.certificate == second.certificate)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(first.certificate.notValidBefore == Date(timeIntervalSince1970: 1_577_836_800))
    #expect(first.certificate.notValidAfter > Self.today + 20 * 365 * 86_400)
    #expect(try first.fingerprint.count == 64 + 15)
  }

  @Test func `a key that belongs to another authority is refused, not replaced`() throws {
    _ = try Authority(in: folder.path, hostname: "aurora")
    try PrivateFile.write(
      P256.Signing.PrivateKey().pemRepresentation, to: folder.path + "/authority.key")

    #expect(throws: Certificates.CertificateError.self) {
      try Authority(in: folder.path, hostname: "aurora")
    }
  }

  @Test func `a device that trusts the authority takes the hub's certificate, and no other's`()
    async throws
  {
    let authority = try Authority(in: folder.path, hostname: "aurora")
    let elsewhere = try Folder()
    let other = try Authority(in: elsewhere.path, hostname: "aurora")
    let names = BoxNames(hostname: "aurora", addresses: [[192, 168, 1, 7]])
    let term = Term(clock: Self.today, built: Self.built)
    let shown = try ServerCertificate(for: names, term: term, by: authority).certificate

    #expect(await device(trusting: authority, takes: shown, at: Self.today))
    #expect(await !device(trusting: other, takes: shown, at: Self.today))
    #expect(await !device(trusting: authority, takes: shown, at: Self.today + 900 * 86_400))
  }

  @Test func `the authority cannot speak for a bank`() async throws {
    let authority = try Authority(in: folder.path, hostname: "aurora")
    let stolen = P256.Signing.PrivateKey()
    let forged = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(stolen.publicKey),
      notValidBefore: Self.today - 60, notValidAfter: Self.today + 86_400,
      issuer: authority.certificate.subject,
      subject: try DistinguishedName { CommonName("bank.example") },
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try .init { SubjectAlternativeNames([.dnsName("bank.example")]) },
      issuerPrivateKey: .init(authority.key))

    #expect(await !device(trusting: authority, takes: forged, at: Self.today))
  }

  @Test func `names of the Internet are left out, so that the rest counts`() async throws {
    let authority = try Authority(in: folder.path, hostname: "aurora")
    let names = BoxNames(
      hostname: "box.example.com", addresses: [[8, 8, 8, 8], [10, 0, 0, 2]])
    let term = Term(clock: Self.today, built: Self.built)
    let shown = try ServerCertificate(for: names, term: term, by: authority).certificate
    let held = Array(try #require(try shown.extensions.subjectAlternativeNames))

    #expect(!held.contains(.dnsName("box.example.com")))
    #expect(held.contains(.dnsName("box.local")))
    #expect(held.contains(.ipAddress(ASN1OctetString(contentBytes: [10, 0, 0, 2]))))
    #expect(!held.contains(.ipAddress(ASN1OctetString(contentBytes: [8, 8, 8, 8]))))
    #expect(await device(trusting: authority, takes: shown, at: Self.today))
  }

  @Test func `the profile for iPhones holds the authority, and stays the same`() throws {
    let authority = try Authority(in: folder.path, hostname: "aurora")
    let profile = try Profile(of: authority).xml

    let parsed = try PropertyListSerialization.propertyList(
      from: Data(profile.utf8), format: nil)
    let plist = try #require(parsed as? [String: Any])
    let payload = try #require((plist["PayloadContent"] as? [[String: Any]])?.first)
    #expect(payload["PayloadType"] as? String == "com.apple.security.root")
    #expect(payload["PayloadContent"] as? Data == Data(try authority.der))
    #expect(plist["PayloadDisplayName"] as? String == "Quartermaster on aurora")
    #expect(try Profile(of: authority).xml == profile)
  }
}
