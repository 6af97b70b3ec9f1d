import NIOCore
import NIOHTTP1

/// What NIO's upgrade handler leaves open about a connection's first request.
///
/// - It forgets the head of a request whose every proposed protocol is unknown to it, such as
///   `curl --http2`'s `h2c`. A server may ignore the header (RFC 9110, section 7.8), and so it is
///   taken off.
/// - What is no HTTP is answered with 400, but the connection stays open. Here our side ends.
///
/// Leaves the pipeline after the first head.
final class FirstRequest: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  /// Stands behind the HTTP decoder and before whatever looks at the upgrade.
  static func add(to channel: any Channel) throws {
    let pipeline = channel.pipeline.syncOperations
    let errors = try pipeline.handler(type: HTTPServerProtocolErrorHandler.self)
    try pipeline.addHandler(FirstRequest(), position: .after(errors))
  }

  /// From here on whoever serves HTTP answers what is malformed; two would answer twice.
  static func leave(_ channel: any Channel) {
    let pipeline = channel.pipeline.syncOperations
    guard let errors = try? pipeline.handler(type: HTTPServerProtocolErrorHandler.self) else {
      return
    }
    pipeline.removeHandler(errors, promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data) else {
      return context.fireChannelRead(data)
    }
    let protocols = head.headers[canonicalForm: "upgrade"]
    if !protocols.isEmpty, !protocols.contains(where: { $0.lowercased() == "websocket" }) {
      head.headers.remove(name: "upgrade")
    }
    context.fireChannelRead(wrapInboundOut(.head(head)))
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Our half only: a reset because of bytes still unread would take the answer along.
    if error is HTTPParserError { context.close(mode: .output, promise: nil) }
    context.fireErrorCaught(error)
  }
}
