import Access
import ArgumentParser
import Foundation

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the hub until it is stopped.",
    discussion: """
      Every setting can also stand in the environment (QUARTERMASTER_DATA, QUARTERMASTER_LISTEN,
      QUARTERMASTER_SHORE_URL, QUARTERMASTER_LIMITS_CONNECTIONS, …) or in a YAML file given with
      --config; flags win over the environment, and that over the file.
      """)

  @Option(name: .customLong("data"), help: "The hub's folder. [default: \(DataOption.standard)]")
  var data: String?

  @Option(help: "HOST:PORT to listen on; port 0 takes any free one. [default: 0.0.0.0:8080]")
  var listen: String?

  @Option(name: .customLong("shore"), help: "URL of the shore server.")
  var shore: String?

  @Option(help: "This site's name ashore.")
  var site: String?

  @Option(help: "A file that holds the site's key.")
  var siteKeyFile: String?

  @Option(help: "Threads that serve sockets. [default: 1]")
  var eventLoops: Int?

  @Option(help: "A YAML file with settings.")
  var config: String?

  @Option(help: "trace, debug, info, notice, warning or error. [default: notice]")
  var logLevel: String?

  @Flag(help: "Print the settings in force and stop.")
  var printConfig = false

  func run() async throws {
    let flags: [String: String?] = [
      "data": data, "listen": listen, "shore.url": shore, "shore.site": site,
      "shore.siteKeyFile": siteKeyFile, "eventLoops": eventLoops.map { "\($0)" },
      "logLevel": logLevel,
    ]
    let configuration = try await HubConfiguration.load(
      flags: flags.compactMapValues { $0 },
      file: config ?? ProcessInfo.processInfo.environment["QUARTERMASTER_CONFIG"])
    if printConfig {
      Console.say(configuration.yaml)
      return
    }
    let assembly = try await Assembly(configuration)
    try await assembly.run { url in
      Console.say("Listening on \(url)")
      if let code = assembly.gate.openSetupCode {
        Console.say("Set-up code: \(code)")
        Console.say(
          "Create the first admin with it: POST \(url)/api/v1/setup {\"code\",\"name\",\"password\"}"
        )
      }
    }
  }
}
