import AsyncHTTPClient
import Hummingbird
import NIOCore
import NIOHTTP1
import Sync

/// Passes a request on, as a proxy on the way ashore does.
func relay(_ request: Request, to shore: String) async throws -> Response {
  let body = Array(buffer: try await request.body.collect(upTo: Limits.body))
  return try await relay(body, request, to: shore)
}

func relay(_ body: [UInt8], _ request: Request, to shore: String) async throws -> Response {
  var forwarded = HTTPClientRequest(url: shore + request.uri.path)
  forwarded.method = .POST
  let own = ["content-length", "host"]
  for field in request.headers where !own.contains(field.name.canonicalName) {
    forwarded.headers.add(name: field.name.rawName, value: field.value)
  }
  forwarded.body = .bytes(ByteBuffer(bytes: body))
  let answer = try await HTTPClient.shared.execute(forwarded, timeout: .seconds(30))
  return Response(
    status: .init(code: Int(answer.status.code)),
    body: .init(byteBuffer: try await answer.body.collect(upTo: Limits.answer)))
}
