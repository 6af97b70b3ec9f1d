import Foundation

/// A hub in a process of its own, with limits that do not stand in the way of a measurement.
final class HubProcess {
  let port: UInt16
  private let process: Process
  private let output: Pipe

  var id: Int32 { process.processIdentifier }
  var figures: ProcessFigures { ProcessFigures(process: id) }

  /// Returns when the hub has said where it listens.
  /// - Parameter launched: is called as soon as the process runs.
  convenience init(
    _ program: String, data: String, arguments: [String] = [], environment: [String: String] = [:],
    launched: () throws -> Void = {}
  ) throws {
    try self.init(
      program,
      ["serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "error"] + arguments,
      environment: environment, launched: launched)
  }

  /// Any server that says where it listens as a hub does.
  init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    launched: () throws -> Void = {}
  ) throws {
    process = Process()
    output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(Self.limits) { $1 }.merging(environment) { $1 }
    process.standardOutput = output
    try Child.run(process)
    do {
      try launched()
      port = try Self.port(from: output.fileHandleForReading.fileDescriptor)
    } catch {
      Self.end(process)
      throw error
    }
  }

  private static let limits = [
    "CONNECTIONS": 100_000, "CONNECTIONS_PER_ADDRESS": 100_000, "CONNECTIONS_PER_USER": 100_000,
    "CONNECTION_ATTEMPTS_PER_MINUTE": 10_000_000, "MESSAGES_PER_MINUTE": 100_000_000,
    "MESSAGES_PER_MINUTE_PER_TYPE": 100_000_000, "REQUESTS_PER_MINUTE": 100_000_000,
    "CONTROL_MESSAGES_PER_MINUTE": 100_000_000, "COUNT_MESSAGES_PER_MINUTE": 100_000_000,
    "CONNECTIONS_PER_ROOM": 100_000, "SOCKETS_PER_USER_PER_MINUTE": 100_000_000,
  ].reduce(into: [:]) { $0["QUARTERMASTER_LIMITS_" + $1.key] = "\($1.value)" }

  /// The port in `Listening on http://HOST:PORT`.
  private static func port(from descriptor: Int32) throws -> UInt16 {
    var line = ""
    let deadline = Clock.now() + 30_000_000_000
    while Clock.now() < deadline {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 1000) > 0 else { continue }
      var byte: UInt8 = 0
      guard read(descriptor, &byte, 1) == 1 else { break }
      guard byte == UInt8(ascii: "\n") else {
        line.append(Character(Unicode.Scalar(byte)))
        continue
      }
      if line.hasPrefix("Listening on "), let port = UInt16(line.split(separator: ":").last ?? "") {
        return port
      }
      line = ""
    }
    throw Failure("A server did not start; what it said stands above.")
  }

  func stop() {
    if process.isRunning { Self.end(process) }
  }

  /// Asks the process to end and, after six seconds, ends it.
  private static func end(_ process: Process) {
    process.terminate()
    let deadline = Clock.now() + 6_000_000_000
    while process.isRunning, Clock.now() < deadline { usleep(5_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    Child.wait(for: process)
  }

  /// Runs an administration command to its end.
  /// - Returns: what it printed.
  static func run(
    _ program: String, _ arguments: [String], input line: String = ""
  ) throws -> String {
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    try Child.run(process)
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    try input.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    Child.wait(for: process)
    guard process.terminationStatus == 0 else {
      throw Failure("\(program) \(arguments.joined(separator: " ")) failed: \(text)")
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Adds an admin and gets a bearer token for them.
  static func token(_ program: String, data: String) throws -> String {
    _ = try run(
      program, ["user", "add", "bench", "--role", "admin", "--password-stdin", "--data", data],
      input: UUID().uuidString)
    return try run(program, ["token", "bench", "--data", data])
  }
}
