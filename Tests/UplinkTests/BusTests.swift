#if os(Linux)
  import CSystemd
  import Foundation
  import ShoreFixtures
  import Synchronization
  import Testing

  @testable import Uplink

  /// The hub on a bus of its own, with somebody on it who bears NetworkManager's name.
  @Suite(
    .timeLimit(.minutes(1)), .serialized,
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/dbus-daemon")))
  struct BusTests {
    /// Runs `body` on a fresh system bus.
    private func withBus(
      _ body: (OpaquePointer, Heard) async throws -> Void
    ) async throws {
      let folder = try TemporaryDirectory()
      let path = folder.path + "/bus"
      let daemon = Process()
      daemon.executableURL = URL(fileURLWithPath: "/usr/bin/dbus-daemon")
      daemon.arguments = ["--session", "--nofork", "--nopidfile", "--address=unix:path=\(path)"]
      daemon.standardOutput = FileHandle.nullDevice
      daemon.standardError = FileHandle.nullDevice
      try daemon.run()
      defer { kill(daemon.processIdentifier, SIGKILL) }
      while !FileManager.default.fileExists(atPath: path) {
        try await Task.sleep(for: .milliseconds(5))
      }
      setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=\(path)", 1)
      defer { unsetenv("DBUS_SYSTEM_BUS_ADDRESS") }
      let heard = Heard()
      let signals = BusSignals { change in heard.changes.withLock { $0.append(change) } }
      defer { signals.stop() }
      var bus: OpaquePointer?
      try #require(sd_bus_open_system(&bus) >= 0)
      let other = try #require(bus)
      defer { sd_bus_flush_close_unref(other) }
      try await body(other, heard)
    }

    private final class Heard: Sendable {
      let changes = Mutex<[Links.Change]>([])
    }

    private func tell(_ state: UInt32, on bus: OpaquePointer) {
      var message: OpaquePointer?
      var state = state
      sd_bus_message_new_signal(
        bus, &message, "/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager",
        "StateChanged")
      sd_bus_message_append_basic(message, CChar(UInt8(ascii: "u")), &state)
      sd_bus_send(bus, message, nil)
      sd_bus_flush(bus)
      sd_bus_message_unref(message)
    }

    @Test func `NetworkManager's word for a link that reaches the world is heard`() async throws {
      try await withBus { bus, heard in
        try #require(sd_bus_request_name(bus, "org.freedesktop.NetworkManager", 0) >= 0)
        while heard.changes.withLock({ !$0.contains(.gained) }) {
          tell(70, on: bus)
          try await Task.sleep(for: .milliseconds(20))
        }
        while heard.changes.withLock({ !$0.contains(.lost) }) {
          tell(20, on: bus)
          try await Task.sleep(for: .milliseconds(20))
        }
      }
    }

    @Test func `nobody else is believed`() async throws {
      try await withBus { bus, heard in
        for _ in 0..<20 {
          tell(70, on: bus)
          try await Task.sleep(for: .milliseconds(10))
        }
        #expect(heard.changes.withLock { $0.isEmpty })
      }
    }

    @Test func `without a bus it listens to none, and stops`() {
      setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all", 1)
      defer { unsetenv("DBUS_SYSTEM_BUS_ADDRESS") }

      BusSignals { _ in }.stop()
    }
  }
#endif
