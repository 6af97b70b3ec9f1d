import Foundation
import NIOCore

/// What Engine.IO carries for the protocol above it.
package enum EngineMessage: Equatable, Sendable {
  case text(ByteBuffer)
  case binary(ByteBuffer)

  var size: Int {
    switch self {
    case .text(let bytes), .binary(let bytes): bytes.readableBytes
    }
  }
}

/// A packet of Engine.IO, version 4, as a client may send it.
package enum EnginePacket: Equatable, Sendable {
  case open
  case close
  case ping(ByteBuffer)
  case pong(ByteBuffer)
  case message(EngineMessage)
  case upgrade
  case noop

  /// One text frame of a WebSocket: a digit for the type, and what belongs to it.
  package init?(text: ByteBuffer) {
    var rest = text
    guard let type = rest.readInteger(as: UInt8.self) else { return nil }
    switch type {
    case UInt8(ascii: "0"): self = .open
    case UInt8(ascii: "1"): self = .close
    case UInt8(ascii: "2"): self = .ping(rest)
    case UInt8(ascii: "3"): self = .pong(rest)
    case UInt8(ascii: "4"): self = .message(.text(rest))
    case UInt8(ascii: "5"): self = .upgrade
    case UInt8(ascii: "6"): self = .noop
    default: return nil
    }
  }

  /// One record of a polling payload: as on a WebSocket, or `b` and binary as base64.
  package init?(record: ByteBuffer) {
    guard record.getInteger(at: record.readerIndex, as: UInt8.self) == UInt8(ascii: "b") else {
      self.init(text: record)
      return
    }
    guard let bytes = Data(base64Encoded: Data(record.readableBytesView.dropFirst())) else {
      return nil
    }
    self = .message(.binary(ByteBuffer(bytes: bytes)))
  }
}

/// The records of a POST's body, one after the other: a body of many is never held twice.
package struct EnginePayload: Sequence, IteratorProtocol {
  package static let separator: UInt8 = 0x1E

  private var rest: ByteBuffer?

  package init(_ body: ByteBuffer) {
    rest = body
  }

  package mutating func next() -> ByteBuffer? {
    guard var body = rest else { return nil }
    let bytes = body.readableBytesView
    guard let end = bytes.firstIndex(of: Self.separator) else {
      rest = nil
      return body
    }
    let record = body.readSlice(length: end - bytes.startIndex)
    body.moveReaderIndex(forwardBy: 1)
    rest = body
    return record
  }
}

/// A packet on its way to a client, as a WebSocket carries it.
package enum EngineFrame: Equatable, Sendable {
  case text([UInt8])
  case binary([UInt8])

  package static func text(_ text: String) -> EngineFrame { .text(Array(text.utf8)) }

  static let close = text("1")
  static let ping = text("2")
  static let noop = text("6")

  /// A message of the protocol above.
  package static func message(_ text: some Collection<UInt8>) -> EngineFrame {
    .text([UInt8(ascii: "4")] + text)
  }

  var size: Int {
    switch self {
    case .text(let bytes), .binary(let bytes): bytes.count
    }
  }
}

extension EngineFrame {
  /// A GET's answer with all of `frames`.
  package static func payload(_ frames: [EngineFrame]) -> ByteBuffer {
    var payload = ByteBuffer()
    for (index, frame) in frames.enumerated() {
      if index > 0 { payload.writeInteger(EnginePayload.separator) }
      switch frame {
      case .text(let bytes): payload.writeBytes(bytes)
      case .binary(let bytes):
        payload.writeInteger(UInt8(ascii: "b"))
        payload.writeString(Data(bytes).base64EncodedString())
      }
    }
    return payload
  }
}
