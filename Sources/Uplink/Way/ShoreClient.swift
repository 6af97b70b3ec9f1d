import AsyncHTTPClient
import NIOCore
import NIOSSL

extension UplinkSettings {
  /// Reads the files that `trust` names, and throws for what is wrong with them.
  package func check() throws(Trust.Fault) { _ = try trust.configuration() }

  /// An HTTP client for shore and nobody else: one connection kept alive, no redirects, no retries of
  /// its own, TLS as `trust` says.
  func client(
    on group: any EventLoopGroup, counting counter: WireCounter
  ) throws(Trust.Fault) -> HTTPClient {
    let (tls, pins) = try trust.configuration()
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(connectTimeout)))
    configuration.httpVersion = .http1Only
    configuration.connectionPool.idleTimeout = .seconds(60)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
    // A try that fails is the forwarder's business: it says so, and waits.
    configuration.connectionPool.retryConnectionEstablishment = false
    let isPinned = trust.pin != nil && shore.hasPrefix("https://")
    configuration.http1_1ConnectionDebugInitializer = { channel in
      let counted = channel.eventLoop.submit {
        try channel.pipeline.syncOperations.addHandler(
          WireCountingHandler(counter), position: .first)
      }
      return isPinned ? counted.flatMap { Trust.check(channel, against: pins) } : counted
    }
    return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
  }
}
