import Glibc

/// Stands in for systemd: listens where `NOTIFY_SOCKET` points.
///
/// libsystemd reads the environment of the process, so each test that needs one runs in a process of
/// its own (`processExitsWith:`).
final class NotifySocket: Sendable {
  private let descriptor: CInt

  init(watchdogMicroseconds: Int? = 30_000_000) {
    descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let name = "quartermaster-test-\(getpid())"
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // A first byte of zero puts the name into the abstract namespace: no file to clean up.
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      for (index, byte) in name.utf8.enumerated() { path[index + 1] = byte }
    }
    let length = MemoryLayout.offset(of: \sockaddr_un.sun_path)! + 1 + name.utf8.count
    let result = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(length))
      }
    }
    precondition(result == 0, "the test's notification socket cannot be bound")
    setenv("NOTIFY_SOCKET", "@\(name)", 1)
    setenv("WATCHDOG_PID", "\(getpid())", 1)
    if let watchdogMicroseconds {
      setenv("WATCHDOG_USEC", "\(watchdogMicroseconds)", 1)
    } else {
      unsetenv("WATCHDOG_USEC")
    }
  }

  deinit { close(descriptor) }

  /// What has been told since the last call, message by message. Datagrams on one machine have
  /// arrived when sending returns.
  func heard() -> [String] {
    var messages: [String] = []
    var buffer = [UInt8](repeating: 0, count: 8_192)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT))
      guard count > 0 else { return messages }
      messages.append(String(decoding: buffer[..<count], as: UTF8.self))
    }
  }
}
