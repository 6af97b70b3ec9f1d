import Foundation
import Testing
import Wire

extension WholeProcess {
  /// What systemd hears, on a socket of our own.
  @Suite(.serialized)
  struct Systemd {
    @Test func `systemd hears READY once the port answers, then the watchdog, then STOPPING`()
      async throws
    {
      let hub = try Hub()
      let systemd = try NotifySocket(in: hub.folder)
      let program = try hub.launch(environment: Self.environment(systemd))

      let status = try await systemd.hears("READY=1")
      try await hub.listening(program)
      let answer = try await hub.get("/health")
      #expect(status == "READY=1" && answer.status == 200)
      for _ in 0..<3 { try await systemd.hears("WATCHDOG=1") }

      program.signal(SIGTERM)
      try await systemd.hears("STOPPING=1")
      #expect(try await program.end() == .exited(0))
      #expect(!systemd.heard().contains { $0.hasPrefix("WATCHDOG") })
    }

    @Test func `the status names the address, and what is wrong`() async throws {
      let hub = try Hub()
      let systemd = try NotifySocket(in: hub.folder)
      let program = try hub.launch(environment: Self.environment(systemd))
      var lines: [String] = []
      try await eventually("the hub is ready") {
        lines += systemd.heard()
        return lines.contains("READY=1")
      }
      try await hub.listening(program)
      #expect(lines.contains("STATUS=Serving on http://127.0.0.1:\(hub.port)."))

      let lock = try await DatabaseLock(on: hub)
      let trouble = try await systemd.hears("STATUS=Not well")
      #expect(trouble.contains("database"))
      #expect(try await hub.get("/health").status == 503)
      await lock.release()
      try await systemd.hears("STATUS=Serving on")
      try await systemd.hears("WATCHDOG=1")
      try await eventually("the hub is well") { try await hub.get("/health").status == 200 }
      try await hub.stop()
    }

    @Test func `while the database cannot be written or the hub stands still, nothing is fed`()
      async throws
    {
      let hub = try Hub()
      let systemd = try NotifySocket(in: hub.folder)
      let program = try hub.launch(environment: Self.environment(systemd))
      try await hub.listening(program)
      try await systemd.hears("WATCHDOG=1")

      let lock = try await DatabaseLock(on: hub)
      try await systemd.hears("STATUS=Not well")
      _ = systemd.heard()
      #expect(try await systemd.hearsNo("WATCHDOG=1", for: Self.round * 2))
      await lock.release()
      try await systemd.hears("WATCHDOG=1")

      program.signal(SIGSTOP)
      try await eventually("the hub stands still") {
        contents("/proc/\(program.pid)/stat").contains(") T ")
      }
      _ = systemd.heard()
      #expect(try await systemd.hearsNo("WATCHDOG=1", for: Self.round * 2))
      program.signal(SIGCONT)
      try await systemd.hears("WATCHDOG=1")
      try await hub.stop()
    }

    @Test func `SIGHUP reads the settings again, and systemd hears of both ends`() async throws {
      let hub = try Hub()
      let systemd = try NotifySocket(in: hub.folder)
      let settings = hub.folder.file("settings.yaml")
      try hub.folder.write("settings.yaml", "limits:\n  messageSize: 2048\n")
      let program = try hub.launch(
        ["--config", settings], environment: Self.environment(systemd))
      try await hub.listening(program)
      let token = try await hub.person("ana", "admin")
      let long: JSON = ["name": .string(String(repeating: "n", count: 5000))]
      #expect(try await hub.post("/api/v1/branches", long, token: token).status == 413)
      try hub.folder.write("settings.yaml", "limits:\n  messageSize: 1048576\n")

      program.signal(SIGHUP)

      let begin = try await systemd.hears("RELOADING=1")
      #expect(begin == "RELOADING=1")
      try await systemd.hears("READY=1")
      #expect(try await hub.post("/api/v1/branches", long, token: token).status != 413)
      try await hub.stop()
    }

    @Test func `a damaged page pulls the watchdog at once`() async throws {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      #expect(try await hub.stop() == .exited(0))
      let page = try #require(
        Int(try await hub.sql("SELECT rootpage FROM sqlite_schema WHERE name = 'movement'")[0]))
      let size = try #require(Int(try await hub.sql("PRAGMA page_size")[0]))
      let file = try #require(FileHandle(forUpdatingAtPath: hub.data + "/quartermaster.sqlite"))
      try file.seek(toOffset: UInt64((page - 1) * size))
      try file.write(contentsOf: Data(repeating: 0x5A, count: size))
      try file.close()
      let systemd = try NotifySocket(in: hub.folder)
      let program = try hub.launch(environment: Self.environment(systemd))
      try await hub.listening(program)

      let answer = try await hub.post("/api/v1/stock/adjust", cellar.change(1), token: cellar.staff)

      #expect(answer.status == 500)
      try await systemd.hears("WATCHDOG=trigger")
      #expect(program.errors.contains("damaged"))
      try await hub.kill()
    }

    /// Half of what systemd allows. A check has two thirds of it, which a slow disk must not exceed.
    private static let round = Duration.seconds(3)

    private static func environment(_ systemd: NotifySocket) -> [String: String] {
      ["NOTIFY_SOCKET": systemd.path, "WATCHDOG_USEC": "6000000"]
    }
  }
}
