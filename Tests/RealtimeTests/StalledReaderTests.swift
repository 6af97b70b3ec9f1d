import HubFixtures
import NIOCore
import NIOPosix
import Testing
import WebSockets

/// Who takes an answer slowly gets all of it; who takes nothing is let go.
@Suite struct StalledReaderTests {
  private static let size = 3_000_000

  /// Answers whoever connects with more than its buffers hold, in one piece.
  private static func answering(
    _ body: (Int) async throws -> Void
  ) async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.socketOption(.so_sndbuf), value: 4096)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            StalledReader(patience: .seconds(1)))
          channel.eventLoop.execute {
            channel.writeAndFlush(ByteBuffer(repeating: 7, count: size), promise: nil)
          }
        }
      }.bind(host: "127.0.0.1", port: 0).get()
    try await body(server.localAddress?.port ?? 0)
    try await server.close()
  }

  @Test func `a slow reader gets all of a large answer`() async throws {
    try await Self.answering { port in
      let client = try await RawClient.connect(to: port, receiveBuffer: 4096)
      try await client.setReading(false)
      let start = ContinuousClock.now

      var (count, isEnded) = (0, false)
      while count < Self.size, !isEnded {
        try await client.setReading(true)
        try await client.setReading(false)
        try await Task.sleep(for: .milliseconds(20))
        (count, isEnded) = try await client.read { ($0.readableBytes, $1) }
      }

      #expect(count == Self.size)
      try #require(start.duration(to: .now) > .seconds(2), "the reader was not slow")
      await client.close()
    }
  }

  @Test func `a reader that takes nothing is let go`() async throws {
    try await Self.answering { port in
      let client = try await RawClient.connect(to: port, receiveBuffer: 4096)
      try await client.setReading(false)
      try await Task.sleep(for: .seconds(4))
      try? await client.setReading(true)

      #expect(try await client.readToEnd().count < Self.size)
    }
  }
}
