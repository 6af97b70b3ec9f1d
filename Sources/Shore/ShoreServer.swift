import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The HTTP server as a service: stops listening at once when asked to, and lets go of a slow hub.
package struct ShoreServer: Service {
  package struct Address: Sendable, Hashable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
      self.host = host
      self.port = port
    }

    /// `HOST:PORT`, the host in square brackets where it is an IPv6 address.
    package init(_ text: String) throws(ShoreError) {
      guard let colon = text.lastIndex(of: ":"),
        let port = UInt16(text[text.index(after: colon)...])
      else { throw .badAddress(text) }
      var host = text[..<colon]
      if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
      guard !host.isEmpty, !host.contains("["), !host.contains("]") else {
        throw .badAddress(text)
      }
      self.init(host: String(host), port: Int(port))
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  private let store: ShoreStore
  private let operatorToken: OperatorToken
  private let address: Address
  private let limits: SiteLimits
  private let office: OfficeLimits
  private let clock: @Sendable () -> Int64
  private let logger: Logger
  private let onListening: @Sendable (Int) async -> Void

  /// - Parameter onListening: is told the port once connections are taken.
  package init(
    store: ShoreStore, operatorToken: OperatorToken, address: Address,
    limits: SiteLimits = SiteLimits(), office: OfficeLimits = OfficeLimits(),
    clock: @escaping @Sendable () -> Int64 = Self.milliseconds, logger: Logger,
    onListening: @escaping @Sendable (Int) async -> Void
  ) {
    self.store = store
    self.operatorToken = operatorToken
    self.address = address
    self.limits = limits
    self.office = office
    self.clock = clock
    self.logger = logger
    self.onListening = onListening
  }

  package func run() async throws {
    let mailroom = Mailroom()
    let feed = OfficeFeed(store, limits: office, logger: logger)
    let entrance = OfficeEntrance(operatorToken, hearing: feed, limits: office, clock: clock)
    let responder = ShoreResponder(
      store: store, operatorToken: operatorToken, mailroom: mailroom, entrance: entrance,
      limits: limits, clock: clock, logger: logger)
    let onListening = onListening
    let application = Application(
      responder: responder,
      server: HTTPServerBuilder { responder in
        OfficeDoor(http: HTTP1Channel(responder: responder), entrance: entrance)
      },
      configuration: .init(
        address: .hostname(address.host, port: address.port),
        availableConnectionsDelegate: .maximum(4096, logger: logger)),
      onServerRunning: { await onListening($0.localAddress?.port ?? 0) }, logger: logger)
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { [store] in await mailroom.watch { try await store.latestChanges() } }
        group.addTask { await feed.watch() }
        try await withGracefulShutdownHandler {
          try await application.run()
        } onGracefulShutdown: {
          mailroom.close()
          Task {
            await feed.close()
            entrance.close()
          }
        }
        group.cancelAll()
      }
    } catch let error as IOError {
      throw error.errnoCode == EADDRINUSE
        ? ShoreError.portTaken("\(address)")
        : ShoreError.cannotListen("\(address)", reason: String(cString: strerror(error.errnoCode)))
    } catch is SocketAddressError.UnknownHost {
      throw ShoreError.cannotListen("\(address)", reason: "the host is not known here")
    } catch is SocketAddressError {
      throw ShoreError.badAddress("\(address)")
    }
  }

  /// Shore's clock, in milliseconds since 1970.
  @Sendable
  package static func milliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}
