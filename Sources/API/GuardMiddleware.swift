import Access
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import Synchronization

/// Keeps out pages of other origins and addresses that ask too often.
final class GuardMiddleware: RouterMiddleware {
  typealias Context = APIContext

  private let gate: Gate
  private let requests = Mutex(RateLimiter<String>())
  private let start = ContinuousClock.now

  init(gate: Gate) {
    self.gate = gate
  }

  func handle(
    _ request: Request, context: APIContext,
    next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    let now = ContinuousClock.now - start
    let limit = gate.limits.requestsPerMinute
    guard requests.withLock({ $0.admit(context.address, limit: limit, now: now) }) else {
      throw Refusal(.rateLimited, "Too many requests from this address. Wait a minute.")
    }
    if let origin = request.headers[.origin],
      !Origins.mayConnect(origin, host: request.head.authority, gate.allowedOrigins)
    {
      throw Refusal(.forbidden, "Pages from \(origin.prefix(100)) may not use this hub.")
    }
    return try await next(request, context)
  }
}
