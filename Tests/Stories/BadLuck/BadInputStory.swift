import Testing
import Wire

extension WholeProcess {
  /// What strangers and broken devices send: a clear answer, and the hub goes on.
  @Suite(.serialized)
  struct BadInput {
    @Test func `messages that no device should send are answered or end their own connection`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let witness = try await Device.connect(hub, token: cellar.staff)
      func device() async throws -> Device { try await Device.connect(hub, token: cellar.staff) }

      let large = try await device()
      large.line.send(.text, Array(repeating: UInt8(ascii: " "), count: 5 << 20))
      #expect(try await large.closed() == 1009)
      let pieces = try await device()
      for part in 0..<6 {
        let opcode = part == 0 ? Line.Opcode.text : .continuation
        pieces.line.send(opcode, Array(repeating: 0x20, count: 256 << 10), isLast: false)
      }
      #expect(try await pieces.closed() == 1009)
      let invalid = try await device()
      invalid.line.send(.text, [0x22, 0xC3, 0x28, 0x22])
      #expect(try await invalid.closed() == 1007)
      let binary = try await device()
      binary.line.send(.binary, [1, 2, 3])
      #expect(try await binary.closed() == 1003)
      let bare = try await device()
      bare.line.send(.text, Array("{}".utf8), isMasked: false)
      #expect(try await bare.closed() == 1002)
      let loose = try await device()
      loose.line.send(.continuation, [0x7B, 0x7D])
      #expect(try await loose.closed() == 1002)

      let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
      for text in ["{\"type\":", "[1,2]", "\"text\"", "{\"type\":7}", "{}", deep, ""] {
        witness.line.send(.text, Array(text.utf8))
        let answer = try await witness.answer("refused")
        #expect(answer["code"]?.text == "malformed", "\(text.prefix(20)): \(answer.encoded)")
      }
      witness.line.send(["type": "dance"])
      #expect(try await witness.answer("refused")["code"]?.text == "unknown_command")
      witness.line.send(["type": "ping"])
      _ = try await witness.answer("pong")
      #expect(try await hub.get("/health").status == 200)
      try await hub.stop()
    }

    @Test func `commands that make no sense are refused with a code and leave no trace`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      let cellar = try await Cellar.open(in: hub)
      let device = try await Device.connect(hub, token: cellar.admin)
      let before = try await hub.status()["seq"]
      let product = JSON.int(cellar.products[0])
      let place = JSON.int(cellar.location)
      let cases: [(String, JSON, String)] = [
        ("stock.fly", [:], "unknown_command"),
        ("stock.adjust", [:], "invalid_field"),
        ("stock.adjust", "no object", "malformed"),
        ("stock.adjust", ["productId": "1", "locationId": place, "quantity": 1], "invalid_field"),
        (
          "stock.adjust", ["productId": product, "locationId": place, "quantity": .number(1.5)],
          "invalid_field"
        ),
        (
          "stock.adjust", ["productId": product, "locationId": place, "quantity": .int(.max)],
          "invalid_field"
        ),
        (
          "stock.adjust", ["productId": product, "locationId": place, "quantity": .number(1e300)],
          "invalid_field"
        ),
        ("stock.adjust", ["productId": 99, "locationId": place, "quantity": 1], "not_found"),
        ("stock.adjust", ["productId": product, "locationId": 99, "quantity": 1], "not_found"),
        ("product.create", ["sku": "WINE-1", "name": "Again"], "duplicate"),
        ("order.status", ["orderId": 99, "status": "shipped"], "not_found"),
        ("user.create", ["name": "x", "role": "pirate"], "invalid_field"),
      ]

      for (number, (name, data, code)) in cases.enumerated() {
        let answer = try await device.command(name, data, id: "bad-\(number)")
        #expect(answer["code"]?.text == code, "\(name) \(data.encoded): \(answer.encoded)")
      }
      let noID = String(repeating: "x", count: 65)
      #expect(
        try await device.command("stock.adjust", cellar.change(1), id: noID)["code"]?.text
          == "invalid_field")
      #expect(try await hub.status()["seq"] == before)

      let deep = String(repeating: "{\"a\":", count: 100) + "1" + String(repeating: "}", count: 100)
      let rest = try await run(
        "curl",
        [
          "-s", "-H", "Authorization: Bearer \(cellar.admin)", "-d", deep,
          "http://127.0.0.1:\(hub.port)/api/v1/stock/adjust",
        ]
      ).succeeded()
      #expect(try JSON(parsing: rest)["code"]?.text == "malformed")
      try await hub.stop()
    }

    @Test func `too many connections and too many messages are refused with a reason`()
      async throws
    {
      let hub = try Hub(environment: [
        "QUARTERMASTER_LIMITS_CONNECTIONS_PER_ADDRESS": "3",
        "QUARTERMASTER_LIMITS_MESSAGES_PER_MINUTE": "20",
        "QUARTERMASTER_LIMITS_SIGN_IN_ATTEMPTS_PER_MINUTE": "3",
      ])
      try await hub.start()
      let token = try await hub.person("hand", "staff")
      let first = try await Device.connect(hub, token: token)
      let second = try await Device.connect(hub, token: token)
      let third = try await Device.connect(hub)

      let refusal = await #expect(throws: Line.Refused.self) {
        try await Device.connect(hub, token: token)
      }
      #expect(refusal?.status == 429 && refusal?.body["code"]?.text == "rate_limited")
      third.line.drop()
      try await eventually("the place is free again") {
        (try? await Device.connect(hub, token: token)) != nil
      }

      for _ in 0..<20 { first.line.send(["type": "ping"]) }
      for _ in 0..<20 { _ = try await first.answer("pong") }
      first.line.send(["type": "ping", "id": "over"])
      let over = try await first.answer("refused")
      #expect(over["code"]?.text == "rate_limited" && over["id"]?.text == "over")
      for _ in 0..<30 { first.line.send(["type": "ping"]) }
      #expect(try await first.closed() == 4429)
      second.line.send(["type": "ping"])
      _ = try await second.answer("pong")

      for _ in 0..<3 {
        let guess = try await hub.post("/api/v1/sign-in", ["name": "hand", "password": "guess"])
        #expect(guess.status == 401)
      }
      let tooMany = try await hub.post("/api/v1/sign-in", ["name": "hand", "password": "guess"])
      #expect(tooMany.status == 429)
      try await hub.stop()
    }
  }
}
