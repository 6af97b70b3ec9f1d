import Access
import Inventory
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The one port: every connection starts as HTTP/1.1 and becomes a WebSocket or stays what it is.
package final class Listener: Sendable {
  package enum Service: Sendable {
    case webSocket
    case http(HTTPConnection)
  }

  /// A connection that stays HTTP, served until it ends.
  package struct HTTPConnection: Sendable {
    var channel: any Channel
    var serve: @Sendable () async -> Void

    package init(on channel: any Channel, serve: @escaping @Sendable () async -> Void) {
      self.channel = channel
      self.serve = serve
    }
  }

  /// Sets up what serves plain HTTP on a channel whose HTTP codec is in place.
  package typealias HTTPFront = @Sendable (any Channel) -> EventLoopFuture<HTTPConnection>
  /// Answers a request that was to become a WebSocket and was refused.
  package typealias RefusalFront =
    @Sendable (any Channel, Refusal) -> EventLoopFuture<HTTPConnection>

  private let channel: NIOAsyncChannel<EventLoopFuture<Service>, Never>
  private let logger: Logger
  private let httpChannels = Mutex<[ObjectIdentifier: any Channel]>([:])

  /// What to listen on.
  package enum Place: Sendable {
    /// Port 0 lets the system choose.
    case address(host: String, port: Int)
    /// A listening socket that was handed over, as systemd does.
    case socket(CInt)
  }

  /// - Parameter patience: how long a connection may take over its first request.
  package init(
    group: any EventLoopGroup, on place: Place, admission: Admission,
    patience: TimeAmount = .seconds(15), http: @escaping HTTPFront,
    refusal: @escaping RefusalFront, logger: Logger
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
    let initialize = { @Sendable (channel: any Channel) in
      channel.eventLoop.makeCompletedFuture {
        try Self.configure(channel, admission, patience, http: http, refusal: refusal)
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
    _ channel: any Channel, _ admission: Admission, _ patience: TimeAmount,
    http: @escaping HTTPFront, refusal: @escaping RefusalFront
  ) throws -> EventLoopFuture<Service> {
    let decision = Upgrader.Decision(hub: admission.hub)
    let upgrades = NIOTypedHTTPServerUpgradeConfiguration<Service>(
      upgraders: [Upgrader(admission: admission, decision: decision)],
      notUpgradingCompletionHandler: { channel in
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
    try UpgradeFilter.add(to: channel)
    // Whoever connects and says nothing is let go.
    let timeout = channel.eventLoop.scheduleTask(in: patience) {
      channel.close(promise: nil)
    }
    result.whenComplete { result in
      timeout.cancel()
      guard case .failure = result else { return }
      decision.abandon()
      channel.close(promise: nil)
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
      guard case .http(let http) = try await connection.get() else { return }
      let id = ObjectIdentifier(http.channel)
      httpChannels.withLock { $0[id] = http.channel }
      await http.serve()
      httpChannels.withLock { $0[id] = nil }
    } catch {
      logger.trace("a connection ended in its handshake: \(error)")
    }
  }

  /// Closes the connections that stayed HTTP; a client keeps an idle one open as long as it may.
  package func hangUp() {
    for channel in httpChannels.withLock({ $0.values.map { $0 } }) { channel.close(promise: nil) }
  }

  /// Stops accepting. Connections that are open go on.
  package func stopAccepting() {
    channel.channel.close(promise: nil)
  }
}
