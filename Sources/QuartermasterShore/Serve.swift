import ArgumentParser
import Logging
import ServiceLifecycle
import Shore
import UnixSignals

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Receive the hubs' logs until stopped.",
    discussion: """
      The first start writes the operator's token to DIR/operator-token and shows it once. With it
      the user `operator` opens the status page at / and the document at /v1/status.
      """)

  @OptionGroup var data: DataOption

  @Option(name: .customLong("listen"), help: "HOST:PORT to listen on; port 0 takes any free one.")
  var address = "127.0.0.1:8470"

  func run() async throws {
    let address = try ShoreServer.Address(address)
    var logger = Logger(label: "shore") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .notice
    let store = try ShoreStore(data.directory, create: true)
    let (token, fresh) = try OperatorToken.load(in: data.directory)
    if let fresh {
      Output.tell("The operator's token, also kept in \(data.directory.token): \(fresh)")
    }
    let server = ShoreServer(
      store: store, operatorToken: token, address: address, logger: logger
    ) { port in
      var address = address
      address.port = port
      // Nobody may be reading; the hubs still are served.
      try? Output.say("Listening on http://\(address)")
    }
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint],
      logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(3)
    try await ServiceGroup(configuration: configuration).run()
    try store.close()
  }
}
