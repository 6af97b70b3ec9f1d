import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Long-polling at a path of its own, answered by somebody who is not imported here.
package struct PollingRoutes: Sendable {
  /// Answers a request, when there is something to answer.
  ///
  /// `departure` is kept when whoever asks has gone; `body` collects up to `limit` bytes.
  package typealias Answer =
    @Sendable (
      _ head: HTTPRequestHead, _ address: String, _ eventLoop: any EventLoop,
      _ departure: EventLoopFuture<Void>,
      _ body: @escaping @Sendable (_ limit: Int) async throws -> ByteBuffer
    ) async -> (HTTPResponseHead, ByteBuffer)

  private let path: String
  private let answer: Answer

  package init(path: String, answer: @escaping Answer) {
    self.path = path
    self.answer = answer
  }

  func add(to router: Router<APIContext>) {
    for method in [HTTPRequest.Method.get, .post, .put, .options] {
      router.on(RouterPath(path), method: method) { request, context in
        try await answer(request, context)
      }
    }
  }

  private func answer(_ request: Request, _ context: APIContext) async throws -> Response {
    let eventLoop = context.channel.eventLoop
    let departure = eventLoop.makePromise(of: Void.self)
    let watch = try await Departure.watch(context.channel, departure)
    var asked = request.head
    asked.headerFields[.cookie] = request.cookies
    let (head, body) = await answer(
      try HTTPRequestHead(asked), context.address, eventLoop, departure.futureResult,
      { limit in try await request.body.collect(upTo: limit) })
    watch.end()
    return Response(
      status: .init(code: Int(head.status.code)),
      headers: HTTPFields(head.headers, splitCookie: false),
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
