import Testing
import Wire

extension WholeProcess {
  /// Who gets in, and who is shown out.
  @Suite(.serialized)
  struct People {
    @Test func `a person added beside a running hub signs in at once, and disabled is out at once`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      _ = try await hub.person("captain", "admin")

      let added = try await hub.command(
        "user", "add", "mate", "--role", "staff", "--password-stdin", input: "seven seas away\n")
      let signIn = try await hub.post(
        "/api/v1/sign-in",
        ["name": "mate", "password": "seven seas away", "device": "tablet-1"])
      let token = try #require(signIn.json["token"]?.text)
      let tablet = try await Device.connect(hub, token: token)
      try await tablet.subscribe("inventory")
      #expect(added.ending == .exited(0) && signIn.status == 200)

      let disabled = try await hub.command("user", "disable", "mate")
      let code = try await tablet.closed()
      #expect(disabled.ending == .exited(0))
      #expect(code == 4401 || code == 4403)
      #expect(try await hub.get("/api/v1/me", token: token).status == 401)
      let barred = try await hub.post(
        "/api/v1/sign-in", ["name": "mate", "password": "seven seas away"])
      #expect(barred.status == 401)
      let refusal = await #expect(throws: Line.Refused.self) {
        try await Device.connect(hub, token: token)
      }
      #expect(refusal?.status == 401)
      try await hub.stop()
    }

    @Test func `a token printed for a script works until its session is ended`() async throws {
      let hub = try Hub()
      try await hub.start()
      let captain = try await hub.person("captain", "admin")
      let script = try await hub.person("script", "staff")
      let device = try await Device.connect(hub, token: script)
      let me = try await hub.get("/api/v1/me", token: script)
      let session = try #require(me.json["sessionId"]?.integer)
      #expect(me.status == 200 && me.json["name"]?.text == "script")

      let ended = try await hub.post("/api/v1/sessions/\(session)/end", [:], token: captain)

      #expect(ended.status == 200)
      #expect(try await device.closed() == 4401)
      #expect(try await hub.get("/api/v1/me", token: script).status == 401)
      #expect(try await hub.get("/api/v1/me", token: script + "x").status == 401)
      #expect(try await hub.get("/api/v1/me", token: captain).status == 200)
      try await hub.stop()
    }

    @Test func `a person who signs out is out on every open socket`() async throws {
      let hub = try Hub()
      try await hub.start()
      let token = try await hub.person("hand", "staff")
      let device = try await Device.connect(hub, token: token)

      #expect(try await hub.post("/api/v1/sign-out", [:], token: token).status == 200)

      #expect(try await device.closed() == 4401)
      #expect(try await hub.get("/api/v1/me", token: token).status == 401)
      try await hub.stop()
    }

    @Test func `a message that claims another person or role changes nothing`() async throws {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let captain = try await hub.get("/api/v1/me", token: cellar.admin).json["userId"] ?? .null
      let hand = try await hub.get("/api/v1/me", token: cellar.staff).json["userId"] ?? .null
      let device = try await Device.connect(hub)

      device.line.send([
        "type": "auth", "role": "admin", "userId": captain,
        "data": [
          "token": .string(cellar.staff), "role": "admin", "userId": captain, "sessionId": 1,
        ],
      ])
      let welcome = try await device.answer("authenticated")
      #expect(welcome["data"]?["role"]?.text == "staff" && welcome["data"]?["userId"] == hand)

      var claim = cellar.change(4)
      claim["userId"] = captain
      claim["role"] = "admin"
      #expect(try await device.command("stock.adjust", claim, id: "a")["type"]?.text == "ack")
      let rows = try await hub.sql("SELECT user FROM movement")
      #expect(rows == [hand.encoded])

      let promotion: JSON = ["userId": hand, "role": "admin"]
      let refused = try await device.command("user.update", promotion, id: "b")
      #expect(refused["code"]?.text == "forbidden")
      #expect(try await device.subscribe("system")["code"]?.text == "forbidden")
      #expect(
        try await hub.post(
          "/api/v1/users", ["name": "x", "role": "admin", "userId": captain], token: cellar.staff
        ).status == 403)
      #expect(try await hub.sql("SELECT role FROM user ORDER BY id") == ["admin", "staff"])
      try await hub.stop()
    }
  }
}
