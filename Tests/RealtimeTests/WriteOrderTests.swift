import NIOCore
import NIOEmbedded
import NIOWebSocket
import Realtime
import Testing

/// What is shared with others and what is one's own go out in the order in which they were said.
@Suite struct WriteOrderTests {
  private final class Nobody: WebSocketPeer {
    func opened(_ socket: WebSocketHandler) {}
    func received(_ text: ByteBuffer) {}
    func closed() {}
  }

  private let one = SharedFrames([Array("one".utf8)])
  private let two = SharedFrames([Array("two".utf8)])
  private let three = SharedFrames([Array("three".utf8)])

  private func connection() -> (WebSocketHandler, EmbeddedChannel) {
    let handler = WebSocketHandler(peer: Nobody(), messageSize: 100)
    return (handler, EmbeddedChannel(handler: handler))
  }

  private func written(_ channel: EmbeddedChannel) throws -> [String] {
    var pieces: [String] = []
    while let piece = try channel.readOutbound(as: ByteBuffer.self) {
      pieces.append(String(buffer: piece).filter { $0.isLetter })
    }
    return pieces
  }

  @Test func `what is one's own keeps its place between what is shared`() throws {
    let (handler, channel) = connection()

    handler.write(one)
    handler.write(two)
    handler.write(WebSocketFrames.text(Array("own".utf8)))
    handler.write(three)
    handler.flush()

    #expect(try written(channel) == ["one", "two", "own", "three"])
  }

  @Test func `what was promised is written when it is said to be`() throws {
    let (handler, channel) = connection()
    let promise = channel.eventLoop.makePromise(of: Void.self)

    handler.write(one)
    handler.write(two, promise: promise)
    handler.flush()

    try promise.futureResult.wait()
    #expect(try written(channel) == ["one", "two"])
  }

  @Test func `a close comes after what was told before it`() throws {
    let (handler, channel) = connection()

    handler.write(one)
    handler.close(.goingAway, "bye")

    #expect(try written(channel) == ["one", "bye"])
  }
}
