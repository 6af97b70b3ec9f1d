import Inventory
import Logging
import Storage
import Synchronization

/// Follows the log and shows each committed event to its readers once, in order.
///
/// A commit of this process arrives with its events in hand. Events that another process committed
/// (an administration command beside the running hub) are noticed as a gap before the next commit,
/// or by `catchUp`, and read from the log.
package final class LogFeed: Sendable {
  private let store: Store
  private let logger: Logger
  private let cursor: Mutex<Int64>
  private let publish: @Sendable ([Event]) -> Void
  private let pageSize = 500

  package init(
    store: Store, after seq: Int64, logger: Logger, publish: @escaping @Sendable ([Event]) -> Void
  ) {
    self.store = store
    self.logger = logger
    self.publish = publish
    cursor = Mutex(seq)
  }

  /// Events that were just committed, in log order.
  package func committed(_ events: [Event]) {
    cursor.withLock { cursor in
      guard let first = events.first else { return }
      if first.seq != cursor + 1 { read(&cursor) }
      let fresh = first.seq > cursor ? events : events.filter { $0.seq > cursor }
      guard let last = fresh.last else { return }
      cursor = last.seq
      publish(fresh)
    }
  }

  /// Reads what others have committed.
  package func catchUp() {
    cursor.withLock { read(&$0) }
  }

  private func read(_ cursor: inout Int64) {
    do {
      while true {
        let events = try store.events(after: cursor, limit: pageSize)
        guard let last = events.last else { return }
        cursor = last.seq
        publish(events)
      }
    } catch {
      logger.error("the log could not be read: \(error)")
    }
  }
}
