import NIOCore
import NIOHTTP1

/// What NIO's upgrade handler leaves open about a connection's first request.
///
/// - It forgets the head of a request whose every proposed protocol is unknown to it, such as
///   `curl --http2`'s `h2c`. A server may ignore the header (RFC 9110, section 7.8), and so it is
///   taken off.
/// - What is no HTTP is answered with 400, but the connection stays open. Here our side ends.
///
/// Leaves the pipeline after the first head. Until then a server that stops ends the connection.
package final class FirstRequest: ChannelInboundHandler, RemovableChannelHandler {
  package typealias InboundIn = HTTPServerRequestPart
  package typealias InboundOut = HTTPServerRequestPart

  private let mayUpgrade: (HTTPRequestHead) -> Bool

  private init(_ mayUpgrade: @escaping (HTTPRequestHead) -> Bool) {
    self.mayUpgrade = mayUpgrade
  }

  /// Stands behind the HTTP decoder and before whatever looks at the upgrade.
  /// - Parameter mayUpgrade: whether a request for a WebSocket gets one; one that does not stays HTTP,
  ///   where it is told why.
  package static func add(
    to channel: any Channel, mayUpgrade: @escaping (HTTPRequestHead) -> Bool = { _ in true }
  ) throws {
    let pipeline = channel.pipeline.syncOperations
    let errors = try pipeline.handler(type: HTTPServerProtocolErrorHandler.self)
    try pipeline.addHandler(FirstRequest(mayUpgrade), position: .after(errors))
  }

  /// From here on whoever serves HTTP answers what is malformed; two would answer twice.
  package static func leave(_ channel: any Channel) {
    let pipeline = channel.pipeline.syncOperations
    guard let errors = try? pipeline.handler(type: HTTPServerProtocolErrorHandler.self) else {
      return
    }
    pipeline.removeHandler(errors, promise: nil)
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data) else {
      return context.fireChannelRead(data)
    }
    let protocols = head.headers[canonicalForm: "upgrade"]
    let isForUs = protocols.contains { $0.lowercased() == "websocket" } && mayUpgrade(head)
    if !protocols.isEmpty, !isForUs {
      head.headers.remove(name: "upgrade")
    }
    context.fireChannelRead(wrapInboundOut(.head(head)))
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Our half only: a reset because of bytes still unread would take the answer along.
    if error is HTTPParserError { context.close(mode: .output, promise: nil) }
    context.fireErrorCaught(error)
  }

  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }
}
