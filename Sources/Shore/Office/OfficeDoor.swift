import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import SocketIO
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
            try pipeline.addHandler(StalledReader())
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
  private let places: OfficePlaces
  /// Socket.IO, on WebSockets and by polling.
  private let engine: EngineServer

  init(
    _ operatorToken: OperatorToken, hearing feed: OfficeFeed, limits: OfficeLimits,
    clock: @escaping @Sendable () -> Int64
  ) {
    self.operatorToken = operatorToken
    self.feed = feed
    self.limits = limits
    self.clock = clock
    let places = OfficePlaces(limits.connections)
    self.places = places
    var settings = EngineSettings()
    settings.maxPayload = limits.messageSize
    settings.waitingBytes = limits.waitingBytes
    var bounds = SocketSettings()
    bounds.jsonDepth = limits.jsonDepth
    let sockets = OfficeSockets(feed: feed, places: places, limits: limits, clock: clock)
    engine = EngineServer(
      settings,
      host: SocketServer(bounds, host: sockets) { head, address, _ throws(Refusal) in
        try Self.caller(places.take(), address, head, places)
      })
  }

  /// Throws what stands in a request's way. A browser sends the operator's password along with what
  /// any site's page asks for, so where the page is from counts as well. Clients of Socket.IO show
  /// the token when they open a session, and not all of them later.
  func check(
    authorization: String?, origin: String?, host: String?, uri: String
  ) throws(Problem) {
    guard
      operatorToken.admits(authorization) || isEngine(uri) && engine.hasSession(of: uri)
    else { throw .notTheOperator }
    if let origin {
      let own = origin.firstRange(of: "://").map { origin[$0.upperBound...].lowercased() }
      guard let host, own == host.lowercased() else {
        throw Problem(.unauthenticated, "Pages of other hosts may not connect here.")
      }
    }
  }

  /// Answers a request for a WebSocket that could not be one.
  func refusal() -> Problem {
    places.areLeft
      ? Problem(.malformed, "This address is for WebSockets (RFC 6455).")
      : Problem(.unavailable, OfficePlaces.full)
  }

  /// Answers a client of Socket.IO that polls, and whose request has been checked.
  func poll(_ request: Request, _ context: ShoreContext) async throws -> Response {
    try await engine.respond(to: request, from: context.address, over: context.channel)
  }

  /// Ends what has not been told by the feed: sessions that have joined nothing.
  func close() {
    engine.closeAll("Shore is stopping.")
  }

  /// Whether a request for a WebSocket gets one.
  func admits(_ request: HTTPRequestHead) -> Bool {
    let headers = request.headers
    let isAllowed: Void? = try? check(
      authorization: headers.first(name: "authorization"), origin: headers.first(name: "origin"),
      host: headers.first(name: "host"), uri: request.uri)
    return isAllowed != nil && places.areLeft
      && (Self.path(request.uri) == Self.path || isEngine(request.uri))
      && (try? OpeningHandshake(request)) != nil
  }

  private static func path(_ uri: String) -> Substring { uri.prefix { $0 != "?" } }

  private func isEngine(_ uri: String) -> Bool { Self.path(uri) == engine.settings.path }

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
      let deflate = try OpeningHandshake(upgradeRequest).deflate
      try channel.syncOptions?.setOption(
        .writeBufferWaterMark,
        value: .init(low: limits.waitingBytes / 2, high: limits.waitingBytes))
      let id = try places.take()
      let isEngine = isEngine(upgradeRequest.uri)
      let address = channel.remoteAddress?.ipAddress ?? "unknown"
      let peer: any WebSocketPeer =
        isEngine
        ? engine.connect(Self.caller(id, address, upgradeRequest, places))
        : OfficeConnection(
          OfficeScreen(
            id, on: channel.eventLoop, hearing: feed, limits: limits, pace: OfficePace(limits),
            clock: clock),
          on: channel.eventLoop, limits: limits, onEnd: places.give)
      do {
        try channel.pipeline.syncOperations.addHandler(
          WebSocketHandler(peer: peer, messageSize: limits.messageSize, deflate: deflate))
      } catch {
        places.give()
        throw error
      }
      return .socket
    }
  }

  private static func caller(
    _ id: Int, _ address: String, _ head: HTTPRequestHead, _ places: OfficePlaces
  ) -> EngineCaller {
    EngineCaller(connection: Int64(id), address: address, head: head, leave: places.give)
  }
}

/// How many sockets are open, and the number of the next.
final class OfficePlaces: Sendable {
  private let limit: Int
  private let counts = Mutex((open: 0, last: 0))

  static let full = "Shore has as many sockets open as it can serve."

  init(_ limit: Int) {
    self.limit = limit
  }

  var areLeft: Bool { counts.withLock { $0.open < limit } }

  /// A number that no other has had.
  func number() -> Int {
    counts.withLock { counts in
      counts.last += 1
      return counts.last
    }
  }

  func take() throws(Refusal) -> Int {
    let isTaken = counts.withLock { counts in
      guard counts.open < limit else { return false }
      counts.open += 1
      return true
    }
    guard isTaken else { throw Refusal(.unavailable, Self.full) }
    return number()
  }

  @Sendable
  func give() { counts.withLock { $0.open -= 1 } }
}

extension Problem {
  static let notTheOperator = Problem(
    .unauthenticated, "Sign in as `operator` with the token from the file operator-token.")
}
