import SwiftASN1

/// The names and addresses that can mean this hub and nothing on the Internet.
enum LocalScope {
  /// - Parameter hostname: this box's own name, which may belong to a domain of the owner's.
  static func domains(hostname: String) -> [String] {
    var domains = ["local", "lan", "internal", "home.arpa", "localhost", "quartermaster"]
    let label = hostname.prefix { $0 != "." }
    for name in [hostname, String(label)] where !name.isEmpty && !permits(name, domains) {
      domains.append(name)
    }
    return domains
  }

  static func permits(_ name: String, _ domains: [String]) -> Bool {
    domains.contains { name == $0 || name.hasSuffix(".\($0)") }
  }

  static func permits(_ address: [UInt8]) -> Bool {
    ranges.contains { $0.contains(address) }
  }

  /// Private and link-local networks (RFC 1918, 6598, 3927, 4193, 4291) and this box itself.
  static let ranges = [
    Range([10, 0, 0, 0], 8), Range([172, 16, 0, 0], 12), Range([192, 168, 0, 0], 16),
    Range([100, 64, 0, 0], 10), Range([169, 254, 0, 0], 16), Range([127, 0, 0, 0], 8),
    Range([0xFC] + zeros(15), 7), Range([0xFE, 0x80] + zeros(14), 10), Range(zeros(15) + [1], 128),
  ]

  private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

  struct Range: Sendable {
    let address: [UInt8]
    let mask: [UInt8]

    init(_ address: [UInt8], _ bits: Int) {
      self.address = address
      mask = address.indices.map { index in
        UInt8(truncatingIfNeeded: 0xFF00 >> min(max(bits - index * 8, 0), 8))
      }
    }

    func contains(_ other: [UInt8]) -> Bool {
      other.count == address.count
        && zip(other, zip(address, mask)).allSatisfy { $0 & $1.1 == $1.0 & $1.1 }
    }

    /// Address and mask, as RFC 5280 writes them.
    var constraint: ASN1OctetString { ASN1OctetString(contentBytes: (address + mask)[...]) }
  }
}
