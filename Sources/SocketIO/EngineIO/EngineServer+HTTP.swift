import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Plain HTTP requests, as Hummingbird brings them.
extension EngineServer {
  /// - Parameter channel: the request's connection; a new session will live on its event loop.
  package func respond(
    to request: Request, from address: String, over channel: any Channel
  ) async throws -> Response {
    let asked = try HTTPRequestHead(request.head)
    let departure = channel.eventLoop.makePromise(of: Void.self)
    let watch: Departure.Watch
    do {
      watch = try await Departure.watch(channel, departure)
    } catch {
      departure.fail(error)
      throw error
    }
    let (head, body) = await answer(
      asked, from: address, on: channel.eventLoop, departure: departure.futureResult,
      body: { limit in try await request.body.collect(upTo: limit) })
    watch.end()
    return Response(
      status: .init(code: Int(head.status.code)),
      headers: .init(head.headers, splitCookie: false),
      body: ResponseBody(byteBuffer: body))
  }
}

/// Notices that the other side has closed while its request is being answered.
private final class Departure: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Any

  private let promise: EventLoopPromise<Void>

  private init(_ promise: EventLoopPromise<Void>) {
    self.promise = promise
  }

  struct Watch: Sendable {
    fileprivate let channel: any Channel
    fileprivate let handler: NIOLoopBound<Departure>

    func end() {
      channel.eventLoop.execute { [channel, handler] in
        channel.pipeline.syncOperations.removeHandler(handler.value, promise: nil)
      }
    }
  }

  static func watch(_ channel: any Channel, _ promise: EventLoopPromise<Void>) async throws -> Watch
  {
    try await channel.eventLoop.submit {
      let departure = Departure(promise)
      try channel.pipeline.syncOperations.addHandler(departure, position: .first)
      return Watch(
        channel: channel, handler: NIOLoopBound(departure, eventLoop: channel.eventLoop))
    }.get()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed = event as? ChannelEvent { promise.succeed() }
    context.fireUserInboundEventTriggered(event)
  }

  /// Also when the answer has been given, and nobody waits for this any more.
  func handlerRemoved(context: ChannelHandlerContext) {
    promise.succeed()
  }
}
