import Access
import Inventory
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import WebSockets

/// A port: every connection starts as HTTP/1.1, in TLS or plain, and becomes a WebSocket or stays what
/// it is. From there on nobody minds which.
package final class Listener: Sendable {
  package enum Service: Sendable {
    case webSocket
    case http(HTTPConnection)
  }

  /// A connection that stays HTTP, served until it ends.
  package struct HTTPConnection: Sendable {
    var serve: @Sendable () async -> Void

    package init(serve: @escaping @Sendable () async -> Void) {
      self.serve = serve
    }
  }

  /// Sets up what serves plain HTTP on a channel whose HTTP codec is in place.
  package typealias HTTPFront = @Sendable (any Channel) -> EventLoopFuture<HTTPConnection>
  /// Answers a request that was to become a WebSocket and was refused.
  package typealias RefusalFront =
    @Sendable (any Channel, Refusal) -> EventLoopFuture<HTTPConnection>

  /// What a connection that begins now is secured with.
  package typealias Security = @Sendable () -> NIOSSLContext

  private let channel: NIOAsyncChannel<EventLoopFuture<Service>, Never>
  private let callers = Callers()
  private let logger: Logger

  /// What to listen on.
  package enum Place: Sendable {
    /// Port 0 lets the system choose.
    case address(host: String, port: Int)
    /// A listening socket that was handed over, as systemd does.
    case socket(CInt)
  }

  /// - Parameters:
  ///   - security: `nil` for plain HTTP.
  ///   - patience: how long a connection may take over its handshake and first request together.
  ///   - stall: how long it may take nothing of an answer over HTTP.
  package init(
    group: any EventLoopGroup, on place: Place, security: Security? = nil, admission: Admission,
    patience: TimeAmount = .seconds(15), stall: TimeAmount = StalledReader.patience,
    http: @escaping HTTPFront, refusal: @escaping RefusalFront, logger: Logger
  ) async throws {
    self.logger = logger
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      // A connection keeps its receive buffer, and most never send more than this at a time.
      .childChannelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(minimum: 256, initial: 512, maximum: 65_536))
    let attended: HTTPFront = { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(StalledReader(patience: stall))
      }.flatMap { http(channel) }
    }
    let initialize = { @Sendable [callers] (channel: any Channel) in
      channel.eventLoop.makeCompletedFuture {
        if let security {
          try channel.pipeline.syncOperations.addHandler(SecureEntrance(security))
        }
        return try Self.configure(
          channel, isSecure: security != nil, admission, patience, callers, http: attended,
          refusal: refusal)
      }
    }
    channel =
      switch place {
      case .address(let host, let port):
        try await bootstrap.bind(
          host: host, port: port, serverBackPressureStrategy: nil,
          childChannelInitializer: initialize)
      case .socket(let descriptor):
        try await bootstrap.bind(
          descriptor, serverBackPressureStrategy: nil, childChannelInitializer: initialize)
      }
  }

  package var port: Int { channel.channel.localAddress?.port ?? 0 }

  private static func configure(
    _ channel: any Channel, isSecure: Bool, _ admission: Admission, _ patience: TimeAmount,
    _ callers: Callers, http: @escaping HTTPFront, refusal: @escaping RefusalFront
  ) throws -> EventLoopFuture<Service> {
    let decision = Upgrader.Decision(admission: admission)
    let upgrades = NIOTypedHTTPServerUpgradeConfiguration<Service>(
      upgraders: [Upgrader(admission: admission, isSecure: isSecure, decision: decision)],
      notUpgradingCompletionHandler: { channel in
        FirstRequest.leave(channel)
        if let reason = decision.refusal {
          return refusal(channel, reason).map { .http($0) }
        }
        return http(channel).map { .http($0) }
      })
    var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
      upgradeConfiguration: upgrades)
    configuration.enablePipelining = false
    let result = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
      configuration: configuration)
    try FirstRequest.add(to: channel)
    // Whoever connects and says nothing is let go.
    let timeout = channel.eventLoop.scheduleTask(in: patience) {
      channel.close(promise: nil)
    }
    callers.called(channel)
    result.whenComplete { result in
      timeout.cancel()
      switch result {
      case .success(.http): callers.served(channel)
      case .success(.webSocket): callers.left(channel)
      case .failure:
        decision.abandon()
        channel.close(promise: nil)
      }
    }
    return result
  }

  /// Accepts connections until the task is cancelled or the listener is closed.
  package func run() async throws {
    try await channel.executeThenClose { inbound in
      try await withThrowingDiscardingTaskGroup { group in
        for try await connection in inbound {
          group.addTask { await self.serve(connection) }
        }
      }
    }
  }

  private func serve(_ connection: EventLoopFuture<Service>) async {
    do {
      if case .http(let http) = try await connection.get() { await http.serve() }
    } catch {
      logger.trace("a connection ended in its handshake: \(error)")
    }
  }

  /// Connections of every kind, until their sockets are closed.
  package var connections: Int { callers.open }

  /// Stops accepting. WebSockets go on; of the others each ends with the answer that it waits for.
  package func stopAccepting() {
    channel.channel.close(promise: nil)
    callers.letGo()
  }
}
