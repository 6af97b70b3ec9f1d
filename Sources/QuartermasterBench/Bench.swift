import ArgumentParser
import Foundation
import Wire

/// The project's own figures: each command starts a hub of its own, loads it, and sets what it cost
/// beside a floor that is taken in the same run, so that a ratio means something on any machine.
///
/// The load generator is one thread on plain sockets, cheap enough to share the machine with what
/// it measures. It knows the hub only from outside: its command line, its sockets and `/proc`.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quartermaster-bench",
    abstract: "Measure a hub of its own, beside a floor taken in the same run.",
    subcommands: [Fanout.self, Commit.self, Footprint.self, Start.self, Uplink.self])

  static func main() {
    Child.endOnSignals()
    main(nil)
  }
}

struct BenchOptions: ParsableArguments {
  @Option(help: "The hub to measure. [default: quartermaster, beside this program]")
  var hub: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  var program: String {
    get throws {
      guard let program = hub ?? Self.beside("quartermaster"),
        FileManager.default.isExecutableFile(atPath: program)
      else { throw Failure("There is no hub to measure. Build it, or name it with --hub.") }
      return program
    }
  }

  /// The path of another program of ours, where this one lies.
  static func beside(_ name: String) -> String? {
    Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent(name).path
  }
}

/// What a person at the command line is told: one plain sentence that says what to do.
struct Failure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}
