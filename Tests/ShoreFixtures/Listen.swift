import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Wire

/// One message of a stream of server-sent events.
package struct Heard: Sendable {
  package var id: String?
  package var message: JSON

  package var type: String? { message["type"]?.text }
  package var outcome: String? { message["data"]?["outcome"]?.text }
}

extension Post {
  /// Hears a stream until `isEnough` says so of all that was heard, or until the stream ends.
  package static func listen(
    _ url: String, headers: [String: String], until isEnough: @Sendable ([Heard]) -> Bool
  ) async throws -> [Heard] {
    var request = HTTPClientRequest(url: url)
    for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    var (heard, text) = ([Heard](), "")
    for try await part in response.body {
      text += String(buffer: part)
      while let end = text.firstRange(of: "\n\n") {
        var next = Heard(id: nil, message: .null)
        for line in text[..<end.lowerBound].split(separator: "\n") {
          if line.hasPrefix("id: ") { next.id = String(line.dropFirst(4)) }
          if line.hasPrefix("data: ") {
            next.message = (try? JSON(parsing: String(line.dropFirst(6)))) ?? .null
          }
        }
        text = String(text[end.upperBound...])
        if next.type != nil { heard.append(next) }
      }
      if isEnough(heard) { return heard }
    }
    return heard
  }
}
