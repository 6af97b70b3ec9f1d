import Crypto
import Foundation
import HubFixtures
import SwiftASN1
import Testing
import X509

@testable import Certificates

@Suite struct HubCertificateTests {
  private let folder: Folder
  private static let built = Date(timeIntervalSince1970: 1_790_000_000)
  private static let today = built + 40 * 86_400
  private let names = BoxNames(hostname: "aurora", addresses: [[192, 168, 1, 7]])

  init() throws { folder = try Folder() }

  private func open(_ names: BoxNames? = nil, clock: Date = today) throws -> HubCertificate {
    try HubCertificate(
      in: folder.path + "/tls", files: nil, names: names ?? self.names, clock: clock,
      built: Self.built)
  }

  private func shown() throws -> String {
    try PrivateFile.read(folder.path + "/tls/server.pem")
  }

  @Test func `a restart shows the same certificate, and its key is for the hub's user alone`()
    throws
  {
    _ = try open()
    let first = try shown()
    _ = try open()

    let attributes = try FileManager.default.attributesOfItem(
      atPath: folder.path + "/tls/server.pem")
    #expect(try shown() == first)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test func `another address, another name, or the time bring another certificate`() throws {
    let certificate = try open()
    var moved = names
    moved.addresses.append([10, 0, 0, 9])
    let first = try shown()

    #expect(try !certificate.renew(names: names, clock: Self.today))
    #expect(try certificate.renew(names: moved, clock: Self.today))
    let second = try shown()
    #expect(try !certificate.renew(names: moved, clock: Self.today))
    #expect(try certificate.renew(names: moved, clock: Self.today + 700 * 86_400))

    #expect(second != first)
    #expect(try shown() != second)
  }

  @Test func `an address of the Internet comes and goes without another certificate`() throws {
    let certificate = try open()
    var online = names
    online.addresses.append([8, 8, 8, 8])

    #expect(try !certificate.renew(names: online, clock: Self.today))
  }

  @Test func `a torn file is made anew`() throws {
    _ = try open()
    try PrivateFile.write("-----BEGIN", to: folder.path + "/tls/server.pem")
    _ = try open()

    _ = try ServerCertificate(pem: shown())
  }

  @Test func `the owner's files are read again, and bad ones change nothing`() throws {
    let own = try Authority(in: folder.path, hostname: "aurora")
    let (certificate, key) = (folder.path + "/c.pem", folder.path + "/k.pem")
    func install() throws {
      let made = try ServerCertificate(
        for: names, term: Term(clock: Self.today, built: Self.built), by: own)
      try PrivateFile.write(made.certificate.serializeAsPEM().pemString, to: certificate)
      try PrivateFile.write(made.key.pemRepresentation, to: key)
    }
    try install()
    let shown = try HubCertificate(
      in: folder.path + "/tls", files: .init(certificate: certificate, key: key), names: names,
      clock: Self.today, built: Self.built)
    let first = shown.context
    try install()
    try shown.reload()
    let second = shown.context
    try PrivateFile.write("nothing", to: key)

    #expect(shown.authority == nil)
    #expect(first !== second)
    #expect(throws: Certificates.CertificateError.self) { try shown.reload() }
    #expect(shown.context === second)
    #expect(try !shown.renew(names: names, clock: Self.today + 900 * 86_400))
  }
}
