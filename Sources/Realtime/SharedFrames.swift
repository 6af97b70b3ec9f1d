import NIOCore
import Synchronization

/// Text messages on their way to several receivers, as the WebSocket frames that carry them: plain,
/// and deflated for those who agreed on it. The deflated ones are made once, by the first receiver
/// that takes them.
package final class SharedFrames: Sendable {
  package let messages: [[UInt8]]
  private let plain: ByteBuffer
  private let deflated = Mutex<ByteBuffer?>(nil)
  private let runs = Mutex<[Run]>([])

  /// From here on deflating pays: below, what it saves is little, and a receiver's work is the same.
  private static let deflatedFrom = 256

  package init(_ messages: [[UInt8]]) {
    self.messages = messages
    plain = Self.joined(messages.map(WebSocketFrames.text))
  }

  /// What to write to a receiver.
  package func bytes(for agreement: DeflateAgreement?) -> ByteBuffer {
    guard let agreement, messages.contains(where: { $0.count >= Self.deflatedFrom }),
      messages.allSatisfy({ agreement.inflates($0.count) })
    else { return plain }
    return deflated.withLock { deflated in
      if let deflated { return deflated }
      let frames = Self.joined(messages.map(Self.deflatedFrame))
      deflated = frames
      return frames
    }
  }

  /// Bytes on the wire, undeflated.
  package var size: Int { plain.readableBytes }

  /// These frames and those after them in one piece, made once for all receivers who are told the same
  /// in a row.
  package func bytes(
    followedBy others: ArraySlice<SharedFrames>, for agreement: DeflateAgreement?
  ) -> ByteBuffer {
    guard !others.isEmpty else { return bytes(for: agreement) }
    return runs.withLock { runs in
      if let known = runs.first(where: { $0.isOf(others, for: agreement) }) { return known.bytes }
      let frames = Self.joined(
        [bytes(for: agreement)] + others.map { $0.bytes(for: agreement) })
      if runs.count == Self.rememberedRuns { runs.removeFirst() }
      runs.append(Run(others: Array(others), agreement: agreement, bytes: frames))
      return frames
    }
  }

  private static let rememberedRuns = 8

  private struct Run {
    var others: [SharedFrames]
    var agreement: DeflateAgreement?
    var bytes: ByteBuffer

    func isOf(_ others: ArraySlice<SharedFrames>, for agreement: DeflateAgreement?) -> Bool {
      self.others.count == others.count && self.agreement == agreement
        && zip(self.others, others).allSatisfy { $0 === $1 }
    }
  }

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
