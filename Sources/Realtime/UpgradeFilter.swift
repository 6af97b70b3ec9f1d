import NIOCore
import NIOHTTP1

/// Lets a first request ask for WebSocket and for nothing else.
///
/// NIO's upgrade handler forgets the head of a request whose every proposed protocol is unknown to
/// it, such as `curl --http2`'s `h2c`. A server may ignore the header (RFC 9110, section 7.8), and so
/// it is taken off. Leaves the pipeline after the first head.
final class UpgradeFilter: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  /// Stands behind the HTTP decoder and before whatever looks at the upgrade.
  static func add(to channel: any Channel) throws {
    let pipeline = channel.pipeline.syncOperations
    let errors = try pipeline.handler(type: HTTPServerProtocolErrorHandler.self)
    try pipeline.addHandler(UpgradeFilter(), position: .after(errors))
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
}
