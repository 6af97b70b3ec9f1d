import Access
import ArgumentParser
import Foundation
import Supervision

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the hub until it is stopped.",
    discussion: """
      Every setting can also stand in the environment (QUARTERMASTER_DATA, QUARTERMASTER_LISTEN, \
      QUARTERMASTER_SHORE_URL, QUARTERMASTER_LIMITS_CONNECTIONS, …) or in a YAML file given with \
      --config, which also takes what has no flag (currency, allowedOrigins, limits); flags win \
      over the environment, and that over the file. --print-config prints such a file.
      """)

  @Option(
    name: .customLong("data"),
    help: ArgumentHelp("The hub's folder. [default: \(DataOption.standard)]", valueName: "folder"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Where to listen; port 0 takes any free one. [default: 0.0.0.0:8080]",
      valueName: "host:port"))
  var listen: String?

  @Option(
    help: ArgumentHelp(
      "Where to listen for HTTPS, or off. [default: beside --listen, 8443 for 8080]",
      valueName: "host:port"))
  var listenTLS: String?

  @Option(
    name: .customLong("shore"), help: ArgumentHelp("The shore server.", valueName: "url"))
  var shore: String?

  @Option(help: ArgumentHelp("This site's name ashore.", valueName: "name"))
  var site: String?

  @Option(help: ArgumentHelp("A file that holds the site's key.", valueName: "file"))
  var siteKeyFile: String?

  @Option(
    help: ArgumentHelp(
      "The link to shore: marina, cellular or satellite. [default: marina]", valueName: "name"))
  var linkProfile: String?

  @Option(help: ArgumentHelp("Threads that serve sockets. [default: 1]", valueName: "number"))
  var eventLoops: Int?

  @Option(help: ArgumentHelp("A YAML file with settings.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "trace, debug, info, notice, warning, error or critical. [default: notice]",
      valueName: "level"))
  var logLevel: String?

  @Flag(help: "Print the settings in force and stop.")
  var printConfig = false

  func run() async throws {
    Heap.giveBackLargePieces()
    let flags: [String: String?] = [
      "data": data, "listen": listen, "tls.listen": listenTLS, "shore.url": shore,
      "shore.site": site,
      "shore.siteKeyFile": siteKeyFile, "eventLoops": eventLoops.map { "\($0)" },
      "logLevel": logLevel, "link.profile": linkProfile,
    ]
    let given = flags.compactMapValues { $0 }
    let file = config ?? ProcessInfo.processInfo.environment["QUARTERMASTER_CONFIG"]
    let configuration = try await HubConfiguration.load(flags: given, file: file)
    if printConfig {
      Console.say(configuration.yaml)
      return
    }
    let assembly = try await Assembly(configuration)
    try await assembly.run(
      reload: { try await HubConfiguration.load(flags: given, file: file) }
    ) { doors in
      let url = doors.plain
      Console.say("Listening on \(url)")
      if let secure = doors.secure { Console.say("Listening on \(secure)") }
      if let code = assembly.gate.openSetupCode {
        SetupCode.keep(code)
        Console.say(
          """
          Set-up code: \(code)
          Create the first admin with it, under a name and a password of your own:

            curl -s \(url)/api/v1/setup -d '{"code":"\(code)","name":"ana","password":"long enough words"}'
          """)
      }
    }
  }
}
