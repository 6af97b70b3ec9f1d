/// What a client and the hub agree on of permessage-deflate (RFC 7692).
///
/// Neither side carries its window over to the next message. So an idle connection keeps no state,
/// and one deflated frame serves every receiver.
package struct DeflateAgreement: Sendable, Equatable {
  /// The largest window that the client inflates with, as a power of two from 8 to 15.
  package let windowBits: Int
  private let wasAskedForWindow: Bool

  /// The first of the client's offers that the hub can keep to; `nil` where there is none.
  /// - Parameter offers: the values of all `Sec-WebSocket-Extensions` headers.
  package init?(offers: [String]) {
    for offer in offers.flatMap({ $0.split(separator: ",") }) {
      if let agreement = Self(offer: offer) {
        self = agreement
        return
      }
    }
    return nil
  }

  /// RFC 7692, section 7: an offer with anything that the section does not define is declined.
  private init?(offer: Substring) {
    let parts = offer.split(separator: ";", omittingEmptySubsequences: false)
    guard parts.first?.trimmed.lowercased() == "permessage-deflate" else { return nil }
    var given: [String: String?] = [:]
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = pair.first?.trimmed.lowercased() ?? ""
      guard given[name] == nil else { return nil }
      given.updateValue(pair.count == 2 ? pair[1].trimmed.unquoted : nil, forKey: name)
    }
    var windowBits: Int?
    for (name, value) in given {
      switch (name, value) {
      case ("server_no_context_takeover", nil), ("client_no_context_takeover", nil),
        ("client_max_window_bits", nil):
        break
      case ("client_max_window_bits", let bits?):
        guard Self.window(bits) != nil else { return nil }
      case ("server_max_window_bits", let bits?):
        guard let bits = Self.window(bits) else { return nil }
        windowBits = bits
      default: return nil
      }
    }
    self.windowBits = windowBits ?? 15
    wasAskedForWindow = windowBits != nil
  }

  /// 8 to 15, without leading zeros (sections 7.1.2.1 and 7.1.2.2).
  private static func window(_ text: String) -> Int? {
    Int(text).flatMap { (8...15).contains($0) && "\($0)" == text ? $0 : nil }
  }

  /// The value of the answer's `Sec-WebSocket-Extensions`.
  ///
  /// A server may rule out context takeover in both directions unasked (sections 7.1.1.1 and 7.1.1.2).
  /// The client's window is not limited: what inflates is at hand for one message only.
  package var answer: String {
    let window = wasAskedForWindow ? "; server_max_window_bits=\(windowBits)" : ""
    return
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover\(window)"
  }

  /// Whether a message of `size` bytes, deflated with the largest window, can be inflated by the
  /// client: no reference reaches further back than the message is long.
  package func inflates(_ size: Int) -> Bool {
    windowBits == 15 || size <= 1 << windowBits
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let blank: Set<Character> = [" ", "\t"]
    var trimmed = drop { blank.contains($0) }
    while let last = trimmed.last, blank.contains(last) { trimmed.removeLast() }
    return trimmed
  }

  fileprivate var unquoted: String {
    count >= 2 && first == "\"" && last == "\"" ? String(dropFirst().dropLast()) : String(self)
  }
}
