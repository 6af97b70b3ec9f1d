import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Sync
import Wire

/// What came back, as it stood on the wire.
package struct Received: Sendable {
  package var status: Int
  package var headers: [String: String]
  package var text: String

  package var json: JSON { (try? JSON(parsing: text)) ?? .null }
  package var code: String? { json["code"]?.text }
}

package enum Post {
  /// Posts `body` as the site's hub would, signed with `key`.
  package static func batch(
    _ body: [UInt8], to shore: String, site: String = "yacht", key: SiteKey,
    headers: [String: String] = [:]
  ) async throws -> Received {
    let seal = key.authorization(site: SiteName(site) ?? .yacht, digest: BodyDigest(of: body))
    var all = [
      "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip", "Authorization": seal,
    ]
    all.merge(headers) { $1 }
    return try await request(
      "POST", "\(shore)/v1/sites/\(site)/events", headers: all, body: body)
  }

  package static func batch(
    _ batch: Batch, to shore: String, site: String = "yacht", key: SiteKey
  ) async throws -> Received {
    try await self.batch(try batch.body(), to: shore, site: site, key: key)
  }

  package static func request(
    _ method: String, _ url: String, headers: [String: String] = [:], body: [UInt8]? = nil
  ) async throws -> Received {
    var request = HTTPClientRequest(url: url)
    request.method = HTTPMethod(rawValue: method)
    for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
    if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    let text = String(buffer: try await response.body.collect(upTo: 8 << 20))
    return Received(
      status: Int(response.status.code),
      headers: Dictionary(
        response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }),
      text: text)
  }
}
