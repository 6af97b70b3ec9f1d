import Synchronization

/// A clock that moves when a test says so.
final class ManualClock: Clock {
  struct Instant: InstantProtocol {
    var offset: Duration

    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
  }

  private struct Sleeper {
    var deadline: Instant
    var continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now = Instant(offset: .zero)
    var nextID = 0
    var sleepers: [Int: Sleeper] = [:]
    var cancelled: Set<Int> = []
    var watchers: [(offset: Duration, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())

  var now: Instant { state.withLock { $0.now } }
  let minimumResolution = Duration.zero

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        state.withLock { state in
          if state.cancelled.remove(id) != nil {
            continuation.resume(throwing: CancellationError())
          } else if deadline <= state.now {
            continuation.resume()
          } else {
            state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
            state.watchers.removeAll { watcher in
              guard watcher.offset == deadline.offset else { return false }
              watcher.continuation.resume()
              return true
            }
          }
        }
      }
    } onCancel: {
      state.withLock { state in
        if let sleeper = state.sleepers.removeValue(forKey: id) {
          sleeper.continuation.resume(throwing: CancellationError())
        } else {
          state.cancelled.insert(id)
        }
      }
    }
  }

  /// Returns when someone sleeps until exactly `offset` from the clock's start.
  func sleeper(until offset: Duration) async {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        if state.sleepers.values.contains(where: { $0.deadline.offset == offset }) {
          continuation.resume()
        } else {
          state.watchers.append((offset, continuation))
        }
      }
    }
  }

  func advance(by duration: Duration) {
    state.withLock { state in
      state.now = state.now.advanced(by: duration)
      for (id, sleeper) in state.sleepers where sleeper.deadline <= state.now {
        state.sleepers[id] = nil
        sleeper.continuation.resume()
      }
    }
  }
}
