import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Sync
import Synchronization
import WebSockets

/// Makes a WebSocket of a connection whose first request asks for one and may have one; all others
/// stay what they were, and are told why by whoever answers them.
struct OfficeDoor: ServerChildChannel {
  enum Served: Sendable {
    case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    case socket
  }

  struct Value: ServerChildChannelValue {
    let channel: any Channel
    let served: EventLoopFuture<Served>
  }

  let http: HTTP1Channel
  let entrance: OfficeEntrance
  private static let idle = Duration.seconds(75)
  /// How long a connection may take over its first request.
  private static let patience = TimeAmount.seconds(15)

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      let upgrades = NIOTypedHTTPServerUpgradeConfiguration<Served>(
        upgraders: [entrance],
        notUpgradingCompletionHandler: { channel in
          channel.eventLoop.makeCompletedFuture {
            FirstRequest.leave(channel)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(
              HTTPConnectionStateHandler(idleTimeout: Self.idle, logger: logger))
            return .http(
              try NIOAsyncChannel(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: true)))
          }
        })
      var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
        upgradeConfiguration: upgrades)
      // NIOAsyncChannel does that.
      configuration.enablePipelining = false
      let served = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
        configuration: configuration)
      try FirstRequest.add(to: channel, mayUpgrade: entrance.admits)
      let timeout = channel.eventLoop.scheduleTask(in: Self.patience) {
        channel.close(promise: nil)
      }
      served.whenComplete { result in
        timeout.cancel()
        if case .failure = result { channel.close(promise: nil) }
      }
      return Value(channel: channel, served: served)
    }
  }

  func handle(value: Value, logger: Logger) async {
    switch try? await value.served.get() {
    case .http(let channel): await http.handle(value: channel, logger: logger)
    case .socket: try? await value.channel.closeFuture.get()
    case nil: break
    }
  }
}

/// Who may open a socket: the operator, as on the fleet page, and no page of another host's.
struct OfficeEntrance: NIOTypedHTTPServerProtocolUpgrader {
  typealias UpgradeResult = OfficeDoor.Served

  static let path = "/api/ws"

  let supportedProtocol = "websocket"
  let requiredUpgradeHeaders: [String] = []
  private let operatorToken: OperatorToken
  private let feed: OfficeFeed
  private let limits: OfficeLimits
  private let clock: @Sendable () -> Int64
  private let counts = Counts()

  private final class Counts: Sendable {
    let open = Mutex(0)
    let last = Mutex(0)
  }

  init(
    _ operatorToken: OperatorToken, hearing feed: OfficeFeed, limits: OfficeLimits,
    clock: @escaping @Sendable () -> Int64
  ) {
    self.operatorToken = operatorToken
    self.feed = feed
    self.limits = limits
    self.clock = clock
  }

  /// Throws what stands in a request's way. A browser sends the operator's password along with what
  /// any site's page asks for, so where the page is from counts as well.
  func check(authorization: String?, origin: String?, host: String?) throws(Problem) {
    guard operatorToken.admits(authorization) else { throw .notTheOperator }
    if let origin {
      let own = origin.firstRange(of: "://").map { origin[$0.upperBound...].lowercased() }
      guard let host, own == host.lowercased() else {
        throw Problem(.unauthenticated, "Pages of other hosts may not connect here.")
      }
    }
    guard counts.open.withLock({ $0 < limits.connections }) else {
      throw Problem(.unavailable, "Shore has as many sockets open as it can serve.")
    }
  }

  /// Whether a request for a WebSocket gets one.
  func admits(_ request: HTTPRequestHead) -> Bool {
    let headers = request.headers
    let isAllowed: Void? = try? check(
      authorization: headers.first(name: "authorization"), origin: headers.first(name: "origin"),
      host: headers.first(name: "host"))
    return isAllowed != nil && request.uri.prefix { $0 != "?" } == Self.path
      && (try? OpeningHandshake(request)) != nil
  }

  func buildUpgradeResponse(
    channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
  ) -> EventLoopFuture<HTTPHeaders> {
    channel.eventLoop.makeCompletedFuture {
      try OpeningHandshake(upgradeRequest).answered(initialResponseHeaders)
    }
  }

  func upgrade(
    channel: any Channel, upgradeRequest: HTTPRequestHead
  ) -> EventLoopFuture<OfficeDoor.Served> {
    channel.eventLoop.makeCompletedFuture {
      try channel.syncOptions?.setOption(
        .writeBufferWaterMark,
        value: .init(low: limits.waitingBytes / 2, high: limits.waitingBytes))
      let id = counts.last.withLock { last in
        last += 1
        return last
      }
      counts.open.withLock { $0 += 1 }
      let connection = OfficeConnection(
        id, on: channel.eventLoop, hearing: feed, limits: limits, clock: clock,
        onEnd: { [counts] in counts.open.withLock { $0 -= 1 } })
      try channel.pipeline.syncOperations.addHandler(
        WebSocketHandler(
          peer: connection, messageSize: limits.messageSize,
          deflate: OpeningHandshake(upgradeRequest).deflate))
      return .socket
    }
  }
}

extension Problem {
  static let notTheOperator = Problem(
    .unauthenticated, "Sign in as `operator` with the token from the file operator-token.")
}
