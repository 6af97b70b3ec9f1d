import LinkRelay
import Testing
import Wire

/// The link is back, the hub has not noticed, and somebody with a tablet has.
extension WholeProcess {
  @Suite(.timeLimit(.minutes(3))) struct SyncNow {
    @Test(arguments: ["REST", "a socket"])
    func `a device asks to send now, and everything goes`(way: String) async throws {
      let hub = try Hub()
      let shore = try await Shore()
      // By itself the hub would come back in five minutes.
      shore.link.answer(
        "HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
      try await hub.start(shore.arguments)
      _ = try await hub.person("Ben", "staff")
      let token = try await hub.token("Ben")
      let tablet = try await Device.connect(hub, token: token)
      try await eventually("the hub has noticed that there is no link") {
        try await hub.get("/api/v1/sync", token: token).json["reason"]?.text != nil
      }

      shore.link.restore()
      let again: JSON
      switch way {
      case "REST":
        _ = try await hub.perform("/api/v1/sync/now", [:], token: token)
        again = try await tablet.command("sync.now", [:], id: "again")
      default:
        let first = try await tablet.command("sync.now", [:], id: "first")
        #expect(first["type"]?.text == "ack")
        again = try await tablet.command("sync.now", [:], id: "again")
      }

      try await hub.allAshore()
      // Nobody can make the hub hammer at shore.
      #expect(again["type"]?.text == "refused")
      #expect(again["code"]?.text == "rate_limited")
    }
  }
}
