import NIOCore
import NIOSSL

/// The first handler of a connection to the secure port: lets TLS in, and tells whoever speaks plain
/// HTTP where they are instead of closing without a word.
///
/// The TLS engine is made when a client says hello, not before: a connection that says nothing costs
/// none of its memory.
final class SecureEntrance: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The first byte of a TLS record that holds a handshake (RFC 8446, section 5.1).
  private static let handshake: UInt8 = 22

  private let security: Listener.Security
  private var isRefused = false

  init(_ security: @escaping Listener.Security) {
    self.security = security
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isRefused else { return }
    let buffer = unwrapInboundIn(data)
    guard let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return }
    guard first == Self.handshake else { return refuse(context) }
    let pipeline = context.pipeline.syncOperations
    do {
      try pipeline.addHandler(NIOSSLServerHandler(context: security()), position: .after(self))
    } catch {
      return context.fireErrorCaught(error)
    }
    context.fireChannelRead(data)
    pipeline.removeHandler(self, promise: nil)
  }

  private func refuse(_ context: ChannelHandlerContext) {
    isRefused = true
    let words = "This port speaks HTTPS. Ask for the same address with https:// in front.\n"
    context.write(
      wrapOutboundOut(
        ByteBuffer(
          string: """
            HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Length: \(words.utf8.count)\r\nConnection: close\r\n\r\n\(words)
            """)), promise: nil)
    context.flush()
    // Our half only: a reset because of bytes still unread would take the answer along. Whoever
    // does not close theirs is let go when the patience with first requests ends.
    context.close(mode: .output, promise: nil)
  }
}
