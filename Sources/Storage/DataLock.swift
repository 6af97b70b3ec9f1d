import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Keeps two hubs from serving one folder. Released by the system when the process ends, however.
package final class DataLock: Sendable {
  private let descriptor: Int32

  /// - Throws: where another hub serves `directory`, or the lock file cannot be made.
  package init(directory: String) throws(StoreError) {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
    } catch {
      throw .cannotOpen(directory, "the folder cannot be created")
    }
    let path = directory + "/hub.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .cannotOpen(path, String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .inUse(directory)
    }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// Whether a hub serves `directory` at this moment.
  package static func isHeld(in directory: String) -> Bool {
    let descriptor = open(directory + "/hub.lock", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) != 0
  }
}
