import API
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Realtime

/// A port whose connections become WebSockets, or are served HTTP; nobody is turned away.
struct Port {
  struct Surface: Sendable {
    var messageSize: Int
    var connect: @Sendable (_ head: HTTPRequestHead, _ address: String) -> any WebSocketPeer
    var http: HTTPFront?
  }

  private typealias Serve = @Sendable () async -> Void
  private let channel: NIOAsyncChannel<EventLoopFuture<Serve>, Never>

  init(host: String, port: Int, serving surface: Surface) async throws {
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .bind(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture { try Self.configure(channel, surface) }
      }
  }

  var number: Int { channel.channel.localAddress?.port ?? 0 }

  func run() async throws {
    try await channel.executeThenClose { inbound in
      try await withThrowingDiscardingTaskGroup { group in
        for try await connection in inbound {
          group.addTask { try? await connection.get()() }
        }
      }
    }
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
