import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

/// Notices that another process wrote to the database, by inotify(7) on its write-ahead log.
///
/// An administration command beside a running hub counts at once, and a hub that nobody writes to
/// is never woken. Own commits wake it too, at most ten times a second; its reader then finds
/// nothing new.
package final class ForeignChanges: Sendable {
  private let queue = DispatchQueue(label: "quartermaster.changes", qos: .utility)
  // Dispatch sources may be used from any thread; Linux' Dispatch does not say so to the compiler.
  nonisolated(unsafe) private let source: any DispatchSourceRead

  /// - Returns: `nil` where the kernel gives no watch.
  package init?(of store: Store, notice: @escaping @Sendable () -> Void) {
    let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else { return nil }
    guard inotify_add_watch(descriptor, store.path + "-wal", UInt32(IN_MODIFY)) >= 0 else {
      close(descriptor)
      return nil
    }
    nonisolated(unsafe) let source = DispatchSource.makeReadSource(
      fileDescriptor: descriptor, queue: queue)
    self.source = source
    let queue = queue
    source.setEventHandler {
      source.suspend()
      queue.asyncAfter(deadline: .now() + .milliseconds(50)) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(descriptor, &buffer, buffer.count) > 0 {}
        notice()
        source.resume()
      }
    }
    source.setCancelHandler { close(descriptor) }
    source.resume()
  }

  package func stop() {
    queue.async { self.source.cancel() }
  }
}
