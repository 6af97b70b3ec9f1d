import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Wire

/// A real hub: its folder, its process, and its commands.
final class Hub: Sendable {
  struct NotStarted: Error { var errors: String }

  let folder: Folder
  let data: String
  private let process = Mutex<(program: Program, port: Int)?>(nil)
  private let environment: [String: String]

  /// Limits that no story about something else should meet.
  static let roomy = [
    "QUARTERMASTER_LIMITS_CONNECTION_ATTEMPTS_PER_MINUTE": "1000000",
    "QUARTERMASTER_LIMITS_MESSAGES_PER_MINUTE": "10000000",
    "QUARTERMASTER_LIMITS_MESSAGES_PER_MINUTE_PER_TYPE": "10000000",
    "QUARTERMASTER_LIMITS_SIGN_IN_ATTEMPTS_PER_MINUTE": "100000",
    "QUARTERMASTER_LIMITS_REQUESTS_PER_MINUTE": "1000000",
    "QUARTERMASTER_LIMITS_REPLAYED_EVENTS": "1000000",
  ]

  /// - Parameter data: the hub's folder; one that goes with the fixture where it is left out.
  init(data: String? = nil, environment: [String: String] = Hub.roomy) throws {
    folder = try Folder()
    self.data = data ?? folder.file("data")
    self.environment = environment
  }

  /// Starts `serve` and returns when it says that it listens.
  func start(_ arguments: [String] = [], environment more: [String: String] = [:]) async throws {
    let program = try launch(arguments, environment: more)
    try await listening(program)
  }

  /// Starts `serve` without waiting for anything.
  func launch(
    _ arguments: [String] = [], environment more: [String: String] = [:]
  ) throws -> Program {
    let program = try Program(
      "quartermaster", ["serve", "--data", data, "--listen", "127.0.0.1:0"] + arguments,
      environment: environment.merging(more) { $1 })
    process.withLock { $0 = (program, 0) }
    return program
  }

  func listening(_ program: Program) async throws {
    let port = try await eventual("the hub listens") {
      if program.ended != nil { throw NotStarted(errors: program.errors) }
      return program.listeningPort
    }
    process.withLock { $0 = (program, port) }
  }

  var program: Program? { process.withLock { $0?.program } }
  /// 0 while no hub listens.
  var port: Int { process.withLock { $0?.port ?? 0 } }

  /// The power goes.
  func kill() async throws {
    guard let program else { return }
    process.withLock { $0?.port = 0 }
    program.signal(SIGKILL)
    _ = try await program.end()
  }

  @discardableResult
  func stop() async throws -> Program.Ending {
    guard let program else { return .exited(0) }
    program.signal(SIGTERM)
    defer { process.withLock { $0?.port = 0 } }
    return try await program.end()
  }

  /// An administration command on this hub's folder.
  func command(_ arguments: String..., input: String = "") async throws -> Finished {
    try await run("quartermaster", arguments + ["--data", data], input: input)
  }

  /// Adds a person without a password and returns a token of theirs.
  func person(_ name: String, _ role: String) async throws -> String {
    _ = try await command("user", "add", name, "--role", role).succeeded()
    return try await token(name)
  }

  func token(_ name: String) async throws -> String {
    try await command("token", name).succeeded().trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Rows of the database file as the sqlite3 command line reads them.
  func sql(_ query: String) async throws -> [String] {
    try await run("sqlite3", [data + "/quartermaster.sqlite", query]).succeeded().lines
  }

  /// Open WebSockets, as the hub's own metrics count them.
  func connections() async throws -> Int {
    let metrics = try await run("curl", ["-s", "http://127.0.0.1:\(port)/metrics"]).succeeded()
    let line = metrics.lines.first { $0.hasPrefix("quartermaster_connections ") }
    return line.flatMap { $0.split(separator: " ").last.flatMap { Int($0) } } ?? -1
  }

  func status() async throws -> JSON {
    try JSON(parsing: try await command("status", "--json").succeeded())
  }
}

/// REST.
extension Hub {
  struct Answer: Sendable {
    var status: Int
    var json: JSON
    var headers: HTTPHeaders
  }

  func get(_ path: String, token: String? = nil) async throws -> Answer {
    try await ask(.GET, path, nil, token: token, key: nil)
  }

  func post(
    _ path: String, _ body: JSON, token: String? = nil, key: String? = nil
  ) async throws -> Answer {
    try await ask(.POST, path, body, token: token, key: key)
  }

  /// A command that must succeed: what its receipt holds under `data`.
  func perform(_ path: String, _ body: JSON, token: String) async throws -> JSON {
    let answer = try await post(path, body, token: token)
    guard answer.status == 200, let data = answer.json["data"] else {
      throw Finished.Failed(command: path, errors: answer.json.encoded)
    }
    return data
  }

  private func ask(
    _ method: HTTPMethod, _ path: String, _ body: JSON?, token: String?, key: String?
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
    request.method = method
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let key { request.headers.add(name: "Idempotency-Key", value: key) }
    if let body { request.body = .bytes(ByteBuffer(bytes: body.encodedBytes)) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    let bytes = try await response.body.collect(upTo: 64 << 20)
    return Answer(
      status: Int(response.status.code),
      json: (try? JSON(bytes.readableBytesView)) ?? .null, headers: response.headers)
  }
}

extension Program {
  /// The port in the line that a server prints once it listens.
  var listeningPort: Int? {
    output.lines.first { $0.hasPrefix("Listening on http://") }
      .flatMap { $0.split(separator: ":").last.flatMap { Int($0) } }
  }
}
