import Foundation

/// What devices may call this box: its names and the addresses of its networks.
package struct BoxNames: Sendable, Equatable {
  package var hostname: String
  package var domains: [String]
  /// Four or sixteen bytes each, sorted.
  package var addresses: [[UInt8]]

  package init(hostname: String, addresses: [[UInt8]]) {
    let name = Self.cleaned(hostname)
    let label = String(name.prefix { $0 != "." })
    self.hostname = name
    var domains: [String] = []
    for name in [name, label, "\(label).local", "quartermaster.local", "localhost"]
    where !name.isEmpty && !name.hasPrefix(".") && !domains.contains(name) {
      domains.append(name)
    }
    self.domains = domains
    self.addresses = Set(addresses + [[127, 0, 0, 1], Array(repeating: 0, count: 15) + [1]])
      .sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// As they are at this moment.
  package static func now() -> BoxNames {
    var buffer = [CChar](repeating: 0, count: 256)
    gethostname(&buffer, 255)
    let bytes = buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    return BoxNames(hostname: String(decoding: bytes, as: UTF8.self), addresses: interfaces())
  }

  /// A name as the DNS writes it; what is no name becomes `quartermaster`.
  private static func cleaned(_ hostname: String) -> String {
    let name = hostname.lowercased().filter { character in
      character.isASCII && (character.isLetter || character.isNumber || "-.".contains(character))
    }
    return name.isEmpty || name.hasPrefix(".") || name.count > 200 ? "quartermaster" : name
  }

  private static func interfaces() -> [[UInt8]] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var found: [[UInt8]] = []
    var next = list
    while let interface = next?.pointee {
      next = interface.ifa_next
      guard let address = interface.ifa_addr, interface.ifa_flags & UInt32(IFF_UP) != 0
      else { continue }
      switch Int32(address.pointee.sa_family) {
      case AF_INET:
        found.append(
          address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
            withUnsafeBytes(of: address.pointee.sin_addr) { Array($0) }
          })
      case AF_INET6:
        let bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
          withUnsafeBytes(of: address.pointee.sin6_addr) { Array($0) }
        }
        // Link-local addresses need a zone, which no browser takes, and come and go with containers.
        if bytes.prefix(2) != [0xFE, 0x80] { found.append(bytes) }
      default: break
      }
    }
    return found
  }

  /// Those that a certificate of an authority for `domains` may hold.
  func permitted(within domains: [String]) -> BoxNames {
    var names = self
    names.domains = self.domains.filter { LocalScope.permits($0, domains) }
    names.addresses = addresses.filter { LocalScope.permits($0) }
    return names
  }

  /// Addresses that another device on the network could type, IPv4 alone: `192.168.1.7`.
  package var reachable: [String] {
    addresses.filter { $0.count == 4 && $0[0] != 127 && LocalScope.permits($0) }
      .map { $0.map { "\($0)" }.joined(separator: ".") }
  }
}
