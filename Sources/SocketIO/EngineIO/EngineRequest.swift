import Foundation
import NIOCore
import NIOHTTP1
import Wire

/// What a request at Engine.IO's path asks for.
struct EngineRequest: Equatable {
  var transport: EngineSession.Transport
  var sid: String?

  /// Reads the query; what is missing or unknown is refused as the servers that clients know do.
  init(uri: String) throws(EngineRefusal) {
    let values = Self.query(uri)
    switch values["transport"] {
    case "polling": transport = .polling
    case "websocket": transport = .webSocket
    default: throw .unknownTransport
    }
    guard values["EIO"] == "4" else { throw .unsupportedVersion }
    sid = values["sid"]
  }

  /// The first value of each name, percent-decoded.
  static func query(_ uri: String) -> [String: String] {
    var values: [String: String] = [:]
    guard let start = uri.firstIndex(of: "?") else { return values }
    for pair in uri[uri.index(after: start)...].split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = String(parts[0]).removingPercentEncoding, values[name] == nil else {
        continue
      }
      values[name] = parts.count == 2 ? String(parts[1]).removingPercentEncoding : ""
    }
    return values
  }
}

/// Why a request is refused, in the numbers and words that Engine.IO's clients know.
package enum EngineRefusal: Error, Equatable {
  case unknownTransport
  case unknownSession
  case badMethod
  case badRequest
  case forbidden(String)
  case unsupportedVersion
  case tooLarge

  var status: HTTPResponseStatus {
    switch self {
    case .forbidden: .forbidden
    case .tooLarge: .payloadTooLarge
    default: .badRequest
    }
  }

  var message: String {
    switch self {
    case .unknownTransport: "Transport unknown"
    case .unknownSession: "Session ID unknown"
    case .badMethod: "Bad handshake method"
    case .badRequest: "Bad request"
    case .forbidden(let why): why
    case .unsupportedVersion: "Unsupported protocol version"
    case .tooLarge: "Payload too large"
    }
  }

  var json: JSON {
    let code: Int64 =
      switch self {
      case .unknownTransport: 0
      case .unknownSession: 1
      case .badMethod: 2
      case .badRequest, .tooLarge: 3
      case .forbidden: 4
      case .unsupportedVersion: 5
      }
    return ["code": .int(code), "message": .string(message)]
  }
}
