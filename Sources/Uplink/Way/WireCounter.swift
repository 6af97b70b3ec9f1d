import NIOCore
import Synchronization

/// Bytes that went through the sockets to shore: everything but what TCP, IP and the TLS handshake
/// add, which no program sees.
final class WireCounter: Sendable {
  struct Bytes: Sendable, Hashable {
    var sent: Int64 = 0
    var received: Int64 = 0

    var total: Int64 { sent + received }

    static func - (left: Bytes, right: Bytes) -> Bytes {
      Bytes(sent: left.sent - right.sent, received: left.received - right.received)
    }
  }

  private let counted = Mutex(Bytes())

  var bytes: Bytes { counted.withLock { $0 } }

  func sent(_ count: Int) { counted.withLock { $0.sent += Int64(count) } }
  func received(_ count: Int) { counted.withLock { $0.received += Int64(count) } }
}

/// Stands at the socket's end of a connection's pipeline.
final class WireCountingHandler: ChannelDuplexHandler, Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = IOData
  typealias OutboundOut = IOData

  private let counter: WireCounter

  init(_ counter: WireCounter) {
    self.counter = counter
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    counter.received(unwrapInboundIn(data).readableBytes)
    context.fireChannelRead(data)
  }

  func write(
    context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
  ) {
    counter.sent(unwrapOutboundIn(data).readableBytes)
    context.write(data, promise: promise)
  }
}
