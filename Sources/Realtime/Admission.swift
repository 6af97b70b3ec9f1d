import Access
import Inventory
import NIOCore
import NIOHTTP1
import Storage

/// Decides whether a request may become a WebSocket, before it does.
package struct Admission: Sendable {
  package let hub: Hub
  package let dialects: [any Dialect]

  package init(hub: Hub, dialects: [any Dialect]) {
    self.hub = hub
    self.dialects = dialects
  }

  /// A connection that has its place on the hub.
  package struct Admitted: Sendable {
    package var connection: Int64
    package var identity: Identity?
    package var address: String
    /// The identity's rows were read when the loop had delivered the log up to here.
    package var head: Int64
    package var request: HTTPRequestHead
    var dialect: any Dialect
  }

  func admit(
    _ request: HTTPRequestHead, address: String, asOf head: Int64
  ) async throws(Refusal) -> Admitted {
    try hub.attempted(from: address)
    let path = request.uri.prefix { $0 != "?" }
    guard let dialect = dialects.first(where: { $0.serves(String(path)) }) else {
      throw Refusal(.notFound, "There is no WebSocket at this path; the hub's own is /api/ws.")
    }
    try checkOrigin(request)
    var identity: Identity?
    if dialect.signsInAtTheDoor, let token = Credentials.token(in: request) {
      identity = try await hub.gate.identity(token: token)
    }
    let connection = try hub.reserve(address: address, user: identity?.user)
    return Admitted(
      connection: connection, identity: identity, address: address, head: head,
      request: request, dialect: dialect)
  }

  /// Gives back the place of a connection that never came to be.
  func withdraw(_ admitted: Admitted) {
    hub.released(address: admitted.address)
    if let identity = admitted.identity { hub.departed(identity.user) }
  }

  private func checkOrigin(_ request: HTTPRequestHead) throws(Refusal) {
    guard let origin = request.headers.first(name: "origin") else { return }
    let host = request.headers.first(name: "host")
    guard Origins.mayConnect(origin, host: host, hub.gate.allowedOrigins) else {
      // As the systems' own servers turn such a handshake down: with 401.
      throw Refusal(.unauthenticated, "Pages from \(origin.prefix(100)) may not connect here.")
    }
  }
}

extension Credentials {
  /// RFC 6750's header, the sign-in cookie, or `access_token` in the query for browsers' WebSockets,
  /// which can set no header.
  package static func token(in request: HTTPRequestHead) -> String? {
    token(
      authorization: request.headers.first(name: "authorization"),
      cookie: request.headers.first(name: "cookie"),
      query: request.uri.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init))
  }
}
