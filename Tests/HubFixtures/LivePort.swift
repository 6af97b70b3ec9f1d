import API
import Dialects
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Realtime
import SocketIO

/// A port whose connections become WebSockets, or are served HTTP; nobody is turned away.
package struct LivePort: Sendable {
  package struct Surface: Sendable {
    var messageSize: Int
    var connect: @Sendable (_ head: HTTPRequestHead, _ address: String) -> any WebSocketPeer
    var http: HTTPFront?
  }

  private typealias Serve = @Sendable () async -> Void
  private let channel: NIOAsyncChannel<EventLoopFuture<Serve>, Never>

  /// - Parameter port: 0 lets the system choose.
  package init(
    host: String = "127.0.0.1", port: Int = 0, serving surface: Surface,
    on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  ) async throws {
    channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .bind(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture { try Self.configure(channel, surface) }
      }
  }

  package var number: Int { channel.channel.localAddress?.port ?? 0 }

  package func run() async throws {
    try await channel.executeThenClose { inbound in
      try await withThrowingDiscardingTaskGroup { group in
        for try await connection in inbound {
          group.addTask { try? await connection.get()() }
        }
      }
    }
  }

  /// Serves while `body` runs.
  package static func with<Value: Sendable>(
    _ surface: Surface, loops: Int = 1, _ body: @Sendable (_ port: Int) async throws -> Value
  ) async throws -> Value {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    let port = try await LivePort(serving: surface, on: group)
    let result = try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await port.run() }
      defer { tasks.cancelAll() }
      return try await body(port.number)
    }
    try await group.shutdownGracefully()
    return result
  }

  private static func configure(
    _ channel: any Channel, _ surface: Surface
  ) throws -> EventLoopFuture<Serve> {
    let upgrades = NIOTypedHTTPServerUpgradeConfiguration<Serve>(
      upgraders: [Upgrader(surface: surface)],
      notUpgradingCompletionHandler: { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let http = surface.http else { throw ChannelError.operationUnsupported }
          return try http.attach(to: channel)
        }
      })
    var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
      upgradeConfiguration: upgrades)
    configuration.enablePipelining = false
    let result = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
      configuration: configuration)
    result.whenFailure { _ in channel.close(promise: nil) }
    return result
  }

  private struct Upgrader: NIOTypedHTTPServerProtocolUpgrader {
    let surface: Surface
    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []

    func buildUpgradeResponse(
      channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
      channel.eventLoop.makeCompletedFuture {
        try OpeningHandshake(upgradeRequest).answered(initialResponseHeaders)
      }
    }

    func upgrade(
      channel: any Channel, upgradeRequest: HTTPRequestHead
    ) -> EventLoopFuture<Serve> {
      channel.eventLoop.makeCompletedFuture {
        let address = channel.remoteAddress?.ipAddress ?? "local"
        try channel.pipeline.syncOperations.addHandler(
          WebSocketHandler(
            peer: surface.connect(upgradeRequest, address), messageSize: surface.messageSize,
            deflate: OpeningHandshake(upgradeRequest).deflate))
        return {}
      }
    }
  }
}

extension LivePort.Surface {
  /// Every message is echoed, on any path.
  package static func webSocketEcho(messageSize: Int) -> Self {
    Self(messageSize: messageSize, connect: { _, _ in WebSocketEcho() }, http: nil)
  }

  /// Whatever `engine` is for, on its path.
  package static func engine(_ engine: EngineServer, logger: Logger = .silent) -> Self {
    let polling = PollingRoutes(path: engine.settings.path) {
      try await engine.respond(to: $0, from: $1, over: $2)
    }
    return Self(
      messageSize: engine.settings.maxPayload,
      connect: { head, address in
        engine.connect(EngineCaller(connection: 0, address: address, head: head, leave: {}))
      }, http: HTTPFront(polling: polling, logger: logger))
  }

  package static func engineEcho(_ settings: EngineSettings) -> Self {
    engine(EngineServer(settings, host: EngineEcho.Host()))
  }

  package static func socketEcho(_ settings: EngineSettings, _ bounds: SocketSettings) -> Self {
    engine(EngineServer(settings, host: SocketEcho.server(bounds)))
  }
}
