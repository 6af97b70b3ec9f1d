import Access
import Hummingbird
import HummingbirdCore
import Inventory
import Logging
import NIOCore

struct APIContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// Where the request came from, as the socket says. Forwarding headers are not believed.
  let address: String
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    channel = source.channel
    coreContext = CoreRequestContextStorage(source: source)
    address = source.channel.remoteAddress?.ipAddress ?? "local"
  }
}

extension Request {
  /// Whether it came in TLS.
  var isSecure: Bool { head.scheme == "https" }

  var cookies: String? { Credentials.trusted(headers[.cookie], isSecure: isSecure) }

  var token: String? {
    Credentials.token(
      authorization: headers[.authorization],
      cookie: cookies,
      query: uri.query.map { String($0) })
  }
}

extension Gate {
  /// Who asks, or `nil` for somebody who has not signed in.
  func visitor(_ request: Request) async throws(Refusal) -> Identity? {
    guard let token = request.token else { return nil }
    return try await identity(token: token)
  }

  func person(_ request: Request, _ roles: Roles = .everyone) async throws(Refusal) -> Identity {
    guard let identity = try await visitor(request) else {
      throw Refusal(.unauthenticated, "Sign in first, or send a bearer token.")
    }
    guard roles.contains(identity.role) else {
      throw Refusal(.forbidden, "Your role may not see this.")
    }
    return identity
  }
}
