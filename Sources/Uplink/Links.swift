#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The addresses by which this machine can reach others just now, as `eth0 192.168.1.7`.
package struct Links: Sendable, Hashable {
  package var addresses: Set<String>

  package init(_ addresses: Set<String>) {
    self.addresses = addresses
  }

  package enum Change: Sendable, Hashable {
    case none
    /// There is a new way, and the old ones are still there.
    case gained
    /// A way that an exchange may be using is gone.
    case lost
  }

  package func change(to present: Links) -> Change {
    if !addresses.isSubset(of: present.addresses) { return .lost }
    return present == self ? .none : .gained
  }

  /// What the interfaces that are up say (getifaddrs(3)), without those that lead nowhere.
  package static var present: Links {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return Links([]) }
    defer { freeifaddrs(first) }
    var links = Links([])
    var next = first
    while let entry = next?.pointee {
      next = entry.ifa_next
      let flags = Int32(bitPattern: entry.ifa_flags)
      guard flags & Int32(IFF_UP) != 0, flags & Int32(IFF_RUNNING) != 0,
        flags & Int32(IFF_LOOPBACK) == 0, let address = entry.ifa_addr,
        let text = text(of: address), !text.hasPrefix("fe80:")
      else { continue }
      links.addresses.insert("\(String(cString: entry.ifa_name)) \(text)")
    }
    return links
  }

  private static func text(of address: UnsafeMutablePointer<sockaddr>) -> String? {
    let size: Int
    switch Int32(address.pointee.sa_family) {
    case AF_INET: size = MemoryLayout<sockaddr_in>.size
    case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
    default: return nil
    }
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard
      getnameinfo(
        address, socklen_t(size), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    return String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
