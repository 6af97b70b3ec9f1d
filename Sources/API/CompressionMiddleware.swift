import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Sync

/// Packs JSON answers to questions with gzip for clients that offer it, as they are written: a
/// snapshot of any size costs no more memory than the packer's window.
struct CompressionMiddleware: RouterMiddleware {
  /// What fits into one packet travels no faster for being smaller.
  private static let least = 1400

  func handle(
    _ request: Request, context: APIContext,
    next: (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    guard request.method == .get, response.status == .ok,
      response.headers[.contentType] == "application/json",
      response.body.contentLength.map({ $0 >= Self.least }) ?? true
    else { return response }
    response.headers.append(HTTPField(name: .vary, value: "Accept-Encoding"))
    guard AppRoutes.accepts(request.headers[values: .acceptEncoding]) else { return response }
    response.headers[.contentEncoding] = "gzip"
    response.headers[.contentLength] = nil
    let body = response.body
    response.body = ResponseBody { writer in
      try await body.write(GzippedWriter(rest: writer, stream: try GzipStream()))
    }
    return response
  }
}

private struct GzippedWriter: ResponseBodyWriter {
  var rest: any ResponseBodyWriter
  let stream: GzipStream

  mutating func write(_ buffer: ByteBuffer) async throws {
    let packed = packed(buffer, isLast: false)
    if packed.readableBytes > 0 { try await rest.write(packed) }
  }

  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
    let last = packed(ByteBuffer(), isLast: true)
    try await rest.write(last)
    try await rest.finish(trailingHeaders)
  }

  private func packed(_ buffer: ByteBuffer, isLast: Bool) -> ByteBuffer {
    var packed = ByteBuffer()
    buffer.withUnsafeReadableBytes { bytes in
      stream.deflate(bytes, isLast: isLast) { packed.writeBytes($0) }
    }
    return packed
  }
}
