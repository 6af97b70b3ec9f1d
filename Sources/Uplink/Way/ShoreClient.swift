import AsyncHTTPClient
import NIOCore
import NIOSSL

#if canImport(Glibc)
  import Glibc
#endif

extension UplinkSettings {
  /// Reads the files that `trust` names, and throws for what is wrong with them.
  package func check() throws(Trust.Fault) { _ = try trust.configuration() }

  /// An HTTP client for shore and nobody else: connections kept alive, no redirects, no retries of its
  /// own, TLS as `trust` says.
  /// - Parameter connections: how many exchanges may be under way at once.
  func client(
    on group: any EventLoopGroup, counting counter: WireCounter, connections: Int
  ) throws(Trust.Fault) -> HTTPClient {
    let (tls, pins) = try trust.configuration()
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(connectTimeout)))
    configuration.httpVersion = .http1Only
    configuration.connectionPool.idleTimeout = .seconds(60)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
    // A try that fails is the forwarder's business: it says so, and waits.
    configuration.connectionPool.retryConnectionEstablishment = false
    let confirmation = confirmationTimeout
    let isPinned = trust.pin != nil && shore.hasPrefix("https://")
    configuration.http1_1ConnectionDebugInitializer = { channel in
      let counted = Self.tune(channel, confirmation).flatMapThrowing {
        try channel.pipeline.syncOperations.addHandler(
          WireCountingHandler(counter), position: .first)
      }
      return isPinned ? counted.flatMap { Trust.check(channel, against: pins) } : counted
    }
    return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
  }

  /// Keeps what has not left yet with the program and not in the kernel, and lets the kernel end a
  /// connection whose bytes nobody has confirmed for `limit`, as on a link that is half open.
  private static func tune(
    _ channel: any Channel, _ limit: Duration
  ) -> EventLoopFuture<Void> {
    let water = ChannelOptions.Types.WriteBufferWaterMark(low: 1, high: Pieces.size)
    let tuned = channel.setOption(.writeBufferWaterMark, value: water)
    #if os(Linux)
      // Milliseconds, and bytes (tcp(7)).
      let options = [
        (TCP_USER_TIMEOUT, Int(TimeAmount(limit).nanoseconds / 1_000_000)),
        (TCP_NOTSENT_LOWAT, Pieces.size),
      ]
      return options.reduce(tuned) { tuned, option in
        tuned.flatMap {
          channel.setOption(
            .tcpOption(NIOBSDSocket.Option(rawValue: option.0)), value: option.1)
        }
      }
    #else
      return tuned
    #endif
  }
}
