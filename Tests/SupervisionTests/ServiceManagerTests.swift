import Dispatch
import Glibc
import Logging
import Supervision
import Synchronization
import Testing

private let logger = Logger(label: "test")

struct ServiceManagerTests {
  @Test func `systemd hears of the start, the state and the end`() async {
    await #expect(processExitsWith: .success) {
      let systemd = NotifySocket()
      let manager = ServiceManager(logger: logger)

      manager.ready(status: "Serving 2 devices")
      manager.extendTimeout(.milliseconds(2_500))
      manager.trigger()
      manager.stopping("Closing")

      #expect(
        systemd.heard() == [
          "READY=1\nSTATUS=Serving 2 devices", "EXTEND_TIMEOUT_USEC=2500000", "WATCHDOG=trigger",
          "STOPPING=1\nSTATUS=Closing",
        ])
    }
  }

  @Test func `more time is asked for as long as the work goes on, and no longer`() async {
    await #expect(processExitsWith: .success) {
      let systemd = NotifySocket()
      let manager = ServiceManager(logger: logger)
      var heard: [String] = []

      manager.extendingTimeout(every: .milliseconds(5)) {
        while heard.count < 3 { heard += systemd.heard() }
      }

      #expect(Set(heard) == ["EXTEND_TIMEOUT_USEC=60000000"])
      _ = systemd.heard()
      usleep(50_000)
      #expect(systemd.heard().count <= 1)
    }
  }

  @Test func `a reload carries the time that systemd compares`() async throws {
    await #expect(processExitsWith: .success) {
      let systemd = NotifySocket()

      ServiceManager(logger: logger).reloading()

      let lines = try #require(systemd.heard().first).split(separator: "\n")
      #expect(lines.first == "RELOADING=1")
      let time = try #require(lines.last?.split(separator: "=").last.flatMap { Int64($0) })
      #expect(time > 0)
    }
  }

  @Test func `a status goes out when it changes and at most once a second`() async {
    await #expect(processExitsWith: .success) {
      let systemd = NotifySocket()
      let start = ContinuousClock.now
      let passed = Passed()
      let manager = ServiceManager(logger: logger) { start + passed.value }

      manager.status("1 device")
      manager.status("1 device")
      manager.status("2 devices")
      #expect(systemd.heard() == ["STATUS=1 device"])

      // What came too soon rides along with the next message.
      passed.value = .seconds(1)
      manager.feed()
      #expect(systemd.heard() == ["WATCHDOG=1\nSTATUS=2 devices"])
    }
  }

  @Test func `trouble stands before the status until it is over`() async {
    await #expect(processExitsWith: .success) {
      let systemd = NotifySocket()
      let manager = ServiceManager(logger: logger)

      manager.ready(status: "Serving")
      manager.trouble("The disk is full")
      manager.status("Still serving")
      manager.trouble(nil)

      #expect(
        systemd.heard() == [
          "READY=1\nSTATUS=Serving", "STATUS=The disk is full", "STATUS=Still serving",
        ])
    }
  }

  @Test func `words for people can neither feed the watchdog nor outgrow a message`() async {
    await #expect(processExitsWith: .success) {
      let systemd = NotifySocket()
      let manager = ServiceManager(logger: logger)

      manager.ready(status: "disk\nWATCHDOG=1")
      manager.stopping(String(repeating: "é", count: 5_000))

      let heard = systemd.heard()
      #expect(heard.first == "READY=1\nSTATUS=disk WATCHDOG=1")
      #expect(heard.last?.utf8.count ?? 0 < 1_100)
      #expect(heard.last?.hasSuffix("é…") == true)
    }
  }

  @Test func `nothing is fed or pulled once the stop is told`() async {
    await #expect(processExitsWith: .success) {
      let systemd = NotifySocket()
      let manager = ServiceManager(logger: logger)

      manager.stopping("Closing")
      manager.feed()
      manager.trigger()

      #expect(systemd.heard() == ["STOPPING=1\nSTATUS=Closing"])
    }
  }

  @Test func `a watchdog that is meant for another process is not ours`() async {
    await #expect(processExitsWith: .success) {
      let systemd = NotifySocket()
      setenv("WATCHDOG_PID", "\(getpid() + 1)", 1)
      let manager = ServiceManager(logger: logger)

      manager.feed()

      #expect(manager.watchdogInterval == nil)
      #expect(systemd.heard().isEmpty)
    }
  }

  @Test func `without systemd there is silence`() async {
    await #expect(processExitsWith: .success) {
      for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"] {
        unsetenv(name)
      }
      let manager = ServiceManager(logger: logger)

      manager.ready(status: "Serving")
      manager.feed()

      #expect(manager.watchdogInterval == nil)
      #expect(manager.listeningSockets().isEmpty)
    }
  }

  @Test func `a socket that systemd opened is taken, and nothing else`() async {
    await #expect(processExitsWith: .success) {
      let other = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
      let listening = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
      #expect(listen(listening, 1) == 0)
      setenv("LISTEN_PID", "\(getpid())", 1)
      setenv("LISTEN_FDS", "\(listening - 2)", 1)

      let sockets = ServiceManager(logger: logger).listeningSockets()

      #expect(sockets.contains(listening))
      #expect(!sockets.contains(other))
    }
  }
}

private final class Passed: Sendable {
  private let duration = Mutex(Duration.zero)

  var value: Duration {
    get { duration.withLock { $0 } }
    set { duration.withLock { $0 = newValue } }
  }
}
