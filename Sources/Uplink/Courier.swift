import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Sync

/// Posts one body and reads the whole answer.
struct Courier: Sendable {
  let client: HTTPClient
  let settings: UplinkSettings

  /// `nil` when the task was cancelled.
  func post(_ body: [UInt8], head: BatchHead) async -> Reply? {
    let digest = BodyDigest(of: body)
    var request = HTTPClientRequest(url: settings.url)
    request.method = .POST
    request.headers = [
      "Content-Type": "application/x-ndjson", "Content-Encoding": "gzip",
      "Authorization": settings.key.authorization(site: settings.site, digest: digest),
    ]
    request.body = .bytes(ByteBuffer(bytes: body))
    do {
      let response = try await client.execute(
        request, deadline: .now() + TimeAmount(settings.exchangeTimeout))
      let answer = try await response.body.collect(upTo: Limits.answer)
      let seconds = response.headers.first(name: "Retry-After").flatMap { Int64($0) }
      return Reply(
        status: Int(response.status.code),
        retryAfter: seconds.map { .seconds(max(0, min($0, 86_400))) },
        body: Array(buffer: answer), to: head, site: settings.site, digest: digest,
        key: settings.key)
    } catch {
      return Task.isCancelled ? nil : .failed(Trouble(error))
    }
  }
}

extension Trouble {
  init(_ error: any Error) {
    switch error {
    case let error as HTTPClientError where Self.timeouts.contains(error): self = .timeout
    // An answer larger than any of shore's.
    case is NIOTooManyBytesError: self = .notShore
    // The TLS library is AsyncHTTPClient's own affair, so its errors are known by name only.
    case _ where String(reflecting: type(of: error)).hasPrefix("NIOSSL."): self = .untrusted
    default: self = .unreachable
    }
  }

  private static let timeouts: [HTTPClientError] = [
    .connectTimeout, .readTimeout, .writeTimeout, .deadlineExceeded, .tlsHandshakeTimeout,
    .getConnectionFromPoolTimeout,
  ]
}
