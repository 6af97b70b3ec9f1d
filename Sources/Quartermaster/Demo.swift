import Access
import ArgumentParser
import Foundation
import Inventory
import Storage
import Wire

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a hub with a yacht's sample stock in a temporary folder.")

  @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
  var listen = "127.0.0.1:8080"

  func run() async throws {
    let directory = NSTemporaryDirectory() + "quartermaster-demo-\(UUID().uuidString.prefix(8))"
    let configuration = try await HubConfiguration.load(
      flags: ["data": directory, "listen": listen], file: nil)
    let assembly = try await Assembly(configuration)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let words = try await SampleStock(gate: assembly.gate).load()
    try await assembly.run { doors in
      let url = doors.plain
      Console.say(
        """
        Listening on \(url)\(doors.secure.map { "\nListening on \($0)" } ?? "")
        Sign in as admin, manager or staff with the password \(words)

          curl -s \(url)/api/v1/sign-in -d '{"name":"admin","password":"\(words)"}'

        The demo's folder \(directory) goes when the demo stops (Ctrl-C).
        """)
    }
  }
}
