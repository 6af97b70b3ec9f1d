import Logging
import ServiceLifecycle
import Synchronization

/// Feeds systemd's watchdog only while every named check succeeds.
///
/// A round runs all checks side by side, twice in an interval, and gives each a third of the
/// interval to answer; so a healthy hub is fed at least every 5/6 of it, and there is no shortest
/// pace that a short `WatchdogSec=` could undercut. A round with a failed or late check feeds
/// nothing and says which. Two rounds missed, and systemd restarts the hub. Without systemd the
/// rounds go on at a pace of their own, for what the checks find.
///
/// It stands last in the service group: graceful shutdown then reaches it first, and from that
/// moment it never feeds again.
package final class Watchdog: Service {
  package struct Check: Sendable {
    package var name: String
    /// Throws what is wrong.
    package var run: @Sendable () async throws -> Void

    package init(name: String, run: @escaping @Sendable () async throws -> Void) {
      self.name = name
      self.run = run
    }
  }

  private struct State {
    var verdict: Verdict?
    /// The runs that have not ended, by the check's index: how long each has taken so far.
    var running: [Int: @Sendable () -> Duration] = [:]
    var isOver = false
  }

  /// The pace of the rounds; half of systemd's interval.
  package let period: Duration
  /// The longest that a check may take.
  package let deadline: Duration

  private let manager: ServiceManager
  private let checks: [Check]
  private let clock: any Clock<Duration>
  private let logger: Logger
  private let state = Mutex(State())

  private static let intervalWithoutSystemd = Duration.seconds(40)

  package init(
    manager: ServiceManager, checks: [Check], clock: any Clock<Duration> = ContinuousClock(),
    logger: Logger
  ) {
    self.manager = manager
    self.checks = checks
    self.clock = clock
    self.logger = logger
    let interval = manager.watchdogInterval ?? Self.intervalWithoutSystemd
    period = interval / 2
    deadline = Self.deadline(in: interval)
  }

  package static func deadline(in interval: Duration) -> Duration { interval / 3 }

  /// The last round's verdict; `nil` before the first has ended.
  package var verdict: Verdict? { state.withLock { $0.verdict } }

  package func run() async {
    await withGracefulShutdownHandler {
      await cancelWhenGracefulShutdown {
        var isFirst = true
        while !Task.isCancelled {
          let elapsed = stopwatch(self.clock)
          await self.round()
          // The first round is the last of what is done for the first time.
          if isFirst { ProgramPages.release() }
          isFirst = false
          try? await self.clock.sleep(for: max(.zero, self.period - elapsed()))
        }
      }
    } onGracefulShutdown: {
      self.state.withLock { $0.isOver = true }
    }
  }

  /// Runs every check once, and feeds if all of them succeeded.
  func round() async {
    let findings = await withTaskGroup(of: (Int, Verdict.Finding).self) { group in
      for index in checks.indices { group.addTask { (index, await self.finding(of: index)) } }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    guard !Task.isCancelled else { return }
    let verdict = Verdict(findings: checks.indices.compactMap { findings[$0] })
    state.withLock { state in
      guard !state.isOver else { return }
      tellChanges(from: state.verdict, to: verdict)
      state.verdict = verdict
      manager.trouble(verdict.trouble)
      if verdict.isWell { manager.feed() }
    }
  }

  private func finding(of index: Int) async -> Verdict.Finding {
    // A run that hangs is not doubled by the next round.
    if let hanging = state.withLock({ $0.running[index] }) {
      return late(index, after: hanging())
    }
    let elapsed = stopwatch(clock)
    state.withLock { $0.running[index] = elapsed }
    let (answers, answer) = AsyncStream.makeStream(of: Verdict.Finding.self)
    // Not a child of the round: what hangs on a stuck disk ignores cancellation, and the round must
    // end to say so.
    let run = Task { [check = checks[index]] in
      var outcome = Verdict.Outcome.ok
      do { try await check.run() } catch { outcome = .failed(reason: "\(error)") }
      state.withLock { $0.running[index] = nil }
      answer.yield(Verdict.Finding(check: check.name, outcome: outcome, duration: elapsed()))
      answer.finish()
    }
    let finding = await withTaskGroup(of: Verdict.Finding?.self) { group in
      group.addTask { await answers.first { _ in true } }
      group.addTask { [clock, deadline] in
        try? await clock.sleep(for: deadline)
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
    if finding == nil { run.cancel() }
    return finding ?? late(index, after: elapsed())
  }

  private func late(_ index: Int, after duration: Duration) -> Verdict.Finding {
    Verdict.Finding(
      check: checks[index].name, outcome: .failed(reason: "no answer within \(deadline.inWords)"),
      duration: duration)
  }

  private func tellChanges(from old: Verdict?, to new: Verdict) {
    for (index, finding) in new.findings.enumerated() {
      let before = old?.findings[index].outcome ?? .ok
      guard finding.outcome != before else { continue }
      switch finding.outcome {
      case .ok:
        logger.notice(
          "the check \(finding.check) succeeds again", metadata: .occasion(.checkRecovered))
      case .failed(let reason):
        logger.error(
          "the check \(finding.check) failed, nothing is fed: \(reason)",
          metadata: .occasion(.checkFailed))
      }
    }
  }
}

extension Duration {
  /// Whole seconds where it has any.
  fileprivate var inWords: String {
    components.seconds > 0 ? "\(components.seconds) seconds" : "\(self)"
  }
}

private func stopwatch<C: Clock<Duration>>(_ clock: C) -> @Sendable () -> Duration {
  let start = clock.now
  return { start.duration(to: clock.now) }
}
