import Access
import HubFixtures
import Inventory
import NIOCore
import Realtime
import Testing
import Wire

/// RFC 6455, sections 5 to 7, on a connection that is open.
@Suite struct FrameTests {
  private static let ping = #"{"type":"ping","id":"é"}"#

  /// A connection without a name, and how the hub ends it when `frames` are sent.
  private func closing(
    _ limits: Limits = Limits(), sending bytes: [UInt8]
  ) async throws -> WebSocketClient.Closed {
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live)
      try await client.raw.send(bytes)
      let closing = try await client.closing()
      // The hub's half of the closing handshake: after the answer it closes, and counts no more.
      try await client.send(Frame(close: 1000))
      #expect(try await client.raw.readToEnd().isEmpty)
      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
      return closing
    }
  }

  @Test func `a message may come in pieces with pings between them`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)
      let bytes = Array(Self.ping.utf8)

      // Cut inside the two bytes of the é, and an empty piece at the end.
      try await client.send(
        Frame(Frame.text, Array(bytes[..<22]), isFinal: false),
        Frame(Frame.ping, "between"),
        Frame(Frame.continuation, Array(bytes[22...]), isFinal: false),
        Frame(Frame.pong, "unasked"),
        Frame(Frame.continuation, []))

      #expect(try await client.frame() == Frame(Frame.pong, "between"))
      #expect(try await client.receive()["id"]?.text == "é")
    }
  }

  @Test func `a message may come byte by byte`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)

      for byte in Frame(Frame.text, Self.ping).bytes() { try await client.raw.send([byte]) }

      #expect(try await client.receive()["type"]?.text == "pong")
    }
  }

  @Test func `many messages may come in one packet`() async throws {
    var limits = Limits()
    limits.controlMessagesPerMinute = 200
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live)
      let frames = (0..<200).map { Frame(Frame.text, #"{"type":"ping","id":\#($0)}"#) }

      try await client.raw.send(frames.flatMap { $0.bytes() })

      for id in 0..<200 { #expect(try await client.receive()["id"]?.integer == Int64(id)) }
    }
  }

  @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20])
  func `a payload of any length up to the limit is taken`(length: Int) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)
      let text = String(repeating: " ", count: max(0, length - Self.ping.utf8.count))

      try await client.send(Frame(Frame.text, length == 0 ? "" : text + Self.ping))

      let type = try await client.receive()["type"]?.text
      #expect(type == (length < Self.ping.utf8.count ? (length == 0 ? "refused" : "pong") : "pong"))
    }
  }

  @Test(arguments: [0, 1, 125])
  func `a ping is echoed`(length: Int) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)
      let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }

      try await client.send(Frame(Frame.ping, payload))

      #expect(try await client.frame() == Frame(Frame.pong, payload))
    }
  }

  @Test(
    arguments: [
      (1002, "unmasked", Frame(Frame.text, ping).bytes(isMasked: false)),
      (1002, "unmasked ping", Frame(Frame.ping).bytes(isMasked: false)),
      (1002, "RSV1", Frame(Frame.text, Array(ping.utf8), reserved: 4).bytes()),
      (1002, "RSV2", Frame(Frame.text, Array(ping.utf8), reserved: 2).bytes()),
      (1002, "RSV3", Frame(Frame.ping, [], reserved: 1).bytes()),
      (1002, "opcode 3", Frame(3).bytes()), (1002, "opcode 7", Frame(7, [1]).bytes()),
      (1002, "opcode 11", Frame(11).bytes()), (1002, "opcode 15", Frame(15, [1]).bytes()),
      (1003, "binary", Frame(Frame.binary, [1, 2, 3]).bytes()),
      (1002, "continuation of nothing", Frame(Frame.continuation, [1]).bytes()),
      (
        1002, "a text within a text",
        Frame(Frame.text, "a", isFinal: false).bytes() + Frame(Frame.text, "b").bytes()
      ),
      (1002, "ping in pieces", Frame(Frame.ping, [], isFinal: false).bytes()),
      (1002, "close in pieces", Frame(Frame.close, [3, 232], isFinal: false).bytes()),
      (1002, "ping of 126 bytes", Frame(Frame.ping, Array(repeating: 0, count: 126)).bytes()),
      (1002, "close of 126 bytes", Frame(Frame.close, Array(repeating: 3, count: 126)).bytes()),
      (1007, "a lone byte of UTF-8", Frame(Frame.text, [0x22, 0xC3, 0x22]).bytes()),
      (1007, "a surrogate", Frame(Frame.text, [0xED, 0xA0, 0x80]).bytes()),
      (1007, "an overlong slash", Frame(Frame.text, [0xC0, 0xAF]).bytes()),
      (1007, "beyond Unicode", Frame(Frame.text, [0xF4, 0x90, 0x80, 0x80]).bytes()),
      (
        1007, "bad over two frames",
        Frame(Frame.text, [0x22, 0xC3], isFinal: false).bytes()
          + Frame(Frame.continuation, [0x22]).bytes()
      ),
      (1009, "a length of 2^63", [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
      (1009, "a length of 5 MB", [0x81, 0xFF, 0, 0, 0, 0, 0, 0x50, 0, 0, 1, 2, 3, 4]),
    ] as [(Int, String, [UInt8])])
  func `a frame that breaks the rules ends the connection with its code`(
    code: Int, fault: String, bytes: [UInt8]
  ) async throws {
    #expect(try await closing(sending: bytes).code == code, "\(fault)")
  }

  @Test func `a message beyond the limit is refused, in one frame or in many`() async throws {
    var limits = Limits()
    limits.messageSize = 1000
    let piece = Array(repeating: UInt8(ascii: "a"), count: 500)

    let whole = try await closing(limits, sending: Frame(Frame.text, piece + piece + [1]).bytes())
    let pieces = try await closing(
      limits,
      sending: Frame(Frame.text, piece, isFinal: false).bytes()
        + Frame(Frame.continuation, piece, isFinal: false).bytes()
        + Frame(Frame.continuation, [1]).bytes())

    #expect(whole.code == 1009)
    #expect(pieces.code == 1009)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a message in many small pieces takes no longer than its bytes`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)
      // Copying what came before with every piece would move 50 GB.
      let piece = Frame(
        Frame.continuation, Array(repeating: 0x20, count: 10), isFinal: false
      ).bytes()
      let pieces = Array(repeatElement(piece, count: 100_000).joined())

      try await client.send(Frame(Frame.text, [], isFinal: false))
      try await client.raw.send(pieces)
      try await client.send(Frame(Frame.continuation, Self.ping))

      #expect(try await client.receive()["type"]?.text == "pong")
    }
  }

  @Test(
    arguments: [
      ([], nil), ([3, 232], 1000), ([3, 233], 1001), ([3, 239], 1007), ([3, 243], 1011),
      ([0x0B, 0xB8], 3000), ([0x0F, 0xA0], 4000), ([0x13, 0x87], 4999),
      ([3, 232] + Array("bye ✓".utf8), 1000), ([3], 1002), ([3, 231], 1002), ([0, 0], 1002),
      ([3, 236], 1002), ([3, 237], 1002), ([3, 238], 1002), ([3, 247], 1002), ([7, 208], 1002),
      ([0x13, 0x88], 1002), ([0xFF, 0xFF], 1002), ([3, 232, 0xC3], 1007),
    ] as [([UInt8], Int?)])
  func `a close frame is answered with its own code, or with its fault`(
    payload: [UInt8], code: Int?
  ) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)

      try await client.send(
        Frame(Frame.close, payload), Frame(Frame.text, #"{"type":"ping"}"#))

      let answer = try await client.frame()
      #expect(answer.opcode == Frame.close)
      #expect(answer.closeCode == code)
      #expect(try await client.raw.readToEnd().isEmpty)
      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
    }
  }

  @Test func `a peer that says nothing more is let go`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)

      try await client.raw.halfClose()

      #expect(try await client.raw.readToEnd().isEmpty)
      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
    }
  }

  @Test func `whoever pings and never reads is not answered without end`() async throws {
    var limits = Limits()
    limits.waitingBytes = 16_384
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live, receiveBuffer: 4096)
      let other = try await WebSocketClient.open(live)
      let pings = Array(
        repeatElement(Frame(Frame.ping, Array(repeating: 7, count: 125)).bytes(), count: 40_000)
          .joined())

      try await client.raw.setReading(false)
      client.raw.post(pings)

      // What is not read waits with its sender, and others are served meanwhile.
      #expect(try await other.ask(["type": "ping"])["type"]?.text == "pong")
      try await client.raw.setReading(true)
      let pongs = try await client.raw.read { bytes, _ in
        bytes.readableBytes < 40_000 * 127 ? nil : bytes.readBytes(length: bytes.readableBytes)
      }
      #expect(pongs.count == 40_000 * 127)
    }
  }
}
