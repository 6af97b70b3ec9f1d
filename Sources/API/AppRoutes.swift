import CrewApp
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import NIOCore

/// The crew's app to browsers: the page, its worker, and the files of this version.
struct AppRoutes {
  func add(to router: Router<APIContext>) {
    router.get("/") { request, _ in try Self.file(CrewApp.page, request) }
    router.get("/welcome") { request, _ in try Self.file(CrewApp.welcome, request) }
    router.get("/sw.js") { request, _ in try Self.file(CrewApp.worker, request) }
    router.get("/app/**") { request, _ in try Self.file(request.uri.path, request) }
  }

  /// Nothing from elsewhere, nothing inline: a name with a script in it stays a name.
  static let policy = """
    default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; manifest-src 'self'; worker-src 'self'; media-src blob:; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'
    """

  private static func file(_ path: String, _ request: Request) throws -> Response {
    guard let file = CrewApp.shared.files[path] else {
      throw Refusal(.notFound, "There is no file \(path.prefix(200)) in this version of the app.")
    }
    var headers: HTTPFields = [
      .contentType: file.contentType, .eTag: file.tag, .vary: "Accept-Encoding",
      .cacheControl: file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
    ]
    if path == CrewApp.page || path == CrewApp.welcome {
      headers[.contentSecurityPolicy] = policy
    }
    if request.headers[values: .ifNoneMatch].contains(where: { matches($0, file.tag) }) {
      return Response(status: .notModified, headers: headers)
    }
    var bytes = file.bytes
    if let gzipped = file.gzipped, accepts(request.headers[values: .acceptEncoding]) {
      headers[.contentEncoding] = "gzip"
      bytes = gzipped
    }
    return Response(
      status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// RFC 9110, section 13.1.2: weak comparison, any tag of the list.
  static func matches(_ header: String, _ tag: String) -> Bool {
    header.split(separator: ",").contains { candidate in
      let candidate = candidate.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      return candidate.elementsEqual("*") || candidate.elementsEqual(tag)
        || candidate.elementsEqual("W/\(tag)")
    }
  }

  /// Whether gzip is named and not refused by a weight of nought (RFC 9110, section 12.5.3).
  static func accepts(_ headers: [String]) -> Bool {
    headers.flatMap { $0.split(separator: ",") }.contains { coding in
      let parts = coding.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
      guard parts.first == "gzip" else { return false }
      guard let weight = parts.dropFirst().first(where: { $0.hasPrefix("q=") }) else { return true }
      return (Double(weight.dropFirst(2)) ?? 0) > 0
    }
  }
}
