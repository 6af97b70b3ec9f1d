import Realtime
import Storage
import Synchronization

/// Tells devices how far the log is safe on shore, each time that it is another place than before,
/// whoever moved it: the link, or a receipt that a courier brought.
final class SecondReceipts: Sendable {
  private let store: Store
  private let hub: Hub
  private let told: Mutex<Int64?>

  init(store: Store, hub: Hub) {
    self.store = store
    self.hub = hub
    // What was so before the start is no news.
    told = Mutex(try? store.safeOnShore())
  }

  func tell() {
    // A database that can't be read just now is asked again with the next change.
    guard let through = try? store.safeOnShore() else { return }
    let isNews = told.withLock { told in
      defer { told = through }
      return told != through
    }
    if isNews { hub.tellShore(through: through) }
  }
}
