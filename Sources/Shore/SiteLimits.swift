import Sync
import Synchronization

/// What one site, and one address with wrong keys, may ask of shore within a minute.
package struct SiteLimits: Sendable, Hashable {
  /// Bytes of bodies, as sent.
  package var bytesPerMinute = 64 << 20
  /// Batches taken in at the same moment.
  package var concurrent = 4
  /// Wrong keys for one site from one address.
  package var wrongKeysPerMinute = 20

  package init() {}
}

/// Counts against the limits. Wrong keys count by address and site together, so that behind one proxy
/// nobody can lock out another's site, and memory is bounded.
final class Doorkeeper: Sendable {
  private struct Window {
    var bytes = 0
    var inside = 0
  }

  private struct State {
    var minute: Int64 = 0
    var sites: [SiteName: Window] = [:]
    var wrongKeys: [String: Int] = [:]

    mutating func turn(to now: Int64) {
      guard now / 60_000 != minute else { return }
      minute = now / 60_000
      wrongKeys.removeAll()
      sites = sites.compactMapValues {
        $0.inside > 0 ? Window(bytes: 0, inside: $0.inside) : nil
      }
    }
  }

  private enum Refused { case bytes, crowd }

  private static let capacity = 10_000

  let limits: SiteLimits
  private let state = Mutex(State())

  init(_ limits: SiteLimits = SiteLimits()) {
    self.limits = limits
  }

  /// - Parameter now: milliseconds on shore's clock.
  func check(_ address: String, _ site: String, now: Int64) throws(Problem) {
    let count = state.withLock { state in
      state.turn(to: now)
      return state.wrongKeys[address + " " + site] ?? 0
    }
    guard count < limits.wrongKeysPerMinute else {
      throw .busy("Too many wrong keys from this address.", after: Self.rest(of: now))
    }
  }

  func wrongKey(_ address: String, _ site: String, now: Int64) {
    state.withLock { state in
      state.turn(to: now)
      if state.wrongKeys.count >= Self.capacity { state.wrongKeys.removeAll() }
      state.wrongKeys[address + " " + site, default: 0] += 1
    }
  }

  /// Lets a batch of a site that has proved to be itself in, while `body` runs.
  func admit<Value: Sendable>(
    _ site: SiteName, bytes: Int, now: Int64, _ body: () async throws -> Value
  ) async throws -> Value {
    let refused = state.withLock { state -> Refused? in
      state.turn(to: now)
      var window = state.sites[site] ?? Window()
      // A body larger than all of a minute's bytes still passes when it comes alone.
      if window.bytes > 0, window.bytes + bytes > limits.bytesPerMinute { return .bytes }
      if window.inside >= limits.concurrent { return .crowd }
      window.bytes += bytes
      window.inside += 1
      state.sites[site] = window
      return nil
    }
    switch refused {
    case .bytes:
      throw Problem.busy(
        "This site has sent as much as it may within a minute.", after: Self.rest(of: now))
    case .crowd: throw Problem.busy("This site sends too many batches at once.", after: 2)
    case nil: break
    }
    defer { state.withLock { $0.sites[site]?.inside -= 1 } }
    return try await body()
  }

  /// Seconds until the next minute begins.
  private static func rest(of now: Int64) -> Int64 { 60 - now / 1000 % 60 }
}

extension Problem {
  static func busy(_ detail: String, after seconds: Int64) -> Problem {
    var problem = Problem(.busy, detail)
    problem.retryAfter = seconds
    return problem
  }
}
