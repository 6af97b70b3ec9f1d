import Testing
import Wire

extension WholeProcess {
  /// Devices that were away while things happened, and the hub restarted.
  @Suite(.serialized)
  struct Resumed {
    @Test func `a device that returns is told that it missed nothing, or what it missed`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let tablet = try await Device.connect(hub, token: cellar.staff)
      let position = try await tablet.subscribe("inventory")
      #expect(position["outcome"]?.text == "live")
      tablet.line.drop()

      try await hub.stop()
      try await hub.start()
      let second = try await Device.connect(hub, token: cellar.staff)
      let nothing = try await second.subscribe("inventory", after: position)
      #expect(nothing["outcome"]?.text == "nothing_missed")
      second.line.drop()

      let phone = try await Device.connect(hub, token: cellar.staff)
      for number in 1...300 {
        try await phone.command("stock.adjust", cellar.change(2), id: "phone-\(number)")
      }
      try await hub.kill()
      try await hub.start()
      let third = try await Device.connect(hub, token: cellar.staff)
      let missed = try await third.subscribe("inventory", after: position)
      #expect(missed["outcome"]?.text == "replayed")
      let other = try await Device.connect(hub, token: cellar.staff)
      try await other.command("stock.adjust", cellar.change(-1), id: "live")

      let log = try await inventory(hub, after: position["seq"]?.integer ?? 0)
      #expect(log.count >= 301)
      try await eventually("the device has all") { third.seqs.last == log.last }
      #expect(third.seqs == log)
      try await hub.stop()
    }

    @Test func `a device that was away too long takes a snapshot and is right again`() async throws
    {
      let hub = try Hub(
        environment: Hub.roomy.merging(["QUARTERMASTER_LIMITS_REPLAYED_EVENTS": "10"]) { $1 })
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let tablet = try await Device.connect(hub, token: cellar.staff)
      let position = try await tablet.subscribe("inventory")
      tablet.line.drop()
      let phone = try await Device.connect(hub, token: cellar.staff)
      for number in 1...20 {
        try await phone.command("stock.adjust", cellar.change(2), id: "phone-\(number)")
      }

      let again = try await Device.connect(hub, token: cellar.staff)
      let answer = try await again.subscribe("inventory", after: position)
      #expect(answer["outcome"]?.text == "snapshot_required")
      let stranger = try await again.subscribe(
        "products", after: ["epoch": "of another hub", "seq": 3])
      #expect(stranger["outcome"]?.text == "snapshot_required")
      try await expectConsistent(again, phone, hub, cellar)
      try await hub.stop()
    }

    @Test func `after a restore the log has a new epoch and every device takes a snapshot`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let copy = hub.folder.file("copy.sqlite")
      _ = try await hub.command("backup", copy).succeeded()
      let tablet = try await Device.connect(hub, token: cellar.staff)
      let lost = try await tablet.command("stock.adjust", cellar.change(7), id: "lost")
      let before: JSON = .compact(["epoch": lost["epoch"], "seq": lost["seq"]])
      let whileServed = try await hub.command("restore", copy)
      #expect(whileServed.ending == .exited(1) && whileServed.errors.contains("running"))
      try await hub.stop()

      _ = try await hub.command("restore", copy).succeeded()
      try await hub.start()
      let again = try await Device.connect(hub, token: cellar.staff)
      let answer = try await again.subscribe("inventory", after: before)
      let phone = try await Device.connect(hub, token: cellar.staff)

      #expect(answer["outcome"]?.text == "snapshot_required")
      #expect(answer["epoch"] != before["epoch"])
      try await expectConsistent(again, phone, hub, cellar)
      #expect(try await hub.command("verify").ending == .exited(0))
      try await hub.stop()
    }

    @Test func `who is made a customer hears nothing of the inventory any more, replays included`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let device = try await Device.connect(hub, token: cellar.staff)
      let position = try await device.subscribe("inventory")
      let hand = try await hub.get("/api/v1/me", token: cellar.staff).json["userId"] ?? .null

      let demoted = try await hub.post(
        "/api/v1/users/\(hand.encoded)/update", ["role": "customer"], token: cellar.admin)
      #expect(demoted.status == 200)
      let code = try await device.closed()
      #expect(code == 4401 || code == 4403)
      _ = try await hub.perform(
        "/api/v1/stock/adjust", cellar.change(5), token: cellar.admin)
      _ = try await hub.perform(
        "/api/v1/orders",
        ["lines": [["productId": .int(cellar.products[0]), "quantity": 1, "price": 100]]],
        token: cellar.admin)

      let token = try await hub.token("hand")
      let again = try await Device.connect(hub, token: token)
      let refused = try await again.subscribe("inventory", after: position)
      let finer = try await again.subscribe("inventory:product:1", after: position)
      #expect(refused["code"]?.text == "forbidden" && finer["code"]?.text == "forbidden")
      #expect(try await again.subscribe("orders", after: position)["outcome"] != nil)
      #expect(try await again.subscribe("products", after: position)["outcome"] != nil)
      #expect(again.events.isEmpty)
      let events = try await hub.get("/api/v1/events?after=0&limit=1000", token: token)
      let topics = (events.json["items"]?.elements ?? []).compactMap {
        $0["topics"]?.elements?.first?.text
      }
      #expect(Set(topics).isSubset(of: ["products"]))
      #expect(try await hub.get("/api/v1/movements", token: token).status == 403)
      try await hub.stop()
    }

    private func inventory(_ hub: Hub, after seq: Int64) async throws -> [Int64] {
      try await hub.sql(
        "SELECT seq FROM event WHERE seq > \(seq) AND topics LIKE '[\"inventory\"%' ORDER BY seq"
      ).compactMap { Int64($0) }
    }

    /// A snapshot, and on top of it what `listener` hears live, is what the tables hold.
    private func expectConsistent(
      _ listener: Device, _ writer: Device, _ hub: Hub, _ cellar: Cellar
    ) async throws {
      async let writing: Void = {
        for number in 1...40 {
          try await writer.command(
            "stock.adjust", cellar.change(number % 3 == 0 ? -2 : 1, of: number % 4),
            id: "busy-\(number)")
        }
      }()
      let snapshot = try await hub.get("/api/v1/snapshot", token: cellar.staff).json
      try await writing
      let start = try #require(snapshot["seq"]?.integer)
      let last = try await inventory(hub, after: 0).last
      try await eventually("the listener has heard all") { listener.seqs.last == last }

      var levels: [Int64: Int64] = [:]
      for row in snapshot["stock"]?.elements ?? [] {
        levels[row["productId"]?.integer ?? 0, default: 0] += row["quantity"]?.integer ?? 0
      }
      for event in listener.events
      where event["type"]?.text == "inventory:updated" && event["seq"]?.integer ?? 0 > start {
        let product = event["data"]?["productId"]?.integer ?? 0
        levels[product, default: 0] += event["data"]?["difference"]?.integer ?? 0
      }
      let stock = try await hub.sql("SELECT product, SUM(quantity) FROM stock GROUP BY product")
      #expect(Set(stock) == Set(levels.map { "\($0)|\($1)" }))
    }
  }
}
