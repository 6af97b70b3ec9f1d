import NIOCore

/// A body in pieces, each taken when the one before has left for the network: so it is known when all
/// of it has, while the answer is still to come.
struct Pieces: AsyncSequence, Sendable {
  /// What a socket is given at a time, and may have waiting: on a slow link about half a second of it.
  static let size = 8 << 10

  let body: ByteBuffer
  let onEnd: @Sendable () -> Void

  struct AsyncIterator: AsyncIteratorProtocol {
    var rest: ByteBuffer
    let onEnd: @Sendable () -> Void

    mutating func next() async -> ByteBuffer? {
      guard let piece = rest.readSlice(length: Swift.min(size, rest.readableBytes)),
        piece.readableBytes > 0
      else {
        onEnd()
        return nil
      }
      return piece
    }
  }

  func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: body, onEnd: onEnd) }
}
