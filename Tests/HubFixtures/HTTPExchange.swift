import NIOCore
import Wire

/// A response of HTTP/1.1, read from the bytes.
package struct HTTPAnswer: Sendable {
  package var status: Int
  /// By lower-case name.
  package var headers: [String: String]
  package var body: [UInt8]

  package var text: String { String(decoding: body, as: UTF8.self) }
  package var json: JSON { get throws { try JSON(body, depth: 64) } }
  package var code: String? { (try? json)?["code"]?.text }
}

extension RawClient {
  package func readResponse() async throws -> HTTPAnswer {
    let head = try await read { bytes, _ -> [String]? in
      let text = String(decoding: bytes.readableBytesView, as: UTF8.self)
      guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
      bytes.moveReaderIndex(forwardBy: text[..<end.upperBound].utf8.count)
      return text[..<end.lowerBound].split(separator: "\r\n").map(String.init)
    }
    var headers: [String: String] = [:]
    for line in head.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = String((parts.last ?? "").drop { $0 == " " })
    }
    let status = Int(head.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
    let body: [UInt8] =
      if status == 101 {
        []
      } else if headers["transfer-encoding"] == "chunked" {
        try await readChunks()
      } else {
        try await readBytes(Int(headers["content-length"] ?? "0") ?? 0)
      }
    return HTTPAnswer(status: status, headers: headers, body: body)
  }

  private func readBytes(_ count: Int) async throws -> [UInt8] {
    try await read { bytes, _ in bytes.readBytes(length: count) }
  }

  private func readChunks() async throws -> [UInt8] {
    var body: [UInt8] = []
    while true {
      let size = try await read { bytes, _ -> Int? in
        let view = bytes.readableBytesView
        guard let end = view.firstIndex(of: 0x0A) else { return nil }
        let line = String(decoding: view[..<end], as: UTF8.self)
        bytes.moveReaderIndex(forwardBy: end - view.startIndex + 1)
        return Int(line.prefix { $0.isHexDigit }, radix: 16) ?? -1
      }
      body += try await readBytes(size + 2).dropLast(2)
      if size == 0 { return body }
    }
  }
}

extension LiveHub {
  /// One request on a connection of its own.
  package func request(
    _ method: String, _ path: String, _ body: JSON? = nil, as person: Person? = nil,
    headers: [String] = []
  ) async throws -> HTTPAnswer {
    try await request(method, path, bytes: body?.encodedBytes ?? [], as: person, headers: headers)
  }

  package func request(
    _ method: String, _ path: String, bytes: [UInt8], as person: Person? = nil,
    headers: [String] = []
  ) async throws -> HTTPAnswer {
    var lines = [
      "\(method) \(path) HTTP/1.1", "Host: hub.example", "Connection: close",
      "Content-Length: \(bytes.count)",
    ]
    if let person { lines.append("Authorization: Bearer \(person.token)") }
    let head = (lines + headers).joined(separator: "\r\n") + "\r\n\r\n"
    let client = try await RawClient.connect(to: port)
    try await client.send(Array(head.utf8) + bytes)
    let answer = try await client.readResponse()
    await client.close()
    return answer
  }

  package func get(_ path: String, as person: Person? = nil) async throws -> HTTPAnswer {
    try await request("GET", path, as: person)
  }

  package func post(
    _ path: String, _ body: JSON, as person: Person? = nil, key: String? = nil
  ) async throws -> HTTPAnswer {
    try await request(
      "POST", path, body, as: person, headers: key.map { ["Idempotency-Key: \($0)"] } ?? [])
  }
}
