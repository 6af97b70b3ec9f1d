import Wire

/// An error answer (RFC 9457): a stable code for programs, one plain sentence for people.
package struct Problem: Error, Sendable, Hashable {
  package enum Code: String, Sendable, CaseIterable {
    case malformed = "malformed"
    case unauthenticated = "unauthenticated"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case gap = "gap"
    case lineageConflict = "lineage_conflict"
    case tooLarge = "too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case busy = "busy"
    case internalError = "internal_error"
    case unavailable = "unavailable"

    package var status: Int {
      switch self {
      case .malformed: 400
      case .unauthenticated: 401
      case .notFound: 404
      case .methodNotAllowed: 405
      case .gap, .lineageConflict: 409
      case .tooLarge: 413
      case .unsupportedMediaType: 415
      case .busy: 429
      case .internalError: 500
      case .unavailable: 503
      }
    }

    package var title: String {
      switch self {
      case .malformed: "Malformed request"
      case .unauthenticated: "Not signed in"
      case .notFound: "Not found"
      case .methodNotAllowed: "Method not allowed"
      case .gap: "Gap in the log"
      case .lineageConflict: "Two logs under one site"
      case .tooLarge: "Too large"
      case .unsupportedMediaType: "Unsupported media type"
      case .busy: "Busy"
      case .internalError: "Internal error"
      case .unavailable: "Unavailable"
      }
    }
  }

  package static let mediaType = "application/problem+json"

  package var code: Code
  package var detail: String
  /// When to come again, in seconds; `nil` leaves it to the code.
  package var retryAfter: Int64?

  package init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }

  package var json: JSON {
    .compact([
      "type": "about:blank", "title": .string(code.title), "status": .int(Int64(code.status)),
      "detail": .string(detail), "code": .string(code.rawValue),
    ])
  }

  /// The problem with the proof that it is shore's own word on the very bytes the hub sent: only on
  /// such proof may the hub take a batch apart.
  package func json(site: SiteName, digest: BodyDigest, key: SiteKey) -> JSON {
    var json = json
    json["digest"] = .string(digest.hex)
    json["mac"] = .string(key.seal(Self.sealed(code: code.rawValue, site: site, digest: digest)))
    return json
  }

  fileprivate static func sealed(code: String, site: SiteName, digest: BodyDigest) -> [String] {
    ["problem", site.text, code, digest.hex]
  }
}

/// A problem as the hub reads it: the code may be one that this hub does not know.
package struct ReadProblem: Sendable, Hashable {
  package var code: String
  package var detail: String
  /// Whether shore sealed it for exactly the bytes that were sent.
  package var isProven: Bool

  package init?(_ json: JSON, site: SiteName, digest: BodyDigest, key: SiteKey) {
    guard let code = json["code"]?.text else { return nil }
    self.code = code
    detail = json["detail"]?.text ?? ""
    isProven =
      json["mac"]?.text.map {
        key.verifies($0, of: Problem.sealed(code: code, site: site, digest: digest))
      } ?? false
  }
}
