/// Where a request may carry its token.
package enum Credentials {
  package enum Cookie: String, CaseIterable {
    case session = "quartermaster_session"
    /// What a paired device proves itself with.
    case device = "quartermaster_device"

    /// In TLS; browsers keep it apart from plain HTTP by its prefix.
    package var secureName: String { "__Host-" + rawValue }
  }

  package static func token(
    authorization: String?, cookie: String?, query: String?
  ) -> String? {
    if let authorization, authorization.lowercased().hasPrefix("bearer ") {
      return String(authorization.dropFirst(7)).trimmingSpaces
    }
    if let query, let token = value(of: "access_token", in: query, separatedBy: "&") {
      return token
    }
    return Self.cookie(.session, in: cookie)
  }

  package static func cookie(_ kind: Cookie, in header: String?) -> String? {
    guard let header else { return nil }
    return value(of: kind.secureName, in: header, separatedBy: ";")
      ?? value(of: kind.rawValue, in: header, separatedBy: ";")
  }

  /// What of a `Cookie` header counts. In TLS our own cookies of plain HTTP do not: whoever listens
  /// there on the same host has read them, or has planted them.
  package static func trusted(_ header: String?, isSecure: Bool) -> String? {
    guard isSecure, let header else { return header }
    let kept = header.split(separator: ";").filter { pair in
      let name = String(pair.prefix { $0 != "=" }).trimmingSpaces
      return !Cookie.allCases.contains { $0.rawValue == name }
    }
    return kept.isEmpty ? nil : kept.joined(separator: ";")
  }

  private static func value(of name: String, in list: String, separatedBy separator: Character)
    -> String?
  {
    for pair in list.split(separator: separator) {
      let parts = pair.split(separator: "=", maxSplits: 1)
      if parts.count == 2, String(parts[0]).trimmingSpaces == name { return String(parts[1]) }
    }
    return nil
  }
}

/// Which pages may talk to the hub from a browser.
package enum Origins {
  /// Same-origin passes always; others where they are listed, or `*` is.
  package static func mayConnect(_ origin: String, host: String?, _ allowed: Set<String>) -> Bool {
    if allowed.contains("*") || allowed.contains(origin) { return true }
    guard let host, !host.isEmpty, let separator = origin.firstRange(of: "://") else {
      return false
    }
    return origin[separator.upperBound...].lowercased() == host.lowercased()
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
