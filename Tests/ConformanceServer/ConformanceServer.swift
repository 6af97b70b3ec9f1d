import ArgumentParser
import Foundation
import HubFixtures
import NIOCore
import SocketIO

/// Shows our own protocol layers to the public test suites of these protocols.
@main
struct ConformanceServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance-server",
    abstract: "Exposes the protocol layers to their public conformance suites.")

  enum Mode: String, ExpressibleByArgument, CaseIterable {
    /// Echoes every message, for Autobahn's fuzzing client.
    case webSocket = "websocket"
    /// Echoes every message at `/engine.io/`, for the Engine.IO v4 suite.
    case engineIO = "engine-io"
    /// Answers at `/socket.io/` as the Socket.IO v5 suite expects.
    case socketIO = "socket-io"
  }

  @Argument(help: "What to expose.") var mode: Mode
  @Option(help: "Where to listen, HOST:PORT.") var listen = "127.0.0.1:0"
  @Option(help: "How long a pong may take, in milliseconds.") var pingTimeout: Int64 = 200
  @Option(help: "How long a client may take to join, in milliseconds.") var connectTimeout: Int64 =
    1000

  func validate() throws {
    guard address != nil else {
      throw ValidationError("--listen wants HOST:PORT, such as 127.0.0.1:3000.")
    }
  }

  private var address: (host: String, port: Int)? {
    guard let colon = listen.lastIndex(of: ":"),
      let port = UInt16(listen[listen.index(after: colon)...])
    else { return nil }
    return (String(listen[..<colon]), Int(port))
  }

  func run() async throws {
    guard let address else { return }
    let port = try await LivePort(host: address.host, port: address.port, serving: surface)
    let line = "Listening on \(address.host):\(port.number).\n"
    try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
    try await port.run()
  }

  private var surface: LivePort.Surface {
    var settings = EngineSettings()
    settings.pingInterval = .milliseconds(300)
    settings.pingTimeout = .milliseconds(pingTimeout)
    settings.grain = .nanoseconds(1)
    settings.allowedOrigins = ["*"]
    switch mode {
    case .webSocket:
      // The suite's largest message has 16 MiB.
      return .webSocketEcho(messageSize: 32 << 20)
    case .engineIO:
      settings.path = "/engine.io/"
      return .engineEcho(settings)
    case .socketIO:
      var bounds = SocketSettings()
      bounds.connectTimeout = .milliseconds(connectTimeout)
      return .socketEcho(settings, bounds)
    }
  }
}
