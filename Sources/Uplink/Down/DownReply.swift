import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Sync
import Wire

/// What came back for a question, once it is known who said it.
enum DownReply: Sendable {
  case page(ChangePage)
  case failed(Trouble)

  /// Asks, and believes only what carries shore's seal over this very question.
  static func to(
    _ question: ChangeRequest, _ settings: UplinkSettings, _ client: HTTPClient,
    within limit: Duration
  ) async -> DownReply {
    let target = question.target
    let digest = ChangeRequest.digest(target: target)
    var request = HTTPClientRequest(url: settings.shore + target)
    request.headers = [
      "Authorization": settings.key.authorization(site: settings.site, digest: digest)
    ]
    do {
      let response = try await client.execute(request, deadline: .now() + TimeAmount(limit))
      let body = Array(buffer: try await response.body.collect(upTo: Limits.answer))
      let seconds = response.headers.first(name: "Retry-After").flatMap { Int64($0) }
      return DownReply(
        status: Int(response.status.code),
        retryAfter: seconds.map { .seconds(max(0, min($0, 86_400))) },
        seal: response.headers.first(name: ChangePage.sealHeader), body: body, to: question,
        digest: digest, key: settings.key)
    } catch {
      return .failed(Trouble(error))
    }
  }

  init(
    status: Int, retryAfter: Duration?, seal: String?, body: [UInt8], to question: ChangeRequest,
    digest: BodyDigest, key: SiteKey
  ) {
    switch status {
    case 200:
      if let seal, key.verifies(seal, page: body, site: question.site, request: digest),
        let page = ChangePage(body: body, to: question)
      {
        self = .page(page)
      } else {
        self = .failed(.notShore)
      }
    case 401, 403:
      let isShore = (try? JSON(body))?["code"]?.text == "unauthenticated"
      self = .failed(isShore ? .unknownKey : .notShore)
    case 429, 503: self = .failed(.busy(retryAfter: retryAfter))
    case 500...: self = .failed(.unexpected(status: status))
    default: self = .failed(.notShore)
    }
  }
}
