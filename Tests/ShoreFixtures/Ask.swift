import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Sync

extension Post {
  /// Asks for changes as the site's hub would; `nil` where the answer is no page of shore's.
  package static func question(
    _ question: ChangeRequest, to shore: String, key: SiteKey
  ) async throws -> ChangePage? {
    let digest = ChangeRequest.digest(target: question.target)
    var request = HTTPClientRequest(url: shore + question.target)
    request.headers.add(
      name: "Authorization", value: key.authorization(site: question.site, digest: digest))
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    let body = Array(buffer: try await response.body.collect(upTo: 8 << 20))
    guard let seal = response.headers.first(name: ChangePage.sealHeader),
      key.verifies(seal, page: body, site: question.site, request: digest)
    else { return nil }
    return ChangePage(body: body, to: question)
  }
}
