import ArgumentParser
import Logging
import NIOPosix
import ServiceLifecycle
import Shore
import Supervision
import UnixSignals

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Receive the hubs' logs until stopped.",
    discussion: """
      The first start writes the operator's token to the file operator-token in the folder and \
      shows it once. With it the user `operator` opens the status page at / and the document at \
      /v1/status.
      """)

  @OptionGroup var data: DataOption

  @Option(
    name: .customLong("listen"),
    help: ArgumentHelp("Where to listen; port 0 takes any free one.", valueName: "host:port"))
  var address = "127.0.0.1:8470"

  func run() async throws {
    let address = try ShoreServer.Address(address)
    let logger = Logger(supervised: "quartermaster-shore", level: LogLevel(.notice))
    let manager = ServiceManager(logger: logger)
    let directory = data.directory
    try directory.create()
    let lock = try directory.lock()
    let store = try manager.extendingTimeout { try ShoreStore(directory, create: true) }
    let (token, fresh) = try OperatorToken.load(in: data.directory)
    if let fresh {
      Output.tell("The operator's token, also kept in \(data.directory.token): \(fresh)")
    }
    let loopback = Loopback(group: MultiThreadedEventLoopGroup.singleton)
    let server = ShoreServer(
      store: store, operatorToken: token, address: address, logger: logger
    ) { port in
      var address = address
      address.port = port
      loopback.target(host: address.host, port: port)
      manager.ready(status: "Listening on http://\(address).")
      // Nobody may be reading; the hubs still are served.
      try? Output.say("Listening on http://\(address)")
    }
    let watchdog = Watchdog(
      manager: manager,
      checks: [
        .init(name: "database") { try store.beat() },
        .init(name: "listener") { try await loopback.ask() },
      ], logger: logger)
    var configuration = ServiceGroupConfiguration(
      services: [
        .init(service: server), .init(service: Farewell(manager: manager)),
        .init(service: watchdog),
      ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(3)
    try await ServiceGroup(configuration: configuration).run()
    withExtendedLifetime(lock) {}
    try store.close()
  }
}

/// Tells systemd that the stop is meant, as soon as it begins.
private struct Farewell: Service {
  let manager: ServiceManager

  func run() async throws {
    try await gracefulShutdown()
    manager.stopping("Finishing what was begun.")
  }
}
