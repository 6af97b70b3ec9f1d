import NIOCore
import Wire

/// Reads the packets of one client, and puts binary ones together.
///
/// Strict as the parser of the official servers: whatever it cannot read ends the connection.
package struct SocketDecoder: Sendable {
  /// The client broke a rule; what for is in the log of whoever catches it.
  package struct Malformed: Error, Equatable {
    package var why: String
  }

  /// A packet whose attachments are coming in.
  private struct Incomplete {
    var packet: SocketPacket
    var missing: Int
    var bytes = 0
  }

  private var incomplete: Incomplete?
  private let settings: SocketSettings

  package init(_ settings: SocketSettings) {
    self.settings = settings
  }

  /// - Returns: the packet that is complete with `message`.
  package mutating func received(
    _ message: EngineMessage
  ) throws(Malformed) -> SocketPacket? {
    switch message {
    case .text(let text):
      guard incomplete == nil else { throw Malformed(why: "text where an attachment is due") }
      let (packet, attachments) = try Self.packet(text, settings)
      guard attachments > 0 else { return try Self.checked(packet) }
      incomplete = Incomplete(packet: packet, missing: attachments)
      return nil
    case .binary(let bytes):
      guard var waiting = incomplete else { throw Malformed(why: "binary where none is due") }
      waiting.packet.attachments.append(bytes)
      waiting.missing -= 1
      waiting.bytes += bytes.readableBytes
      guard waiting.bytes <= settings.attachedBytes else {
        throw Malformed(why: "attachments too large")
      }
      guard waiting.missing == 0 else {
        incomplete = waiting
        return nil
      }
      incomplete = nil
      return try Self.checked(waiting.packet)
    }
  }

  /// `<type>[<attachments>-][<namespace>,][<id>][<payload>]`
  private static func packet(
    _ text: ByteBuffer, _ settings: SocketSettings
  ) throws(Malformed) -> (SocketPacket, attachments: Int) {
    var rest = text.readableBytesView
    guard let first = rest.popFirst(), (0x30...0x36).contains(first) else {
      throw Malformed(why: "no packet type")
    }
    let type = first - 0x30
    // 5 and 6 are 2 and 3 with attachments.
    guard let kind = SocketPacket.Kind(rawValue: type > 4 ? type - 3 : type) else {
      throw Malformed(why: "no packet type")
    }
    var packet = SocketPacket(kind)
    var attachments = 0
    if type > 4 {
      guard let count = number(&rest), rest.popFirst() == UInt8(ascii: "-") else {
        throw Malformed(why: "no number of attachments")
      }
      guard count <= Int64(settings.attachments) else {
        throw Malformed(why: "too many attachments")
      }
      attachments = Int(count)
    }
    if rest.first == UInt8(ascii: "/") {
      let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
      packet.namespace = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
      rest = rest[end...].dropFirst()
    }
    if let digit = rest.first, (0x30...0x39).contains(digit) {
      guard let id = number(&rest) else { throw Malformed(why: "no such id") }
      packet.id = id
    }
    if !rest.isEmpty {
      guard let payload = try? JSON(rest, depth: settings.jsonDepth) else {
        throw Malformed(why: "the payload is no JSON")
      }
      packet.payload = payload
    }
    return (packet, attachments)
  }

  /// Numbers that every client can count to, the largest having 15 digits.
  private static func number(_ rest: inout ByteBufferView) -> Int64? {
    var number: Int64 = 0
    var digits = 0
    while let byte = rest.first, (0x30...0x39).contains(byte) {
      guard digits < 15 else { return nil }
      number = number * 10 + Int64(byte - 0x30)
      digits += 1
      rest = rest.dropFirst()
    }
    return digits > 0 ? number : nil
  }

  private static func checked(_ packet: SocketPacket) throws(Malformed) -> SocketPacket {
    switch (packet.kind, packet.payload) {
    case (.connect, nil), (.connect, .object), (.disconnect, nil): break
    case (.event, .array(let elements)):
      guard let name = elements.first?.eventName, !SocketPacket.reservedEvents.contains(name)
      else { throw Malformed(why: "no event of a client's has this name") }
    case (.ack, .array):
      guard packet.id != nil else { throw Malformed(why: "an acknowledgement of nothing") }
    default: throw Malformed(why: "no such payload with this type of packet")
    }
    guard packet.payload?.hasOnly(placeholdersBelow: packet.attachments.count) ?? true else {
      throw Malformed(why: "a placeholder for nothing")
    }
    return packet
  }
}

extension SocketPacket {
  /// The event that it is; `nil` for other kinds.
  var event: SocketEvent? {
    guard kind == .event, case .array(let elements) = payload, let name = elements.first?.eventName
    else { return nil }
    return SocketEvent(
      name: name, arguments: Array(elements.dropFirst()), attachments: attachments, id: id)
  }
}

extension JSON {
  /// Names are texts or, in JavaScript, numbers.
  fileprivate var eventName: String? {
    switch self {
    case .string(let name): name
    case .int(let number): "\(number)"
    default: nil
    }
  }

  fileprivate func hasOnly(placeholdersBelow count: Int) -> Bool {
    switch self {
    case .array(let elements):
      return elements.allSatisfy { $0.hasOnly(placeholdersBelow: count) }
    case .object(let members):
      if self["_placeholder"] == .bool(true) {
        guard case .int(let number)? = self["num"] else { return false }
        return (0..<Int64(count)).contains(number)
      }
      return members.pairs.allSatisfy { $0.value.hasOnly(placeholdersBelow: count) }
    default: return true
    }
  }
}
