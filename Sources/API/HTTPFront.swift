import Access
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import Logging
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Storage
import Wire

/// REST on a channel that stays HTTP: Hummingbird's router behind the listener's own codec.
///
/// Owns the routes and how refusals look in HTTP. Imports Access and Storage; what it tells of live
/// connections, the watchdog and the uplink comes in as `Surroundings`.
package struct HTTPFront: Sendable {
  private let channel: HTTP1Channel
  private let logger: Logger

  package init(
    gate: Gate, surroundings: Surroundings, polling: PollingRoutes? = nil, logger: Logger
  ) {
    let router = Router(context: APIContext.self)
    router.middlewares.add(CompressionMiddleware())
    router.middlewares.add(ProblemMiddleware())
    router.middlewares.add(
      GuardMiddleware(gate: gate))
    SessionRoutes(gate: gate).add(to: router)
    ListingRoutes(gate: gate).add(to: router)
    CommandRoutes(gate: gate).add(to: router)
    StatusRoutes(gate: gate, surroundings: surroundings).add(to: router)
    AppRoutes().add(to: router)
    TrustRoutes(surroundings: surroundings).add(to: router)
    LiveRoutes(gate: gate, surroundings: surroundings).add(to: router)
    CountRoutes(gate: gate, surroundings: surroundings).add(to: router)
    polling?.add(to: router)
    self.init(router, logger)
  }

  /// Long-polling alone, for whom there is no hub.
  package init(polling: PollingRoutes, logger: Logger) {
    let router = Router(context: APIContext.self)
    polling.add(to: router)
    self.init(router, logger)
  }

  private init(_ router: Router<APIContext>, _ logger: Logger) {
    let responder = router.buildResponder()
    channel = HTTP1Channel { request, writer, channel in
      let context = APIContext(source: .init(channel: channel, logger: logger))
      let response = try await responder.respond(to: request, context: context)
      try await writer.write(response: response.head, body: response.body)
    }
    self.logger = logger
  }

  /// Adds the HTTP handlers to a channel that has NIO's HTTP/1 codec already.
  /// - Parameter isSecure: whether the channel is in TLS.
  /// - Returns: what serves it until it ends.
  package func attach(
    to channel: any Channel, isSecure: Bool = false
  ) throws -> @Sendable () async -> Void {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: isSecure))
    try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: .seconds(75), logger: logger))
    let asyncChannel = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
      wrappingChannelSynchronously: channel,
      configuration: .init(isOutboundHalfClosureEnabled: true))
    return { [http = self.channel, logger] in
      await http.handle(value: asyncChannel, logger: logger)
    }
  }

  /// Answers whatever is asked with one refusal, and closes.
  package func attach(
    refusing refusal: Refusal, to channel: any Channel
  ) throws -> @Sendable () async -> Void {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
    let asyncChannel = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
      wrappingChannelSynchronously: channel,
      configuration: .init(isOutboundHalfClosureEnabled: true))
    var response = Problem(refusal).response
    response.headers[.connection] = "close"
    // RFC 6455, section 4.4: the version that would have been understood.
    response.headers[.secWebSocketVersion] = "13"
    let (head, body) = (response.head, Problem(refusal).json.encodedBytes)
    return {
      try? await asyncChannel.executeThenClose { _, outbound in
        try await outbound.write(.head(head))
        try await outbound.write(.body(ByteBuffer(bytes: body)))
        try await outbound.write(.end(nil))
      }
    }
  }
}
