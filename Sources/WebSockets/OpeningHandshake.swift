import Crypto
import Foundation
import Inventory
import NIOHTTP1

/// The opening handshake of RFC 6455, section 4.2, and what it agrees on.
package struct OpeningHandshake: Sendable {
  package let accept: String
  package let deflate: DeflateAgreement?

  package init(_ request: HTTPRequestHead) throws(Refusal) {
    guard request.method == .GET, request.version == .http1_1 else {
      throw Refusal(.malformed, "A WebSocket is opened by a GET of HTTP/1.1.")
    }
    guard
      request.headers.contains(name: "sec-websocket-key")
        || request.headers.contains(name: "sec-websocket-version")
    else {
      throw Refusal(
        .upgradeRequired, "This is a WebSocket. Open it with a WebSocket client (RFC 6455).")
    }
    let connection = request.headers[canonicalForm: "connection"]
    guard connection.contains(where: { $0.lowercased() == "upgrade" }) else {
      throw Refusal(.malformed, "The Connection header must name Upgrade (RFC 6455).")
    }
    guard request.headers[canonicalForm: "sec-websocket-version"] == ["13"],
      let key = request.headers.first(name: "sec-websocket-key"),
      Data(base64Encoded: key)?.count == 16
    else { throw Refusal(.malformed, "The WebSocket handshake is malformed (RFC 6455).") }
    let digest = Insecure.SHA1.hash(
      data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
    accept = Data(digest).base64EncodedString()
    deflate = DeflateAgreement(offers: request.headers["sec-websocket-extensions"])
  }

  /// The answer's headers.
  package func answered(_ headers: HTTPHeaders) -> HTTPHeaders {
    var headers = headers
    headers.replaceOrAdd(name: "sec-websocket-accept", value: accept)
    if let deflate {
      headers.replaceOrAdd(name: "sec-websocket-extensions", value: deflate.answer)
    }
    return headers
  }
}
