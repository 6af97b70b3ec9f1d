import Foundation

/// Stands in for systemd: listens where `NOTIFY_SOCKET` points.
final class NotifySocket: Sendable {
  let path: String
  private let descriptor: Int32

  struct NoSocket: Error {}

  init(in folder: Folder) throws {
    path = folder.file("notify")
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw NoSocket() }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let result = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw NoSocket() }
  }

  deinit { close(descriptor) }

  /// The assignments that have come since the last look.
  func heard() -> [String] {
    var assignments: [String] = []
    while let message = message() { assignments += message }
    return assignments
  }

  /// Waits for an assignment that begins so, and returns it; what came before is gone, what comes in
  /// later messages stays to be heard.
  @discardableResult
  func hears(_ start: String, within limit: Duration = patience) async throws -> String {
    try await eventual("systemd hears \(start)", within: limit, every: .milliseconds(2)) {
      while let message = message() {
        if let line = message.first(where: { $0.hasPrefix(start) }) { return line }
      }
      return nil
    }
  }

  private func message() -> [String]? {
    var buffer = [UInt8](repeating: 0, count: 8192)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self).lines : nil
  }

  /// Whether nothing that begins so is heard for a while.
  func hearsNo(_ start: String, for duration: Duration) async throws -> Bool {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end {
      if heard().contains(where: { $0.hasPrefix(start) }) { return false }
      try await Task.sleep(for: .milliseconds(20))
    }
    return true
  }
}
