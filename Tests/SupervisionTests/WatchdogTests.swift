import Glibc
import InMemoryLogging
import Logging
import ServiceLifecycleTestKit
import Synchronization
import Testing

@testable import Supervision

struct WatchdogTests {
  @Test func `the watchdog is fed when every check succeeds`() async {
    await #expect(processExitsWith: .success) {
      let bench = Bench(["database", "socket"])

      await bench.watchdog.round()

      #expect(bench.systemd.heard() == ["WATCHDOG=1"])
      #expect(bench.watchdog.verdict?.isWell == true)
      #expect(bench.watchdog.verdict?.findings.map(\.check) == ["database", "socket"])
    }
  }

  @Test func `one failed check starves the watchdog and is named`() async {
    await #expect(processExitsWith: .success) {
      let bench = Bench(["database", "socket"])

      bench.answers.fail("database", "disk full")
      await bench.watchdog.round()
      await bench.watchdog.round()

      #expect(bench.systemd.heard() == ["STATUS=Not well. database: disk full"])
      #expect(
        bench.watchdog.verdict?.findings.map(\.outcome) == [.failed(reason: "disk full"), .ok])
      #expect(bench.logged == ["the check database failed, nothing is fed: disk full"])

      bench.answers.succeed("database")
      await bench.watchdog.round()

      #expect(bench.systemd.heard() == ["STATUS=", "WATCHDOG=1"])
      #expect(bench.logged.last == "the check database succeeds again")
    }
  }

  @Test func `a check that hangs is named, not waited for, and not run twice`() async {
    await #expect(processExitsWith: .success) {
      let bench = Bench(["database"])

      bench.answers.hang("database")
      async let first: Void = bench.watchdog.round()
      await bench.clock.sleeper(until: bench.watchdog.deadline)
      bench.clock.advance(by: bench.watchdog.deadline)
      await first
      bench.clock.advance(by: .seconds(5))
      await bench.watchdog.round()

      #expect(
        bench.systemd.heard() == ["STATUS=Not well. database: no answer within 10 seconds"])
      #expect(bench.watchdog.verdict?.findings.first?.duration == .seconds(15))
      #expect(bench.answers.asked("database") == 1)
      #expect(bench.logged.count == 1)
    }
  }

  @Test func `a check that hung is asked again once it has ended`() async {
    await #expect(processExitsWith: .success) {
      let bench = Bench(["database"])
      bench.answers.hang("database")
      async let first: Void = bench.watchdog.round()
      await bench.clock.sleeper(until: bench.watchdog.deadline)
      bench.clock.advance(by: bench.watchdog.deadline)
      await first
      _ = bench.systemd.heard()

      bench.answers.succeed("database")
      while bench.watchdog.verdict?.isWell != true {
        await bench.watchdog.round()
        await Task.yield()
      }

      #expect(bench.systemd.heard() == ["STATUS=", "WATCHDOG=1"])
      #expect(bench.answers.asked("database") == 2)
    }
  }

  @Test(arguments: [(30_000_000, 15.0), (1_000, 0.0005)])
  func `rounds come twice in systemd's interval, however short`(
    microseconds: Int, period: Double
  ) async {
    await #expect(processExitsWith: .success) { [microseconds, period] in
      let bench = Bench(["database"], watchdogMicroseconds: microseconds)
      let period = Duration.seconds(period)
      #expect(bench.watchdog.period == period)
      #expect(bench.watchdog.period + bench.watchdog.deadline < period * 2)

      await testGracefulShutdown { shutdown in
        async let run: Void = bench.watchdog.run()
        for round in 1...3 {
          await bench.clock.sleeper(until: period * round)
          #expect(bench.systemd.heard() == ["WATCHDOG=1"])
          bench.clock.advance(by: period)
        }
        shutdown.triggerGracefulShutdown()
        await run
      }
    }
  }

  @Test func `nothing is fed after the graceful shutdown has begun`() async {
    await #expect(processExitsWith: .success) {
      let bench = Bench(["database"])
      bench.answers.hang("database")

      await testGracefulShutdown { shutdown in
        async let run: Void = bench.watchdog.run()
        await bench.clock.sleeper(until: bench.watchdog.deadline)
        shutdown.triggerGracefulShutdown()
        bench.answers.succeed("database")
        await run
      }
      await bench.watchdog.round()

      #expect(bench.systemd.heard().isEmpty)
    }
  }

  @Test func `without systemd the checks go on every twenty seconds`() async {
    await #expect(processExitsWith: .success) {
      let bench = Bench(["database"], watchdogMicroseconds: nil)

      await bench.watchdog.round()

      #expect(bench.watchdog.period == .seconds(20))
      #expect(bench.watchdog.verdict?.isWell == true)
      #expect(bench.systemd.heard().isEmpty)
    }
  }
}

/// A watchdog with checks that a test answers, before a systemd that a test hears.
private final class Bench: Sendable {
  let systemd: NotifySocket
  let answers = Answers()
  let clock = ManualClock()
  let watchdog: Watchdog
  private let log = InMemoryLogHandler()

  init(_ checks: [String], watchdogMicroseconds: Int? = 30_000_000) {
    systemd = NotifySocket(watchdogMicroseconds: watchdogMicroseconds)
    let (log, answers) = (log, answers)
    let logger = Logger(label: "test") { _ in log }
    watchdog = Watchdog(
      manager: ServiceManager(logger: logger),
      checks: checks.map { name in
        Watchdog.Check(name: name) { try await answers.answer(name) }
      }, clock: clock, logger: logger)
  }

  var logged: [String] { log.entries.map(\.message.description) }
}

/// What the checks of a test answer: success unless told otherwise.
private final class Answers: Sendable {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private struct State {
    var failures: [String: String] = [:]
    var hanging: Set<String> = []
    var hung: [String: CheckedContinuation<Void, Never>] = [:]
    var asked: [String: Int] = [:]
  }

  private let state = Mutex(State())

  func fail(_ check: String, _ reason: String) { state.withLock { $0.failures[check] = reason } }
  func hang(_ check: String) { _ = state.withLock { $0.hanging.insert(check) } }
  func asked(_ check: String) -> Int { state.withLock { $0.asked[check, default: 0] } }

  func succeed(_ check: String) {
    state.withLock { state in
      state.failures[check] = nil
      state.hanging.remove(check)
      state.hung.removeValue(forKey: check)?.resume()
    }
  }

  /// A hanging answer ignores cancellation, as a stuck disk does.
  func answer(_ check: String) async throws {
    let (failure, hangs) = state.withLock { state in
      state.asked[check, default: 0] += 1
      return (state.failures[check], state.hanging.contains(check))
    }
    if let failure { throw Failure(description: failure) }
    guard hangs else { return }
    await withCheckedContinuation { continuation in
      state.withLock { state in
        guard state.hanging.contains(check) else { return continuation.resume() }
        state.hung[check] = continuation
      }
    }
  }
}
