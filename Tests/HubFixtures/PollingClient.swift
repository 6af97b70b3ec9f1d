import NIOCore
import Wire

/// A client that polls, request by request, each on a connection of its own.
package struct PollingClient: Sendable {
  package let port: Int
  package var path: String
  package var headers: [String]

  package init(port: Int, path: String = "/socket.io/", headers: [String] = []) {
    self.port = port
    self.path = path
    self.headers = headers
  }

  package func request(
    _ method: String, _ query: String, _ body: [UInt8] = []
  ) async throws -> HTTPAnswer {
    let client = try await begin(method, query, body)
    let answer = try await client.readResponse()
    await client.close()
    return answer
  }

  /// Sends a request and leaves its answer to be read.
  package func begin(
    _ method: String, _ query: String, _ body: [UInt8] = []
  ) async throws -> RawClient {
    let client = try await RawClient.connect(to: port)
    let lines =
      [
        "\(method) \(path)?\(query) HTTP/1.1", "Host: hub.example", "Connection: close",
        "Content-Length: \(body.count)",
      ] + headers
    try await client.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
    return client
  }

  /// - Returns: the session's id.
  package func open() async throws -> String {
    let answer = try await request("GET", "EIO=4&transport=polling")
    return try JSON(answer.body.dropFirst(), depth: 4)["sid"]?.text ?? ""
  }

  package func query(_ sid: String) -> String { "EIO=4&transport=polling&sid=\(sid)" }

  package func get(_ sid: String) async throws -> HTTPAnswer {
    try await request("GET", query(sid))
  }

  package func post(_ sid: String, _ body: String) async throws -> HTTPAnswer {
    try await request("POST", query(sid), Array(body.utf8))
  }
}

extension WebSocketClient {
  package static func open(
    port: Int, _ query: String = "EIO=4&transport=websocket", path: String = "/socket.io/",
    headers: [String] = []
  ) async throws -> WebSocketClient {
    let client = WebSocketClient(raw: try await .connect(to: port))
    try await client.raw.send(handshake(path: "\(path)?\(query)", headers: headers))
    let response = try await client.raw.readResponse()
    guard response.status == 101 else { throw Closed(code: response.status, reason: response.text) }
    return client
  }

  package func send(_ text: String) async throws {
    try await send(Frame(Frame.text, text))
  }

  /// The next text; throws `Closed` when the server says goodbye instead.
  package func text() async throws -> String {
    while true {
      let frame = try await frame()
      switch frame.opcode {
      case Frame.text: return String(decoding: frame.payload, as: UTF8.self)
      case Frame.close: throw Closed(code: frame.closeCode, reason: frame.reason)
      default: continue
      }
    }
  }

  /// How the server ends the connection; whatever comes before is passed over.
  package func end() async throws -> Closed {
    do {
      while true { _ = try await text() }
    } catch let closed as Closed {
      return closed
    }
  }
}
