import NIOCore
import NIOWebSocket

/// Ready frames of RFC 6455, section 5.2, as a server sends them: whole messages, unmasked.
package enum WebSocketFrames {
  package static func text(_ payload: [UInt8]) -> ByteBuffer {
    frame(.text, payload)
  }

  /// RFC 7692, section 6.1: RSV1 says that the message is deflated.
  static func deflatedText(_ payload: ByteBuffer) -> ByteBuffer {
    frame(.text, payload.readableBytesView, rsv1: true)
  }

  package static func binary(_ payload: [UInt8]) -> ByteBuffer {
    frame(.binary, payload)
  }

  package static func pong(_ payload: ByteBuffer) -> ByteBuffer {
    frame(.pong, payload.readableBytesView)
  }

  package static let ping = frame(.ping, EmptyCollection())

  package static func close(_ code: WebSocketErrorCode, _ reason: String) -> ByteBuffer {
    var payload = ByteBuffer()
    payload.write(webSocketErrorCode: code)
    // A control frame's payload has at most 125 bytes.
    payload.writeString(String(reason.prefix(100)))
    return frame(.connectionClose, payload.readableBytesView)
  }

  static let emptyClose = frame(.connectionClose, EmptyCollection())

  private static func frame(
    _ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>, rsv1: Bool = false
  ) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(payload.count + 10)
    buffer.writeInteger((rsv1 ? 0xC0 : 0x80) | UInt8(webSocketOpcode: opcode))
    switch payload.count {
    case 0..<126: buffer.writeInteger(UInt8(payload.count))
    case 126...0xFFFF:
      buffer.writeInteger(UInt8(126))
      buffer.writeInteger(UInt16(payload.count))
    default:
      buffer.writeInteger(UInt8(127))
      buffer.writeInteger(UInt64(payload.count))
    }
    buffer.writeBytes(payload)
    return buffer
  }
}

extension WebSocketErrorCode {
  /// RFC 6455, section 7.4: the codes that an endpoint may send in a close frame.
  var mayBeSent: Bool {
    switch UInt16(webSocketErrorCode: self) {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// The hub's own codes, from the range that RFC 6455 leaves to applications.
  package static let signedOut = WebSocketErrorCode(codeNumber: 4401)
  package static let identityChanged = WebSocketErrorCode(codeNumber: 4403)
  package static let tooSlow = WebSocketErrorCode(codeNumber: 4408)
  package static let rateLimited = WebSocketErrorCode(codeNumber: 4429)
}
