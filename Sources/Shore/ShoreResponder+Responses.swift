import HTTPTypes
import Hummingbird
import NIOCore
import Sync
import Wire

extension ShoreResponder {
  static func response(
    _ status: Int, _ json: JSON, type: String = "application/json"
  ) -> Response {
    response(status, text: json.encodedBytes, type: type)
  }

  /// - Parameter json: the problem, sealed where the site is known.
  static func response(_ problem: Problem, _ json: JSON? = nil) -> Response {
    var response = response(
      problem.code.status, json ?? problem.json, type: Problem.mediaType)
    switch problem.code {
    case .unauthenticated: response.headers[.wwwAuthenticate] = #"Basic realm="shore", Bearer"#
    case .busy: response.headers[.retryAfter] = String(problem.retryAfter ?? 5)
    case .unavailable: response.headers[.retryAfter] = "30"
    case .malformed, .notFound, .methodNotAllowed, .gap, .lineageConflict, .tooLarge,
      .unsupportedMediaType, .internalError:
      break
    }
    return response
  }

  static func page(_ html: String) -> Response {
    var response = response(200, text: Array(html.utf8), type: "text/html; charset=utf-8")
    response.headers[.contentSecurityPolicy] = PageStyle.policy
    return response
  }

  /// To the page at `path`, which a reload then does not send again (RFC 9110, section 15.4.4).
  static func seeOther(_ path: String) -> Response {
    var response = response(303, text: [], type: "text/plain")
    response.headers[.location] = path
    return response
  }

  static func problem(_ error: ShoreError) -> Problem {
    switch error {
    case .storageFull: Problem(.unavailable, "Shore's disk is full.")
    case .busy, .notWritable: Problem(.unavailable, "Shore's database can't be written just now.")
    case .unknownSite: Problem(.unauthenticated, "The site or its key is not known here.")
    case .tagReused, .badInput: Problem(.malformed, error.description)
    case .newerDatabase, .noDatabase, .notADatabase, .inUse, .badSiteName, .siteExists, .badAddress,
      .portTaken, .cannotListen, .badToken, .database:
      Problem(.internalError, "Shore has an internal error; its log says more.")
    }
  }

  static func response(_ status: Int, text: [UInt8], type: String) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = type
    headers[.contentLength] = String(text.count)
    headers[.cacheControl] = "no-store"
    headers[.xContentTypeOptions] = "nosniff"
    return Response(
      status: HTTPResponse.Status(code: status), headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: text)))
  }
}
