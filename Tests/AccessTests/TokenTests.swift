import Access
import Crypto
import Foundation
import HubFixtures
import JWTKit
import Testing

@Suite struct TokenTests {
  private let key = Array("0123456789abcdef0123456789abcdef".utf8)

  @Test func `a token names the session that it was made for`() async throws {
    let tokens = await Tokens(key: key, now: { 1_764_547_200_000 })

    let token = try await tokens.token(for: 42)

    #expect(await tokens.session(of: token) == 42)
    #expect(token.split(separator: ".").count == 3)
  }

  @Test func `a token holds no role, no name and no expiry`() async throws {
    let token = try await Tokens(key: key).token(for: 42)

    let payload = try #require(Self.decode(token.split(separator: ".")[1]))

    let members = try #require(
      try JSONSerialization.jsonObject(with: payload) as? [String: Any])
    #expect(Set(members.keys) == ["sid", "iss", "iat"])
  }

  @Test func `a token that another hub signed is nobody's`() async throws {
    let foreign = await Tokens(key: Array(key.reversed()))

    let token = try await foreign.token(for: 42)

    #expect(await Tokens(key: key).session(of: token) == nil)
  }

  @Test func `a token that was cut or changed is nobody's`() async throws {
    let tokens = await Tokens(key: key)
    let token = try await tokens.token(for: 42)
    let parts = token.split(separator: ".").map(String.init)

    for length in 0..<token.count {
      #expect(await tokens.session(of: String(token.prefix(length))) == nil)
    }
    let other = Self.encode(#"{"sid":1,"iss":"quartermaster","iat":1764547200}"#)
    for changed in [
      "\(parts[0]).\(other).\(parts[2])", "\(parts[0]).\(parts[1]).", "\(token)x", "\(token).",
      ".\(parts[1]).\(parts[2])", String(repeating: "a", count: 100_000), "..", "\u{0}",
    ] {
      #expect(await tokens.session(of: changed) == nil, "\(changed.prefix(80))")
    }
  }

  @Test(
    arguments: [
      #"{"alg":"none","typ":"JWT"}"#, #"{"alg":"None"}"#, #"{"alg":"HS384"}"#,
      #"{"alg":"RS256"}"#, #"{"typ":"JWT"}"#, #"{"alg":"HS256","kid":"../../dev/null"}"#, "{}", "",
    ])
  func `no other algorithm is taken, least of all none`(header: String) async {
    let tokens = await Tokens(key: key)
    let head = Self.encode(header) + "." + Self.encode(#"{"sid":1,"iss":"quartermaster","iat":1}"#)
    let signature = HMAC<SHA384>.authenticationCode(
      for: Data(head.utf8), using: SymmetricKey(data: key))

    #expect(await tokens.session(of: head + ".") == nil)
    #expect(await tokens.session(of: head) == nil)
    #expect(await tokens.session(of: head + "." + Self.encode(Data(signature))) == nil)
  }

  @Test func `a token of this key for another purpose is refused`() async throws {
    struct Other: JWTPayload {
      var sid = 42
      var iss = "somebody else"
      var iat = 1
      func verify(using algorithm: some JWTAlgorithm) {}
    }
    let keys = await JWTKeyCollection().add(hmac: HMACKey(from: key), digestAlgorithm: .sha256)

    let token = try await keys.sign(Other())

    #expect(await Tokens(key: key).session(of: token) == nil)
  }

  private static func encode(_ text: String) -> String { encode(Data(text.utf8)) }

  private static func encode(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  private static func decode(_ text: Substring) -> Data? {
    let padded = text.replacing("-", with: "+").replacing("_", with: "/")
    return Data(
      base64Encoded: padded + String(repeating: "=", count: (4 - padded.count % 4) % 4))
  }
}

@Suite struct SecretFileTests {
  @Test func `a secret is made once, for the hub's own user only`() throws {
    let folder = try Folder()
    let path = folder.path + "/token.key"

    let first = try SecretFile.key(at: path)
    let second = try SecretFile.key(at: path)

    #expect(first.count == 32)
    #expect(first == second)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["token.key"])
  }

  @Test func `a secret of the wrong length is not used and not overwritten`() throws {
    let folder = try Folder()
    let path = folder.path + "/token.key"
    try Data("short".utf8).write(to: URL(fileURLWithPath: path))

    #expect(throws: SecretFileError.self) { try SecretFile.key(at: path) }

    #expect(FileManager.default.contents(atPath: path) == Data("short".utf8))
  }

  @Test func `a secret that cannot be written is an error that names the file`() throws {
    let path = "/nowhere/at/all/token.key"

    let error = #expect(throws: SecretFileError.self) { try SecretFile.key(at: path) }

    #expect(error?.description.contains(path) ?? false)
  }
}
