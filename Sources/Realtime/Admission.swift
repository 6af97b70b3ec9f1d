import Access
import Inventory
import NIOCore
import NIOHTTP1
import Storage

/// Decides whether a request may become a WebSocket, before it does.
package struct Admission: Sendable {
  package let hub: Hub
  /// Origins that pages of other hosts may connect from; `*` for any. Same-origin always passes, and
  /// so does what sends no Origin, which is no browser.
  package let allowedOrigins: Set<String>

  package init(hub: Hub, allowedOrigins: Set<String>) {
    self.hub = hub
    self.allowedOrigins = allowedOrigins
  }

  package struct Admitted: Sendable {
    var connection: Int64
    var identity: Identity?
    var address: String
    /// The identity's rows were read when the loop had delivered the log up to here.
    var head: Int64
  }

  func admit(
    _ request: HTTPRequestHead, address: String, asOf head: Int64
  ) async throws(Refusal) -> Admitted {
    try hub.attempted(from: address)
    guard request.uri.split(separator: "?").first == "/api/ws" else {
      throw Refusal(.notFound, "There is no WebSocket at this path; the hub's is /api/ws.")
    }
    try checkOrigin(request)
    var identity: Identity?
    if let token = Credentials.token(in: request) {
      identity = try await hub.gate.identity(token: token)
    }
    let connection = try hub.reserve(address: address, user: identity?.user)
    return Admitted(connection: connection, identity: identity, address: address, head: head)
  }

  private func checkOrigin(_ request: HTTPRequestHead) throws(Refusal) {
    guard let origin = request.headers.first(name: "origin") else { return }
    guard Origins.mayConnect(origin, host: request.headers.first(name: "host"), allowedOrigins)
    else { throw Refusal(.forbidden, "Pages from \(origin.prefix(100)) may not connect here.") }
  }
}

extension Credentials {
  /// RFC 6750's header, the sign-in cookie, or `access_token` in the query for browsers' WebSockets,
  /// which can set no header.
  static func token(in request: HTTPRequestHead) -> String? {
    token(
      authorization: request.headers.first(name: "authorization"),
      cookie: request.headers.first(name: "cookie"),
      query: request.uri.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init))
  }
}
