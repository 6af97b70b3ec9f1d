import Dispatch
import Foundation

#if canImport(Glibc)
  import Glibc
#endif

/// Notices that another process wrote to the database, by inotify(7) on its write-ahead log.
///
/// An administration command beside a running hub counts at once, and a hub that nobody writes to
/// is never woken. The log's file changes before the commit can be seen (SQLite syncs it in
/// between, which takes seconds on a bad card), so each change is followed by a few more looks, and
/// a process that closes the file, which a command does when it has committed, by one at once.
/// Own commits wake it too; its reader then finds nothing new.
package final class ForeignChanges: Sendable {
  private let queue = DispatchQueue(label: "quartermaster.changes", qos: .utility)
  // Dispatch sources may be used from any thread; Linux' Dispatch does not say so to the compiler.
  nonisolated(unsafe) private let source: any DispatchSourceRead
  // Touched on the queue only.
  nonisolated(unsafe) private var isSuspended = false
  nonisolated(unsafe) private var changes = 0
  nonisolated(unsafe) private var hasStopped = false
  private let descriptor: Int32
  private let notice: @Sendable () -> Void

  /// A busy hub is woken no more often than this.
  private static let pause = DispatchTimeInterval.milliseconds(50)
  /// When to look again after the last change, from look to look.
  private static let looks = [250, 1000, 4000].map(DispatchTimeInterval.milliseconds)

  /// - Returns: `nil` where the kernel gives no watch.
  package init?(of store: Store, notice: @escaping @Sendable () -> Void) {
    let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else { return nil }
    let mask = UInt32(IN_MODIFY | IN_CLOSE_WRITE)
    guard inotify_add_watch(descriptor, store.path + "-wal", mask) >= 0 else {
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
      lookShortly()
    }
    source.setCancelHandler { close(descriptor) }
    source.resume()
  }

  private func lookShortly() {
    queue.asyncAfter(deadline: .now() + Self.pause) { [weak self] in
      guard let self else { return }
      // First, so that what changes from here on wakes the source again.
      drain()
      source.resume()
      isSuspended = false
      changes += 1
      look()
      lookAgain(0, after: changes)
    }
  }

  private func lookAgain(_ step: Int, after change: Int) {
    guard step < Self.looks.count else { return }
    queue.asyncAfter(deadline: .now() + Self.looks[step]) { [weak self] in
      // A later change has looks of its own.
      guard let self, changes == change else { return }
      look()
      lookAgain(step + 1, after: change)
    }
  }

  private func look() {
    if !hasStopped { notice() }
  }

  /// Notices nothing more; a notice that is under way has ended when this returns.
  package func stop() {
    queue.sync { hasStopped = true }
  }

  /// Takes the notes that have come in.
  private func drain() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while read(descriptor, &buffer, buffer.count) > 0 {}
  }

  deinit {
    // A source must not be released while it is suspended.
    if isSuspended { source.resume() }
    source.cancel()
  }
}
