import NIOCore
import NIOWebSocket

/// Reads frames of RFC 6455, section 5.2, as their bytes come in; a payload is passed on in the
/// pieces that it arrives in, unmasked.
struct FrameReader {
  struct Head: Equatable {
    var isFinal = true
    var rsv1 = false
    /// RSV2 and RSV3, which no extension here uses.
    var isReserved = false
    var opcode = WebSocketOpcode.text
    var length: UInt64 = 0
    var mask: WebSocketMaskingKey?
  }

  enum Step: Equatable {
    case head(Head)
    /// At least one piece follows every head, were it empty.
    case payload(ByteBuffer, isLast: Bool)
  }

  private var head: Head?
  private var taken: UInt64 = 0
  /// The beginning of a head whose rest has not come.
  private var partial = ByteBuffer()

  /// Takes the next step's bytes; `nil` when they have not all come, and then nothing is left.
  mutating func next(_ bytes: inout ByteBuffer) -> Step? {
    guard let head else { return readHead(&bytes).map(Step.head) }
    let missing = head.length - taken
    guard
      var piece = bytes.readSlice(length: Int(min(missing, UInt64(bytes.readableBytes)))),
      piece.readableBytes > 0 || missing == 0
    else { return nil }
    if let mask = head.mask { piece.webSocketUnmask(mask, indexOffset: Int(taken & 3)) }
    taken += UInt64(piece.readableBytes)
    let isLast = taken == head.length
    if isLast { self.head = nil }
    return .payload(piece, isLast: isLast)
  }

  private mutating func readHead(_ bytes: inout ByteBuffer) -> Head? {
    if partial.readableBytes > 0 {
      partial.writeBuffer(&bytes)
      bytes = partial
      partial = ByteBuffer()
    }
    var rest = bytes
    guard let head = Self.head(&rest) else {
      // A copy, so that a few bytes do not keep a whole receive buffer.
      if bytes.readableBytes > 0 { partial = ByteBuffer(bytes: bytes.readableBytesView) }
      bytes.clear()
      return nil
    }
    bytes = rest
    self.head = head
    taken = 0
    return head
  }

  private static func head(_ bytes: inout ByteBuffer) -> Head? {
    guard let (first, second) = bytes.readMultipleIntegers(as: (UInt8, UInt8).self) else {
      return nil
    }
    var head = Head(
      isFinal: first & 0x80 != 0, rsv1: first & 0x40 != 0, isReserved: first & 0x30 != 0,
      opcode: WebSocketOpcode(encodedWebSocketOpcode: first & 0x0F) ?? .text)
    switch second & 0x7F {
    case 126:
      guard let length = bytes.readInteger(as: UInt16.self) else { return nil }
      head.length = UInt64(length)
    case 127:
      guard let length = bytes.readInteger(as: UInt64.self) else { return nil }
      head.length = length
    case let length: head.length = UInt64(length)
    }
    if second & 0x80 != 0 {
      guard let key = bytes.readBytes(length: 4).flatMap(WebSocketMaskingKey.init) else {
        return nil
      }
      head.mask = key
    }
    return head
  }
}
