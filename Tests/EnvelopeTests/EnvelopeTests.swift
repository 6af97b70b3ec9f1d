import Foundation
import ShoreFixtures
import Testing

@testable import Envelope

@Suite struct EnvelopeTests {
  let directory: TemporaryDirectory
  let site: KeyPair
  let shore: KeyPair

  init() throws {
    directory = try TemporaryDirectory()
    site = try .make(name: "aurora")
    shore = try .make(name: "shore")
  }

  private func path(_ name: String) -> String { directory.path + "/" + name }

  @discardableResult
  private func seal(_ content: [UInt8], piece: Int = 64 << 10) throws -> String {
    let writer = try EnvelopeWriter(path("sealed"), from: site, to: shore.certificate)
    for start in stride(from: 0, to: content.count, by: piece) {
      try writer.write(content[start..<min(content.count, start + piece)])
    }
    try writer.finish()
    return path("sealed")
  }

  private func open(
    _ file: String, as reader: KeyPair? = nil, from signer: Certificate? = nil
  ) throws -> OpenedEnvelope {
    let reader = reader ?? shore
    return try OpenedEnvelope(
      file, with: PrivateKey(of: reader), certificate: reader.certificate,
      from: .these([signer ?? site.certificate]))
  }

  @Test(arguments: [1, 65_536, 3_000_000])
  func `what is sealed is opened as it was`(_ size: Int) throws {
    let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

    let opened = try open(try seal(content, piece: 10_007))

    #expect(opened.content == content)
    #expect(opened.signer == site.certificate)
    #expect(!FileManager.default.fileExists(atPath: path("sealed.part")))
  }

  @Test func `the stock openssl command opens and verifies it`() throws {
    let content = Array("{\"seq\":1}\n".utf8)
    let file = try seal(content)
    try shore.pem.write(toFile: path("shore.pem"), atomically: true, encoding: .utf8)
    try site.certificate.pem.write(toFile: path("site.crt"), atomically: true, encoding: .utf8)

    try openssl(
      "cms", "-decrypt", "-binary", "-inform", "DER", "-in", file, "-inkey", path("shore.pem"),
      "-recip", path("shore.pem"), "-out", path("signed"))
    try openssl(
      "cms", "-verify", "-binary", "-inform", "DER", "-in", path("signed"), "-CAfile",
      path("site.crt"), "-purpose", "any", "-out", path("content"))

    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path("content")))) == content)
    let printed = try openssl("x509", "-noout", "-fingerprint", "-sha256", "-in", path("site.crt"))
    #expect(printed.contains(site.certificate.fingerprint))
  }

  @Test func `a file that lacks its end, or is changed anywhere, is not opened`() throws {
    let file = try seal(Array(repeating: 7, count: 20_000))
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
    var spoilt = stride(from: 0, to: whole.count, by: whole.count / 40).map { Array(whole[..<$0]) }
    spoilt.append(whole.dropLast())
    for place in stride(from: 11, to: whole.count, by: whole.count / 40) {
      var copy = whole
      copy[place] ^= 0x40
      spoilt.append(copy)
    }

    for bytes in spoilt {
      try Data(bytes).write(to: URL(fileURLWithPath: path("spoilt")))
      #expect(throws: EnvelopeError.self) { try open(path("spoilt")) }
    }
  }

  @Test func `another's file and an unknown signer are told apart`() throws {
    let file = try seal([1, 2, 3])
    let stranger = try KeyPair.make(name: "aurora")

    #expect(throws: EnvelopeError.notForThisKey(file)) { try open(file, as: stranger) }
    #expect(throws: EnvelopeError.unknownSigner(file)) {
      try open(file, from: stranger.certificate)
    }
    let opened = try OpenedEnvelope(file, with: PrivateKey(of: shore), from: .anyone)
    #expect(opened.signer == site.certificate)
  }

  @Test func `a full stick leaves no file under the name`() throws {
    #expect(throws: EnvelopeError.self) {
      try EnvelopeWriter(path("absent/sealed"), from: site, to: shore.certificate)
    }
    let writer = try EnvelopeWriter(path("begun"), from: site, to: shore.certificate)
    try writer.write([1])
    #expect(!FileManager.default.fileExists(atPath: path("begun")))
  }

  @Test func `key and certificate survive their file`() throws {
    try site.pem.write(toFile: path("site.pem"), atomically: true, encoding: .utf8)

    let read = try KeyPair(file: path("site.pem"))

    #expect(read.certificate == site.certificate)
    #expect(read.certificate.name == "aurora")
    #expect(throws: EnvelopeError.badCertificate("x")) { try Certificate(pem: "none", path: "x") }
    #expect(throws: EnvelopeError.self) { try PrivateKey(file: path("absent")) }
  }

  @discardableResult
  private func openssl(_ arguments: String...) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return text
  }
}
