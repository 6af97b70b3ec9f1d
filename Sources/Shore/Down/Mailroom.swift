import Sync
import Synchronization

/// Where the hubs' questions wait until there is something for them.
///
/// One question a site: a newer one sends the older home, whose connection is most likely dead. What
/// another program enqueues (`quartermaster-shore send`) is found by looking, and nobody looks while
/// nobody waits.
final class Mailroom: Sendable {
  private struct Waiter {
    var id: Int
    var after: Int64
    var continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var waiters: [SiteName: Waiter] = [:]
    var next = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let look: Duration

  init(look: Duration = .milliseconds(500)) {
    self.look = look
  }

  /// Returns when there is a change beyond `after`, when the time is up, or when shore stops.
  func wait(for site: SiteName, after: Int64, atMost limit: Duration) async {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        // A sleep that was cut short has nobody to wake.
        if (try? await Task.sleep(for: limit)) != nil { self.leave(site, id) }
      }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let sentHome = state.withLock { state -> CheckedContinuation<Void, Never>? in
            // Once closed, or overtaken by a newer question, there is no waiting.
            let newest = state.waiters[site]?.id ?? 0
            guard !state.isClosed, newest < id, !Task.isCancelled else { return continuation }
            let older = state.waiters.updateValue(
              Waiter(id: id, after: after, continuation: continuation), forKey: site)
            return older?.continuation
          }
          sentHome?.resume()
        }
      } onCancel: {
        leave(site, id)
      }
      group.cancelAll()
    }
  }

  /// Tells what the last change of each site is.
  func ring(_ latest: [SiteName: Int64]) {
    let called = state.withLock { state in
      let called = state.waiters.filter { site, waiter in waiter.after < latest[site] ?? 0 }
      for site in called.keys { state.waiters[site] = nil }
      return called.values.map(\.continuation)
    }
    for continuation in called { continuation.resume() }
  }

  /// Looks for changes while somebody waits, until cancelled.
  func watch(_ latest: @Sendable () async throws -> [SiteName: Int64]) async {
    while (try? await Task.sleep(for: look)) != nil {
      guard state.withLock({ !$0.waiters.isEmpty }) else { continue }
      // A database that is busy just now is asked again with the next look.
      if let latest = try? await latest() { ring(latest) }
    }
  }

  /// Sends everybody home for good.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      defer { state.waiters = [:] }
      return state.waiters.values.map(\.continuation)
    }
    for continuation in waiters { continuation.resume() }
  }

  private func leave(_ site: SiteName, _ id: Int) {
    let waiter = state.withLock { state -> Waiter? in
      guard state.waiters[site]?.id == id else { return nil }
      return state.waiters.removeValue(forKey: site)
    }
    waiter?.continuation.resume()
  }
}
