import NIOCore
import SocketIO
import Testing
import Wire

/// The encoding of Socket.IO's packets, both ways.
@Suite struct SocketPacketTests {
  private func decoded(
    _ text: String, _ attachments: [[UInt8]] = [], _ settings: SocketSettings = SocketSettings()
  ) throws -> SocketPacket? {
    var decoder = SocketDecoder(settings)
    var packet = try decoder.received(.text(ByteBuffer(string: text)))
    for bytes in attachments {
      #expect(packet == nil)
      packet = try decoder.received(.binary(ByteBuffer(bytes: bytes)))
    }
    return packet
  }

  private static let baz: JSON = .array([.string("baz"), SocketPacket.placeholder(0)])

  /// The examples of the protocol's document, as it encodes them.
  static let examples: [(String, [[UInt8]], SocketPacket)] = [
    ("0", [], SocketPacket(.connect)),
    ("0/admin,{\"sid\":\"oSO0\"}", [], SocketPacket(.connect, in: "/admin", ["sid": "oSO0"])),
    ("2[\"foo\"]", [], SocketPacket(.event, .array(["foo"]))),
    ("2/admin,[\"bar\"]", [], SocketPacket(.event, in: "/admin", .array(["bar"]))),
    (
      "51-[\"baz\",{\"_placeholder\":true,\"num\":0}]", [[1, 2, 3, 4]],
      SocketPacket(.event, baz, attachments: [ByteBuffer(bytes: [1, 2, 3, 4])])
    ),
    (
      "52-/admin,[\"baz\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]",
      [[1, 2], [3, 4]],
      SocketPacket(
        .event, in: "/admin",
        .array([.string("baz"), SocketPacket.placeholder(0), SocketPacket.placeholder(1)]),
        attachments: [ByteBuffer(bytes: [1, 2]), ByteBuffer(bytes: [3, 4])])
    ),
    ("212[\"foo\"]", [], SocketPacket(.event, id: 12, .array(["foo"]))),
    ("3/admin,13[\"bar\"]", [], SocketPacket(.ack, in: "/admin", id: 13, .array(["bar"]))),
    ("312[]", [], SocketPacket(.ack, id: 12, .array([]))),
    (
      "61-15[\"bar\",{\"_placeholder\":true,\"num\":0}]", [[1]],
      SocketPacket(
        .ack, id: 15, .array([.string("bar"), SocketPacket.placeholder(0)]),
        attachments: [ByteBuffer(bytes: [1])])
    ),
    ("1", [], SocketPacket(.disconnect)), ("1/admin,", [], SocketPacket(.disconnect, in: "/admin")),
  ]

  @Test(arguments: examples)
  func `the document's examples are read and written`(
    text: String, attachments: [[UInt8]], packet: SocketPacket
  ) throws {
    #expect(try decoded(text, attachments) == packet)
    #expect(packet.frames == [.message(text.utf8)] + attachments.map(EngineFrame.binary))
  }

  @Test func `a refusal is written`() {
    let packet = SocketPacket(.connectError, in: "/x", ["message": "Not authorized"])

    #expect(packet.frames == [.message(#"4/x,{"message":"Not authorized"}"#.utf8)])
  }

  @Test(
    arguments: [
      // A namespace may end without a comma, and have a query.
      ("0/admin", SocketPacket(.connect, in: "/admin")),
      ("0/admin?token=1,{}", SocketPacket(.connect, in: "/admin?token=1", [:])),
      ("2[1,2]", SocketPacket(.event, .array([1, 2]))),
      (#"2["a",[[["é"]]]]"#, SocketPacket(.event, .array(["a", [[["é"]]]]))),
      // A binary event of none is an event.
      (#"50-["a"]"#, SocketPacket(.event, .array(["a"]))),
      (#"2999999999999999["a"]"#, SocketPacket(.event, id: 999_999_999_999_999, .array(["a"]))),
    ] as [(String, SocketPacket)])
  func `what clients may write otherwise is read`(text: String, packet: SocketPacket) throws {
    #expect(try decoded(text) == packet)
  }

  @Test(
    arguments: [
      "", "7", "9[\"a\"]", "abc", "-1", "é",
      // Payloads that do not go with their type.
      "2", "2{}", "2[]", "2[null]", "2[{}]", "2[true]", "2\"a\"", "2/ns,", "212", "3[1]", "3", "31",
      "31{}", "0[]", "0\"token\"", "1{}", "1[]", "4{\"message\":\"no\"}", "4",
      // No JSON, too deep, or an id that is none.
      "2[\"a\"", "2[\"a\"]x", "2abc[\"a\"]", "21a[\"a\"]", "21234567890123456[\"a\"]",
      "2[\"a\"," + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "]",
      // The clients' own names.
      "2[\"connect\"]", "2[\"connect_error\"]", "2[\"disconnect\"]", "2[\"disconnecting\"]",
      "2[\"newListener\"]", "2[\"removeListener\"]",
      // Attachments that are no number, or too many.
      "5[\"a\"]", "5-[\"a\"]", "51[\"a\"]", "5x-[\"a\"]", "5-1-[\"a\"]", "511-[\"a\"]",
      "599999999999999999-[\"a\"]",
      // Placeholders for nothing.
      "2[\"a\",{\"_placeholder\":true,\"num\":0}]",
    ])
  func `what breaks the protocol is refused`(text: String) {
    #expect(throws: SocketDecoder.Malformed.self) { try decoded(text) }
  }

  @Test(arguments: ["-1", "1", "\"0\"", "null", "0.5"])
  func `a placeholder counts its packet's attachments`(number: String) {
    let text = #"51-["a",{"b":[{"_placeholder":true,"num":\#(number)}]}]"#

    #expect(throws: SocketDecoder.Malformed.self) { try decoded(text, [[1]]) }
  }

  @Test func `binary and text come where they are due, and nowhere else`() {
    var decoder = SocketDecoder(SocketSettings())
    #expect(throws: SocketDecoder.Malformed.self) {
      try decoder.received(.binary(ByteBuffer(bytes: [1])))
    }
    #expect(throws: SocketDecoder.Malformed.self) {
      _ = try decoder.received(.text(ByteBuffer(string: #"51-["a"]"#)))
      _ = try decoder.received(.text(ByteBuffer(string: #"2["b"]"#)))
    }
  }

  @Test func `attachments are bounded in number and in bytes`() throws {
    var settings = SocketSettings()
    settings.attachments = 2
    settings.attachedBytes = 10
    let full = [UInt8](repeating: 0, count: 5)

    #expect(try decoded(#"52-["a"]"#, [full, full], settings)?.attachments.count == 2)
    #expect(throws: SocketDecoder.Malformed.self) { try decoded(#"53-["a"]"#, [], settings) }
    #expect(throws: SocketDecoder.Malformed.self) {
      try decoded(#"52-["a"]"#, [full, full + [0]], settings)
    }
  }

  @Test func `no text crashes the decoder`() {
    var generator = SystemRandomNumberGenerator()
    let alphabet = Array(#"0123456/-,[]{}"_placeholder:true,num ab\"#.utf8)
    for length in 0..<4000 {
      var decoder = SocketDecoder(SocketSettings())
      let bytes = (0..<length % 30).compactMap { _ in alphabet.randomElement(using: &generator) }
      _ = try? decoder.received(.text(ByteBuffer(bytes: bytes)))
      _ = try? decoder.received(.binary(ByteBuffer(bytes: bytes)))
    }
  }

  @Test func `an event for many is one ready message`() {
    let main = SocketPacket.event("a\"b", in: "/", json: [#"{"x":1}"#, "2"])
    let named = SocketPacket.event("a", in: "/ws", json: [String]())

    #expect(String(decoding: main, as: UTF8.self) == #"42["a\"b",{"x":1},2]"#)
    #expect(String(decoding: named, as: UTF8.self) == #"42/ws,["a"]"#)
  }
}
