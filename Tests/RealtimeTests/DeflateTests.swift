import Access
import HubFixtures
import NIOCore
import Realtime
import Testing
import Wire

/// RFC 7692: what is agreed on, what is deflated, and what is inflated.
@Suite struct DeflateTests {
  @Test(
    arguments: [
      ("permessage-deflate", ""), ("PerMessage-Deflate ; client_max_window_bits", ""),
      ("permessage-deflate; client_max_window_bits=8", ""),
      ("permessage-deflate; client_no_context_takeover; server_no_context_takeover", ""),
      ("permessage-deflate; server_max_window_bits=9", "; server_max_window_bits=9"),
      (#"permessage-deflate; server_max_window_bits="15""#, "; server_max_window_bits=15"),
      ("x-webkit-deflate-frame, permessage-deflate; what, permessage-deflate", ""),
      (
        "permessage-deflate; server_max_window_bits=7, permessage-deflate;server_max_window_bits=8",
        "; server_max_window_bits=8"
      ),
    ])
  func `the first offer that the hub can keep to is taken`(offer: String, window: String) {
    let agreement = DeflateAgreement(offers: [offer])

    #expect(
      agreement?.answer
        == "permessage-deflate; server_no_context_takeover; client_no_context_takeover" + window)
  }

  @Test(
    arguments: [
      "", "permessage-bzip2", "permessage-deflate; what", "permessage-deflate;",
      "permessage-deflate; server_no_context_takeover=1",
      "permessage-deflate; client_no_context_takeover=true",
      "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=",
      "permessage-deflate; server_max_window_bits=7",
      "permessage-deflate; server_max_window_bits=16",
      "permessage-deflate; server_max_window_bits=010",
      "permessage-deflate; server_max_window_bits=+9",
      "permessage-deflate; client_max_window_bits=16",
      "permessage-deflate; client_max_window_bits=x",
      "permessage-deflate; client_max_window_bits; client_max_window_bits",
      "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
    ])
  func `an offer that the RFC does not define is declined`(offer: String) {
    #expect(DeflateAgreement(offers: [offer]) == nil)
  }

  /// The examples of section 7.2.3.
  @Test(
    arguments: [
      ("one block", [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], "Hello"),
      ("not compressed", [0x00, 5, 0, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0], "Hello"),
      ("a final block", [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], "Hello"),
      (
        "two blocks", [0xF2, 0x48, 0x05, 0, 0, 0, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
        "Hello"
      ),
      ("nothing", [0x00], ""),
    ] as [(String, [UInt8], String)])
  func `the RFC's own examples are inflated`(name: String, bytes: [UInt8], text: String) throws {
    let inflated = try Deflate.inflated(ByteBuffer(bytes: bytes), limit: 5)

    #expect(String(buffer: inflated) == text)
  }

  @Test(
    arguments: [
      // "Hello" as a reference to the message before: section 7.2.3.2.
      [0xF2, 0x00, 0x11, 0x00, 0x00],
      // Cut short, in a code and in a block's head.
      [0xF2, 0x48, 0xCD, 0xC9], [], [0xF2, 0x48, 0x05, 0, 0, 0, 0xFF, 0xFF, 0xCA],
      // No DEFLATE at all.
      [0xFF, 0xFF, 0xFF, 0xFF], Array("Hello".utf8), [0x06],
      // A final block without the byte that begins the flush after it.
      [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
    ] as [[UInt8]])
  func `what is no whole message is malformed`(bytes: [UInt8]) {
    #expect(throws: Deflate.Failure.malformed) {
      try Deflate.inflated(ByteBuffer(bytes: bytes), limit: 1000)
    }
  }

  @Test func `a bomb is stopped at the limit`() throws {
    let limit = 100_000
    let fits = try #require(Deflate.deflated(Array(repeating: 0x20, count: limit)))
    let bomb = try #require(Deflate.deflated(Array(repeating: 0x20, count: limit + 1)))
    let huge = try #require(Deflate.deflated(Array(repeating: 0x20, count: 50_000_000)))

    #expect(try Deflate.inflated(fits, limit: limit).readableBytes == limit)
    #expect(throws: Deflate.Failure.tooLarge) { try Deflate.inflated(bomb, limit: limit) }
    #expect(throws: Deflate.Failure.tooLarge) { try Deflate.inflated(huge, limit: limit) }
  }

  @Test(arguments: [1, 255, 4096, 70_000, 1 << 20])
  func `what is deflated is inflated to itself`(size: Int) throws {
    let message = (0..<size).map { UInt8(truncatingIfNeeded: ($0 / 7) &* ($0 / 7)) & 0x3F }

    guard let deflated = Deflate.deflated(message) else {
      #expect(size < 10)
      return
    }

    #expect(deflated.readableBytes < size)
    let inflated = try Deflate.inflated(deflated, limit: size)
    #expect(inflated == ByteBuffer(bytes: message))
  }

  @Test func `what grows is not deflated`() {
    var generator = SystemRandomNumberGenerator()
    let noise = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &generator) }

    #expect(Deflate.deflated(noise) == nil)
    #expect(Deflate.deflated([]) == nil)
    // Forgets what it has seen: the same again is no shorter.
    let text = Array(String(repeating: "abcdefgh", count: 100).utf8)
    #expect(Deflate.deflated(text) == Deflate.deflated(text))
  }

  @Test func `only what pays is shared deflated, and only with those who can inflate it`() throws {
    let agreement = try #require(DeflateAgreement(offers: ["permessage-deflate"]))
    let narrow = try #require(
      DeflateAgreement(offers: ["permessage-deflate; server_max_window_bits=9"]))
    let (short, long) = (
      Array(repeating: UInt8(0x20), count: 200), [UInt8](repeating: 1, count: 513)
    )

    let frames = SharedFrames([short, long])
    let small = SharedFrames([short])
    let medium = SharedFrames([Array(long.dropLast())])

    let plain = WebSocketFrames.text(short).readableBytes + WebSocketFrames.text(long).readableBytes
    #expect(frames.bytes(for: nil).readableBytes == plain)
    #expect(frames.bytes(for: agreement).readableBytes < plain - 400)
    #expect(frames.bytes(for: narrow) == frames.bytes(for: nil))
    #expect(medium.bytes(for: narrow) == medium.bytes(for: agreement))
    #expect(small.bytes(for: agreement) == WebSocketFrames.text(short))
  }
}

/// The same on a connection.
@Suite struct DeflatedMessageTests {
  private func open(
    _ live: LiveHub, offer: String? = "permessage-deflate; client_max_window_bits"
  ) async throws -> (WebSocketClient, answer: String?) {
    let client = WebSocketClient(raw: try await .connect(to: live.port))
    let offers = offer.map { ["Sec-WebSocket-Extensions: \($0)"] } ?? []
    try await client.raw.send(WebSocketClient.handshake(headers: offers))
    let response = try await client.raw.readResponse()
    _ = try await client.receive("welcome")
    return (client, response.headers["sec-websocket-extensions"])
  }

  private func deflated(_ text: String) throws -> [UInt8] {
    let bytes = Array(text.utf8)
    return Array(try #require(Deflate.deflated(bytes)).readableBytesView)
  }

  private static let ping =
    #"{"type":"ping","id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#

  @Test func `a client that offers nothing is answered nothing, and may not deflate`() async throws
  {
    try await LiveHub.with { live in
      let (client, answer) = try await open(live, offer: nil)
      #expect(answer == nil)

      try await client.send(Frame(Frame.text, try deflated(Self.ping), reserved: 4))

      #expect(try await client.closing().code == 1002)
    }
  }

  @Test func `deflated and plain messages are read alike, whole and in pieces`() async throws {
    try await LiveHub.with { live in
      let (client, answer) = try await open(live)
      #expect(answer?.contains("client_no_context_takeover") == true)
      let bytes = try deflated(Self.ping)

      try await client.send(
        Frame(Frame.text, bytes, reserved: 4),
        Frame(Frame.text, Self.ping),
        Frame(Frame.text, Array(bytes[..<9]), isFinal: false, reserved: 4),
        Frame(Frame.ping, "between"),
        Frame(Frame.continuation, Array(bytes[9...]), isFinal: false),
        Frame(Frame.continuation, []))

      #expect(try await client.receive("pong")["id"]?.text?.count == 53)
      #expect(try await client.receive("pong")["id"]?.text?.count == 53)
      #expect(try await client.frame() == Frame(Frame.pong, "between"))
      #expect(try await client.receive("pong")["id"]?.text?.count == 53)
    }
  }

  @Test(
    arguments: [
      (1002, Frame(Frame.ping, [], reserved: 4)),
      (1002, Frame(Frame.text, [0xF2], reserved: 6)),
      (1007, Frame(Frame.text, [0xF2, 0x00, 0x11, 0x00, 0x00], reserved: 4)),
      // A lone byte of a longer character, deflated.
      (1007, Frame(Frame.text, [0x00, 1, 0, 0xFE, 0xFF, 0xC3, 0], reserved: 4)),
      (1009, Frame(Frame.text, bomb, reserved: 4)),
    ] as [(Int, Frame)])
  func `a deflated frame that breaks the rules ends the connection with its code`(
    code: Int, frame: Frame
  ) async throws {
    try await LiveHub.with { live in
      let (client, _) = try await open(live)

      try await client.send(frame)

      #expect(try await client.closing().code == code)
    }
  }

  private static let bomb: [UInt8] =
    Deflate.deflated(Array(repeating: 0x20, count: (1 << 20) + 1)).map { Array(buffer: $0) } ?? []

  @Test func `RSV1 within a message ends the connection`() async throws {
    try await LiveHub.with { live in
      let (client, _) = try await open(live)

      try await client.send(
        Frame(Frame.text, [0xF2], isFinal: false, reserved: 4),
        Frame(Frame.continuation, [0x48], reserved: 4))

      #expect(try await client.closing().code == 1002)
    }
  }
}

/// RFC 3629 as the bytes come.
@Suite struct UTF8CheckTests {
  @Test func `text is accepted however it is cut`() {
    let bytes = Array("Ångström — κόσμε 🛥️ \u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10FFFF}".utf8)

    for cut in bytes.indices {
      var check = UTF8Check()
      let isAccepted =
        bytes[..<cut].withUnsafeBytes { check.append($0) }
        && bytes[cut...].withUnsafeBytes { check.append($0) }
      #expect(isAccepted && check.isComplete)
    }
  }

  @Test(
    arguments: [
      [0x80], [0xC1], [0xC3, 0x28], [0xE0, 0x9F], [0xED, 0xA0], [0xF0, 0x8F], [0xF4, 0x90],
      [0xF5], [0xFF], [0xE2, 0x82, 0x28], [0xF0, 0x9F, 0x9B, 0xC3],
    ] as [[UInt8]])
  func `the first wrong byte is noticed, and none before it`(bytes: [UInt8]) {
    var check = UTF8Check()

    let begin = Array("12345678".utf8) + bytes.dropLast()
    #expect(begin.withUnsafeBytes { check.append($0) })

    #expect(bytes.suffix(1).withUnsafeBytes { check.append($0) } == false)
  }
}
