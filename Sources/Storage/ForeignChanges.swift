import Dispatch
import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Notices that another process wrote to the database, by inotify(7) on its write-ahead log.
///
/// An administration command beside a running hub counts at once, and a hub that nobody writes to
/// is never woken. The log's file changes before the commit can be seen (SQLite syncs it in
/// between, which takes seconds on a bad card), so each change is followed by a few more looks.
/// Own commits wake it too; its reader then finds nothing new.
package final class ForeignChanges: Sendable {
  private let queue = DispatchQueue(label: "quartermaster.changes", qos: .utility)
  // Dispatch sources may be used from any thread; Linux' Dispatch does not say so to the compiler.
  nonisolated(unsafe) private let source: any DispatchSourceRead
  // Touched on the queue only.
  nonisolated(unsafe) private var isSuspended = false
  private let descriptor: Int32
  private let notice: @Sendable () -> Void

  /// When to look after the last change, in milliseconds from look to look.
  private static let looks = [50, 250, 1000, 4000]

  /// - Returns: `nil` where the kernel gives no watch.
  package init?(of store: Store, notice: @escaping @Sendable () -> Void) {
    let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else { return nil }
    guard inotify_add_watch(descriptor, store.path + "-wal", UInt32(IN_MODIFY)) >= 0 else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    self.notice = notice
    source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    source.setEventHandler { [weak self] in
      guard let self else { return }
      source.suspend()
      isSuspended = true
      look(0)
    }
    source.setCancelHandler { close(descriptor) }
    source.resume()
  }

  private func look(_ step: Int) {
    queue.asyncAfter(deadline: .now() + .milliseconds(Self.looks[step])) { [weak self] in
      guard let self else { return }
      let hasChanged = drain()
      notice()
      if hasChanged {
        look(0)
      } else if step + 1 < Self.looks.count {
        look(step + 1)
      } else {
        source.resume()
        isSuspended = false
      }
    }
  }

  /// Takes the notes that have come in.
  private func drain() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    var hasChanged = false
    while read(descriptor, &buffer, buffer.count) > 0 { hasChanged = true }
    return hasChanged
  }

  deinit {
    // A source must not be released while it is suspended.
    if isSuspended { source.resume() }
    source.cancel()
  }
}
