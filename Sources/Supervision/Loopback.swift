import NIOCore
import NIOPosix
import Synchronization

/// Asks this process's own port for `/health`, as any client would: proof that the listener answers.
package final class Loopback: Sendable {
  private let group: any EventLoopGroup
  private let address = Mutex<(host: String, port: Int)?>(nil)

  package init(group: any EventLoopGroup) {
    self.group = group
  }

  /// Where to ask, once it is known. Before that `ask` has nothing to find fault with.
  package func target(host: String, port: Int) {
    let reachable =
      switch host {
      case "0.0.0.0": "127.0.0.1"
      case "::": "::1"
      default: host
      }
    address.withLock { $0 = (reachable, port) }
  }

  /// Returns when a first line of HTTP came back.
  package func ask() async throws {
    guard let (host, port) = address.withLock({ $0 }) else { return }
    let channel = try await ClientBootstrap(group: group)
      .connectTimeout(.seconds(5))
      .connect(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(
        ByteBuffer(string: "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
      var answer = ByteBuffer()
      for try await part in inbound {
        answer.writeImmutableBuffer(part)
        if answer.readableBytes >= 8 { break }
      }
      guard answer.readString(length: 5) == "HTTP/" else { throw NoAnswer() }
    }
  }
}

private struct NoAnswer: Error, CustomStringConvertible {
  let description = "the port gave no answer"
}
