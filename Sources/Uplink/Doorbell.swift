import Synchronization

/// What may call the forwarder out of a wait. Rings between two looks count once.
struct Rings: OptionSet, Sendable, Hashable {
  let rawValue: UInt8

  static let committed = Rings(rawValue: 1)
  static let restarted = Rings(rawValue: 2)
  static let timer = Rings(rawValue: 4)
  static let cancelled = Rings(rawValue: 8)
  static let linkDown = Rings(rawValue: 16)
}

/// Wakes the one task that waits here, from any thread, for the price of a lock.
final class Doorbell: Sendable {
  private struct State {
    var rings: Rings = []
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func ring(_ rings: Rings) {
    let waiter = state.withLock { state in
      state.rings.formUnion(rings)
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// What has rung since the last look.
  func look() -> Rings {
    state.withLock { state in
      defer { state.rings = [] }
      return state.rings
    }
  }

  /// Returns with the first ring, with the timer's, or when the task is cancelled.
  func wait(atMost duration: Duration) async -> Rings {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        // A sleep that was cut short has nothing to ring for.
        if (try? await Task.sleep(for: duration)) != nil { self.ring(.timer) }
      }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let rang = state.withLock { state in
            guard state.rings.isEmpty else { return true }
            state.waiter = continuation
            return false
          }
          if rang { continuation.resume() }
        }
      } onCancel: {
        ring(.cancelled)
      }
      group.cancelAll()
    }
    return look()
  }
}
