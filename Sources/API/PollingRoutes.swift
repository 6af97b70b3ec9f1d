import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// Long-polling at a path of its own, answered by somebody who is not imported here.
package struct PollingRoutes: Sendable {
  package typealias Answer =
    @Sendable (_ request: Request, _ address: String, _ channel: any Channel) async throws ->
    Response

  private let path: String
  private let answer: Answer

  package init(path: String, answer: @escaping Answer) {
    self.path = path
    self.answer = answer
  }

  func add(to router: Router<APIContext>) {
    for method in [HTTPRequest.Method.get, .post, .put, .options] {
      router.on(RouterPath(path), method: method) { request, context in
        var head = request.head
        head.headerFields[.cookie] = request.cookies
        return try await answer(
          Request(head: head, body: request.body), context.address, context.channel)
      }
    }
  }
}
