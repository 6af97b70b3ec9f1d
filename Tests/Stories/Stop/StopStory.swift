import Foundation
import Testing
import Wire

extension WholeProcess {
  @Suite(.serialized)
  struct Stopped {
    /// Changes of each device: more than a hub gets done until it is stopped.
    private static let load = 2000

    @Test func `stopped under load, the hub says goodbye, keeps what it confirmed and leaves`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub, stock: 1_000_000)
      var devices: [Device] = []
      for _ in 0..<16 { devices.append(try await Device.connect(hub, token: cellar.staff)) }
      // Its goodbye will not be read, and must not hold the hub.
      let deaf = try await Device.connect(hub, token: cellar.staff)
      try await deaf.line.stopReading()
      for (number, device) in devices.enumerated() {
        for change in 0..<Self.load {
          let id = "\(number)-\(change)"
          device.line.send([
            "type": "command", "id": .string(id), "command": "stock.adjust",
            "data": cellar.change(1, of: number % 8, note: id),
          ])
        }
      }
      try await eventually("work is under way") { devices.contains { $0.acks.count > 3 } }
      let port = hub.port

      let start = ContinuousClock.now
      #expect(try await hub.stop() == .exited(0))
      #expect(start.duration(to: .now) < .seconds(10))

      let booked = Set(try await hub.sql("SELECT note FROM movement WHERE note IS NOT NULL"))
      var confirmed = 0
      for device in devices {
        let code = try await device.closed()
        #expect(code == 1001)
        confirmed += device.acks.count
        #expect(device.acks.allSatisfy { booked.contains($0) })
      }
      #expect(confirmed < 16 * Self.load, "the load was over before the hub was stopped")
      // Whatever was booked before the goodbye was confirmed before it, too.
      #expect(booked.count == confirmed)
      await #expect(throws: (any Error).self) { try await Line.open(port: port) { _ in } }
      #expect(try await hub.command("verify").ending == .exited(0))
    }

    @Test func `a hub that does nothing stops at once, and starts again where it was`() async throws
    {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let device = try await Device.connect(hub, token: cellar.staff)
      // One connection that has asked nothing yet, and one that is kept for the next request.
      let silent = try await Line.dial(port: hub.port)
      _ = try await hub.get("/health")
      let before = try await hub.status()

      let start = ContinuousClock.now
      #expect(try await hub.stop() == .exited(0))
      // Whoever is in no hurry is given four seconds.
      #expect(start.duration(to: .now) < .seconds(4))

      #expect(try await device.closed() == 1001)
      silent.drop()
      try await hub.start()
      let after = try await hub.status()
      #expect(after["epoch"] == before["epoch"] && after["seq"] == before["seq"])
      #expect(try await hub.get("/api/v1/me", token: cellar.staff).status == 200)
      try await hub.stop()
    }
  }
}
