import NIOCore
import Synchronization

/// Text messages on their way to several receivers, as the WebSocket frames that carry them: plain,
/// and deflated for those who agreed on it. The deflated ones are made once, by the first receiver
/// that takes them.
package final class SharedFrames: Sendable {
  package let messages: [[UInt8]]
  private let plain: ByteBuffer
  /// By the size of the window that the receivers inflate with.
  private let deflated = Mutex<[Int: ByteBuffer]>([:])
  /// Those that these were joined from, which are deflated each for itself.
  private let parts: [SharedFrames]

  /// From here on deflating pays: below, what it saves is little, and a receiver's work is the same.
  private static let deflatedFrom = 256

  package init(_ messages: [[UInt8]]) {
    self.messages = messages
    plain = Self.joined(messages.map(WebSocketFrames.text))
    parts = []
  }

  private init(parts: [SharedFrames]) {
    messages = parts.flatMap(\.messages)
    plain = Self.joined(parts.map(\.plain))
    self.parts = parts
  }

  /// What is told to many in a row, as few pieces of about `size` bytes.
  package static func joined(_ frames: [SharedFrames], upTo size: Int) -> [SharedFrames] {
    frames.portions(of: size, measured: \.size)
      .map { $0.count == 1 ? $0[0] : SharedFrames(parts: $0) }
  }

  /// What to write to a receiver.
  package func bytes(for agreement: DeflateAgreement?) -> ByteBuffer {
    guard let agreement else { return plain }
    return deflated.withLock { deflated in
      if let known = deflated[agreement.windowBits] { return known }
      let bytes =
        parts.isEmpty
        ? deflatedMessages(agreement) : Self.joined(parts.map { $0.bytes(for: agreement) })
      deflated[agreement.windowBits] = bytes
      return bytes
    }
  }

  private func deflatedMessages(_ agreement: DeflateAgreement) -> ByteBuffer {
    guard messages.contains(where: { $0.count >= Self.deflatedFrom }),
      messages.allSatisfy({ agreement.inflates($0.count) })
    else { return plain }
    return Self.joined(messages.map(Self.deflatedFrame))
  }

  /// Bytes on the wire, undeflated.
  package var size: Int { plain.readableBytes }

  private static func deflatedFrame(_ message: [UInt8]) -> ByteBuffer {
    guard message.count >= deflatedFrom, let deflated = Deflate.deflated(message) else {
      return WebSocketFrames.text(message)
    }
    return WebSocketFrames.deflatedText(deflated)
  }

  private static func joined(_ frames: [ByteBuffer]) -> ByteBuffer {
    guard var joined = frames.first else { return ByteBuffer() }
    for var frame in frames.dropFirst() { joined.writeBuffer(&frame) }
    return joined
  }
}

extension Array {
  /// In order, as few runs of at most `size` as that gives; what is larger alone is a run of its own.
  package func portions(of size: Int, measured length: (Element) -> Int) -> [[Element]] {
    var portions: [[Element]] = []
    var taken = 0
    for element in self {
      taken += length(element)
      if portions.isEmpty || taken > size {
        portions.append([])
        taken = length(element)
      }
      portions[portions.count - 1].append(element)
    }
    return portions
  }
}
