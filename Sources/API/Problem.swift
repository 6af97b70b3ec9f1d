import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import Logging
import NIOCore
import Storage
import Wire

/// A refusal as problem details (RFC 9457), with the hub's stable `code`.
struct Problem: Error {
  var refusal: Refusal
  var status: HTTPResponse.Status

  init(_ refusal: Refusal) {
    self.refusal = refusal
    status = Self.status(of: refusal.code)
  }

  static func status(of code: Refusal.Code) -> HTTPResponse.Status {
    switch code {
    case .malformed, .invalidField: .badRequest
    case .unauthenticated, .sessionEnded: .unauthorized
    case .forbidden: .forbidden
    case .notFound, .unknownCommand: .notFound
    case .duplicate, .insufficientStock, .wrongState, .alreadyCompleted, .inUse: .conflict
    case .tooLarge: .contentTooLarge
    case .operationReused: .unprocessableContent
    case .upgradeRequired: .init(code: 426, reasonPhrase: "Upgrade Required")
    case .rateLimited: .tooManyRequests
    case .internalError: .internalServerError
    case .unavailable: .serviceUnavailable
    case .storageFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
    }
  }

  var json: JSON {
    .compact([
      "type": .string("urn:quartermaster:problem:\(refusal.code.rawValue)"),
      "title": .string(status.reasonPhrase), "status": .int(Int64(status.code)),
      "detail": .string(refusal.message), "code": .string(refusal.code.rawValue),
      "field": .text(refusal.field),
      // Seed 001's server says it in these.
      "error": refusal.code == .upgradeRequired ? .string(status.reasonPhrase) : nil,
      "message": refusal.code == .upgradeRequired ? .string(refusal.message) : nil,
    ])
  }

  var response: Response {
    var headers: HTTPFields = [.contentType: "application/problem+json"]
    switch refusal.code {
    case .unauthenticated, .sessionEnded: headers[.wwwAuthenticate] = "Bearer"
    case .rateLimited: headers[.retryAfter] = "60"
    case .unavailable: headers[.retryAfter] = "5"
    default: break
    }
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.encodedBytes)))
  }
}

/// Turns whatever a route throws into a problem, and sets the headers that every answer has.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      response = try await next(request, context)
    } catch let error as any HTTPResponseError where !(error is NIOTooManyBytesError) {
      response = Problem(Self.refusal(for: error.status, request)).response
    } catch {
      response = Problem(Self.refusal(for: error, context.logger)).response
    }
    response.headers[.xContentTypeOptions] = "nosniff"
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    return response
  }

  private static func refusal(for error: any Error, _ logger: Logger) -> Refusal {
    switch error {
    case let refusal as Refusal: return refusal
    case let error as JSONError:
      return Refusal(.malformed, "The body is not JSON that the hub reads: \(error).")
    case is NIOTooManyBytesError: return Refusal(.tooLarge, "The body is too large.")
    default:
      logger.error("a request failed: \(error)")
      return Refusal(failure: error)
    }
  }

  private static func refusal(for status: HTTPResponse.Status, _ request: Request) -> Refusal {
    switch status {
    case .notFound:
      Refusal(.notFound, "There is nothing at \(request.method) \(request.uri.path.prefix(200)).")
    case .contentTooLarge: Refusal(.tooLarge, "The body is too large.")
    default: Refusal(.malformed, "The request is malformed.")
    }
  }
}

extension Response {
  static func json(
    _ value: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Response {
    json(text: value.encodedBytes, status: status, headers: headers)
  }

  static func json(
    text: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: text)))
  }
}
