#if os(Linux)
  import Dispatch
  import Glibc
  import Synchronization

  /// Tells when the machine's addresses change: the marina's Wi-Fi is there, the satellite is gone.
  ///
  /// The kernel rings (rtnetlink(7)), also for mere renewals; what counts is whether the addresses
  /// differ from those before. Costs nothing while nothing rings.
  final class LinkWatch: Sendable {
    // Sources may be cancelled from any thread (dispatch_source_cancel(3)); their type does not say
    // so.
    private nonisolated(unsafe) let source: any DispatchSourceRead
    private let links = Mutex(Links.present)

    /// `nil` where the kernel's messages can't be had, as under a seccomp rule without AF_NETLINK.
    init?(onChange: @escaping @Sendable (Links.Change) -> Void) {
      guard let file = Self.open() else { return nil }
      source = DispatchSource.makeReadSource(
        fileDescriptor: file, queue: DispatchQueue(label: "quartermaster.links"))
      source.setCancelHandler { close(file) }
      source.setEventHandler { [weak self] in
        Self.drain(file)
        guard let self else { return }
        let present = Links.present
        let change = links.withLock { links in
          defer { links = present }
          return links.change(to: present)
        }
        if change != .none { onChange(change) }
      }
      source.activate()
    }

    func stop() { source.cancel() }

    /// A socket that hears of links and addresses. The kernel's header is not in the C library's
    /// module, so its two numbers and its address (`struct sockaddr_nl`) are written out here.
    private static func open() -> Int32? {
      let routeProtocol: Int32 = 0
      // RTMGRP_LINK, RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR.
      let groups: UInt32 = 0x1 | 0x10 | 0x100
      let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      let file = socket(AF_NETLINK, kind | Int32(SOCK_NONBLOCK.rawValue), routeProtocol)
      guard file >= 0 else { return nil }
      // Family and padding in the first word, then the port (0: the kernel's choice), the groups.
      let address: [UInt32] = [UInt32(AF_NETLINK).littleEndian, 0, groups]
      let isBound = address.withUnsafeBytes { bytes in
        bytes.withMemoryRebound(to: sockaddr.self) {
          bind(file, $0.baseAddress, socklen_t(bytes.count)) == 0
        }
      }
      guard isBound else {
        close(file)
        return nil
      }
      return file
    }

    private static func drain(_ file: Int32) {
      var bytes = [UInt8](repeating: 0, count: 8192)
      while recv(file, &bytes, bytes.count, 0) > 0 {}
    }
  }
#endif
