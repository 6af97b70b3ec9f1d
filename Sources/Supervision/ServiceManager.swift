import CSystemd
import Dispatch
import Glibc
import Logging
import Synchronization

/// What this process tells systemd and learns from it, by sd_notify(3), sd_watchdog_enabled(3) and
/// sd_listen_fds(3).
///
/// Without systemd (`NOTIFY_SOCKET` is not set) everything here does nothing, silently. Messages are
/// never sent in a flood, which could hold up process 1: words for people go out when they change
/// and at most once a second, and ride along with the next message otherwise. Once `stopping` has
/// been told, the watchdog is neither fed nor pulled, so that nothing restarts a hub that is closing
/// its database.
package final class ServiceManager: Sendable {
  private struct Told {
    var status = ""
    var trouble: String?
    var isStopping = false
    var lastLine = ""
    var lastLineAt: ContinuousClock.Instant?
    var isDeaf = false
  }

  /// The longest time between two feedings (`WatchdogSec=`), if systemd watches this very process.
  package let watchdogInterval: Duration?

  private let told = Mutex(Told())
  private let logger: Logger
  private let now: @Sendable () -> ContinuousClock.Instant

  package init(logger: Logger, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
    self.logger = logger
    self.now = now
    var microseconds: UInt64 = 0
    watchdogInterval =
      sd_watchdog_enabled(0, &microseconds) > 0
      ? .microseconds(Int64(clamping: microseconds)) : nil
  }

  /// The start, or a reload, is complete: the database is open and the socket listens.
  package func ready(status: String) {
    told.withLock { told in
      told.status = status
      send(["READY=1"] + line(&told, urgent: true), &told)
    }
  }

  /// Words for people, shown by `systemctl status`.
  package func status(_ text: String) {
    told.withLock { told in
      told.status = text
      send(line(&told, urgent: false), &told)
    }
  }

  /// Words that stand before the status until they are taken back with `nil`.
  package func trouble(_ text: String?) {
    told.withLock { told in
      guard told.trouble != text else { return }
      told.trouble = text
      send(line(&told, urgent: true), &told)
    }
  }

  package func reloading() {
    told.withLock { told in
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
      send(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"], &told)
    }
  }

  package func stopping(_ status: String) {
    told.withLock { told in
      told.status = status
      told.isStopping = true
      send(["STOPPING=1"] + line(&told, urgent: true), &told)
    }
  }

  /// Asks for so much more time, from now, to start, reload or stop; to be repeated while the work
  /// goes on.
  package func extendTimeout(_ duration: Duration) {
    told.withLock { send(["EXTEND_TIMEOUT_USEC=\(duration.microseconds)"], &$0) }
  }

  /// Asks for more time for as long as `work` goes on, so that a long recovery or migration is not
  /// taken for a hang and begun again from the start, for ever.
  package func extendingTimeout<Value, Failure: Error>(
    every pace: DispatchTimeInterval = .seconds(15), during work: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    extendTimeout(Self.extension)
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + pace, repeating: pace)
    timer.setEventHandler { self.extendTimeout(Self.extension) }
    timer.resume()
    defer { timer.cancel() }
    return try work()
  }

  private static let `extension` = Duration.seconds(60)

  package func feed() {
    told.withLock { told in
      let isWatched = watchdogInterval != nil && !told.isStopping
      send((isWatched ? ["WATCHDOG=1"] : []) + line(&told, urgent: false), &told)
    }
  }

  /// Asks for what a missed feeding would bring, at once: an abort and a restart.
  package func trigger() {
    told.withLock { told in
      guard !told.isStopping else { return }
      send(["WATCHDOG=trigger"], &told)
    }
  }

  /// The listening stream sockets that systemd opened for this process, in the unit's order.
  package func listeningSockets() -> [CInt] {
    let count = sd_listen_fds(0)
    guard count > 0 else { return [] }
    return (SD_LISTEN_FDS_START..<SD_LISTEN_FDS_START + count).filter {
      sd_is_socket($0, AF_UNSPEC, CInt(SOCK_STREAM.rawValue), 1) > 0
    }
  }

  private func line(_ told: inout Told, urgent: Bool) -> [String] {
    let line = Self.oneLine(told.isStopping ? told.status : told.trouble ?? told.status)
    guard line != told.lastLine else { return [] }
    let time = now()
    if !urgent, let last = told.lastLineAt, last.duration(to: time) < .seconds(1) { return [] }
    told.lastLine = line
    told.lastLineAt = time
    return ["STATUS=\(line)"]
  }

  private func send(_ assignments: [String], _ told: inout Told) {
    guard !assignments.isEmpty else { return }
    let result = sd_notify(0, assignments.joined(separator: "\n"))
    if result < 0, !told.isDeaf {
      logger.warning("systemd cannot be told anything: \(String(cString: strerror(-result)))")
    }
    told.isDeaf = result < 0
  }

  /// systemd takes a new line for the next assignment, and drops a message of more than 4 KiB whole.
  private static func oneLine(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      guard line.utf8.count < 1_000 else { return line + "…" }
      line.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    return line
  }
}

extension Duration {
  fileprivate var microseconds: Int64 {
    components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
  }
}
