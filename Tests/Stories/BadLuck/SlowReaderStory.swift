import Testing
import Wire

extension WholeProcess {
  @Suite(.serialized)
  struct SlowReader {
    @Test func `a reader that does not keep up is closed with 4408 and comes back without a hole`()
      async throws
    {
      let hub = try Hub(
        environment: Hub.roomy.merging(["QUARTERMASTER_LIMITS_WAITING_BYTES": "16384"]) { $1 })
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let slow = try await Device.connect(hub, token: cellar.staff, window: 4096)
      let start = try #require(try await slow.subscribe("inventory")["seq"]?.integer)
      let writer = try await Device.connect(hub, token: cellar.staff)
      try await slow.line.stopReading()

      let note = String(repeating: "n", count: 500)
      var number = 0
      while try await hub.connections() > 1, number < 40_000 {
        for _ in 0..<200 {
          number += 1
          writer.line.send([
            "type": "command", "id": .string("\(number)"), "command": "stock.adjust",
            "data": cellar.change(1, note: note),
          ])
        }
        let last = "\(number)"
        _ = try await writer.answer("the last ack") { $0["id"]?.text == last }
      }
      #expect(try await hub.connections() == 1, "the slow reader was never let go")
      // Whatever it was told before, this it misses.
      writer.line.send([
        "type": "command", "id": "missed", "command": "stock.adjust", "data": cellar.change(1),
      ])
      _ = try await writer.answer("the missed ack") { $0["id"]?.text == "missed" }
      try await slow.line.readAgain()
      #expect(try await slow.closed() == 4408)

      let heard = slow.seqs
      let position: JSON = [
        "epoch": slow.events.first?["epoch"] ?? .null, "seq": .int(heard.last ?? start),
      ]
      let back = try await Device.connect(hub, token: cellar.staff)
      let answer = try await back.subscribe("inventory", after: position)
      #expect(answer["outcome"]?.text == "replayed")
      let log = try await hub.sql(
        "SELECT seq FROM event WHERE seq > \(start) AND topics LIKE '[\"inventory\"%' ORDER BY seq"
      ).compactMap { Int64($0) }
      try await eventually("the reader has caught up") { back.seqs.last == log.last }
      #expect(heard + back.seqs == log)
      try await hub.stop()
    }
  }
}
