import Foundation

/// The other end of sd_notify(3): hears a service say that it is ready.
final class NotifySocket {
  let path: String
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Socket.failure("socket") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw Failure("The temporary folder's name is too long for a socket; set TMPDIR.")
    }
    unlink(path)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw Socket.failure("bind") }
  }

  deinit { close(descriptor) }

  /// - Returns: when READY=1 came.
  func waitForReady() throws -> UInt64 {
    let deadline = Clock.now() + 30_000_000_000
    var buffer = [UInt8](repeating: 0, count: 4096)
    while Clock.now() < deadline {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 1000) > 0 else { continue }
      let time = Clock.now()
      let count = recv(descriptor, &buffer, buffer.count, 0)
      let message = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
      if message.split(separator: "\n").contains("READY=1") { return time }
    }
    throw Failure("The hub never said that it is ready.")
  }
}
