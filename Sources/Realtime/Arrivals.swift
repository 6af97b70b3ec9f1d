import NIOCore
import Synchronization

/// Events that have been published and that an event loop has not delivered yet.
///
/// A loop that is busy, or rests from telling very many, finds all that came meanwhile at once: the more
/// there is to do the less each event costs, for a receiver is written to once for all of them.
final class Arrivals: Sendable {
  struct Waiting {
    var events: [SharedEvent] = []
    /// When the first of them was published.
    var since = NIODeadline.now()
  }

  private let waiting = Mutex<Waiting?>(nil)

  /// - Returns: whether somebody has to be sent for them.
  func add(_ events: [SharedEvent], published: NIODeadline) -> Bool {
    waiting.withLock { waiting in
      guard waiting == nil else {
        waiting?.events += events
        return false
      }
      waiting = Waiting(events: events, since: published)
      return true
    }
  }

  func take() -> Waiting {
    waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting ?? Waiting()
    }
  }
}
