import Foundation
import Synchronization

/// A process of our own, known by its pid, with its output in files.
final class Program: Sendable {
  enum Ending: Sendable, Equatable {
    case exited(Int32)
    case killed(by: Int32)
  }

  struct CannotStart: Error { var program, reason: String }

  let pid: pid_t
  private let folder: Folder
  private let ending = Mutex<Ending?>(nil)

  /// - Parameter environment: all of it but `PATH` and `TMPDIR`; nothing else is inherited.
  init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    input: String = "", inputFile: String? = nil
  ) throws {
    folder = try Folder()
    try folder.write("in", input)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(
      &actions, 0, inputFile ?? folder.file("in"), O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, folder.file("out"), O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, folder.file("err"), O_WRONLY | O_CREAT, 0o600)
    // The test process ignores some signals, which a child would inherit.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))

    var variables = environment
    for name in ["PATH", "TMPDIR"] where variables[name] == nil {
      variables[name] = ProcessInfo.processInfo.environment[name]
    }
    let path = Self.path(of: program)
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for word in words + settings { free(word) } }
    var pid: pid_t = 0
    let result = posix_spawnp(&pid, path, &actions, &attributes, &words, &settings)
    guard result == 0 else {
      throw CannotStart(program: path, reason: String(cString: strerror(result)))
    }
    self.pid = pid
  }

  deinit {
    guard ended == nil else { return }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  /// Our programs lie beside the tests, or where QUARTERMASTER_BIN says; others are the system's.
  private static func path(of program: String) -> String {
    guard program.hasPrefix("quartermaster") || program == "conformance-server" else {
      return program
    }
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
    let folder = ProcessInfo.processInfo.environment["QUARTERMASTER_BIN"] ?? beside
    return folder + "/" + program
  }

  var output: String { contents(folder.file("out")) }
  var errors: String { contents(folder.file("err")) }

  /// How the process ended; `nil` while it runs.
  var ended: Ending? {
    ending.withLock { ending in
      if ending == nil {
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        let signal = status & 0x7F
        ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(by: signal)
      }
      return ending
    }
  }

  func signal(_ signal: Int32) {
    if ended == nil { kill(pid, signal) }
  }

  func end(within limit: Duration = patience) async throws -> Ending {
    try await eventual("the end of process \(pid)", within: limit) { ended }
  }
}

/// A command that has run to its end.
struct Finished: Sendable {
  var ending: Program.Ending
  var output: String
  var errors: String

  struct Failed: Error { var command, errors: String }

  /// The output of a command that must succeed.
  func succeeded() throws -> String {
    guard ending == .exited(0) else { throw Failed(command: "\(ending)", errors: errors + output) }
    return output
  }
}

func run(
  _ program: String, _ arguments: [String], environment: [String: String] = [:],
  input: String = "", inputFile: String? = nil, within limit: Duration = patience
) async throws -> Finished {
  let process = try Program(
    program, arguments, environment: environment, input: input, inputFile: inputFile)
  let ending = try await process.end(within: limit)
  return Finished(ending: ending, output: process.output, errors: process.errors)
}
