import Foundation
import LinkRelay
import Synchronization
import Wire

/// A real shore server with one site, behind a relay that stands for the link.
final class Shore: Sendable {
  static let site = "aurora"

  let folder: Folder
  let link: Relay
  private let data: String
  private let process: Mutex<Program>

  init() async throws {
    folder = try Folder()
    data = folder.file("shore")
    let key = try await run(
      "quartermaster-shore", ["site", "add", Self.site, "--data", data]
    ).succeeded()
    try folder.write("site.key", key)
    let (program, port) = try await Self.serve(data)
    process = Mutex(program)
    link = try await Relay(to: port)
  }

  private static func serve(_ data: String) async throws -> (program: Program, port: Int) {
    let program = try Program(
      "quartermaster-shore", ["serve", "--data", data, "--listen", "127.0.0.1:0"])
    let port = try await eventual("shore listens") {
      if program.ended != nil { throw Hub.NotStarted(errors: program.errors) }
      return program.listeningPort
    }
    return (program, port)
  }

  /// Shore's power goes, and comes back.
  func killAndRestart() async throws {
    let program = process.withLock { $0 }
    program.signal(SIGKILL)
    _ = try await program.end()
    let (next, port) = try await Self.serve(data)
    process.withLock { $0 = next }
    link.lead(to: port)
  }

  deinit { link.close() }

  /// What a hub is started with to forward its log here.
  var arguments: [String] {
    [
      "--shore", "http://127.0.0.1:\(link.port)", "--site", Self.site, "--site-key-file",
      folder.file("site.key"),
    ]
  }

  /// A command of shore's on this folder, beside the running server.
  func command(_ arguments: String...) async throws -> Finished {
    try await run("quartermaster-shore", arguments + ["--data", data])
  }

  func export() async throws -> String {
    try await run(
      "quartermaster-shore", ["export", "events", "--site", Self.site, "--data", data]
    ).succeeded()
  }

  /// Rows of shore's database file as the sqlite3 command line reads them.
  func sql(_ query: String) async throws -> [String] {
    let files = try FileManager.default.contentsOfDirectory(atPath: data)
    let name = files.first { $0.hasSuffix(".sqlite") } ?? "shore.sqlite"
    return try await run("sqlite3", ["\(data)/\(name)", query]).succeeded().lines
  }

  func stop() async throws -> Program.Ending {
    let program = process.withLock { $0 }
    program.signal(SIGTERM)
    return try await program.end()
  }
}

extension Hub {
  /// Waits until shore has confirmed everything, however long the uplink thinks it over.
  func allAshore(within limit: Duration = patience) async throws {
    var status = JSON.null
    do {
      try await eventually("", within: limit, every: .milliseconds(200)) {
        status = try await self.status()
        return status["safeOnShore"]?.integer == status["seq"]?.integer
      }
    } catch is Late {
      throw Late(what: "everything is ashore. \(status.encoded) \(program?.errors ?? "")")
    }
  }
}
