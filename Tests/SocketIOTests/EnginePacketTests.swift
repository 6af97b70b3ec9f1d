import NIOCore
import SocketIO
import Testing

@Suite struct EnginePacketTests {
  @Test(
    arguments: [
      ("0", .open), ("1", .close), ("2", .ping(ByteBuffer())),
      ("2probe", .ping(ByteBuffer(string: "probe"))), ("3", .pong(ByteBuffer())),
      ("3probe", .pong(ByteBuffer(string: "probe"))),
      ("4", .message(.text(ByteBuffer()))),
      ("4hello", .message(.text(ByteBuffer(string: "hello")))),
      ("4€", .message(.text(ByteBuffer(string: "€")))), ("5", .upgrade), ("6", .noop),
    ] as [(String, EnginePacket)])
  func `a packet is a digit and what belongs to it`(text: String, packet: EnginePacket) {
    #expect(EnginePacket(text: ByteBuffer(string: text)) == packet)
    #expect(EnginePacket(record: ByteBuffer(string: text)) == packet)
  }

  @Test(arguments: ["", "7", "9", "abc", "\u{1E}", " 4hello", "é"])
  func `what is no packet is not read as one`(text: String) {
    #expect(EnginePacket(text: ByteBuffer(string: text)) == nil)
    #expect(EnginePacket(record: ByteBuffer(string: text)) == nil)
  }

  @Test func `binary comes as base64 when polling, and only then`() {
    let bytes = EnginePacket.message(.binary(ByteBuffer(bytes: [1, 2, 3, 4])))

    #expect(EnginePacket(record: ByteBuffer(string: "bAQIDBA==")) == bytes)
    #expect(EnginePacket(record: ByteBuffer(string: "b")) == .message(.binary(ByteBuffer())))
    #expect(EnginePacket(record: ByteBuffer(string: "bAQIDBA")) == nil)
    #expect(EnginePacket(record: ByteBuffer(string: "b*")) == nil)
    #expect(EnginePacket(text: ByteBuffer(string: "bAQIDBA==")) == nil)
  }

  @Test(
    arguments: [
      ("4hello", ["4hello"]), ("4a\u{1E}2\u{1E}bAQ==", ["4a", "2", "bAQ=="]), ("", [""]),
      ("\u{1E}", ["", ""]), ("4a\u{1E}", ["4a", ""]),
    ] as [(String, [String])])
  func `a payload is records with a separator between them`(payload: String, records: [String]) {
    #expect(EnginePayload(ByteBuffer(string: payload)).map { String(buffer: $0) } == records)
  }

  @Test func `a payload of frames has binary as base64`() {
    let payload = EngineFrame.payload([
      .message("hello".utf8), .binary([1, 2, 3, 4]), .text("2"),
    ])

    #expect(String(buffer: payload) == "4hello\u{1E}bAQIDBA==\u{1E}2")
    #expect(EngineFrame.payload([]) == ByteBuffer())
  }

  @Test func `no bytes crash the readers`() {
    var generator = SystemRandomNumberGenerator()
    for length in 0..<2000 {
      let bytes = (0..<length % 40).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for record in EnginePayload(ByteBuffer(bytes: bytes)) {
        _ = EnginePacket(record: record)
        _ = EnginePacket(text: record)
      }
    }
  }
}
