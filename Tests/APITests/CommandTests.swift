import Access
import HubFixtures
import Inventory
import Realtime
import Storage
import Testing
import Wire

/// Commands over REST, and signing in and out.
@Suite struct CommandTests {
  @Test func `a command is done and answered with its place in the log`() async throws {
    try await LiveHub.with { live in
      let staff = try await live.person(.staff)
      let (product, location) = (try await live.product(), try await live.location())

      let answer = try await live.post(
        "/api/v1/stock/add", LiveHub.adjustment(product, location, 5), as: staff)

      #expect(answer.status == 200)
      #expect(try answer.json["epoch"]?.text == live.hub.epoch)
      #expect(try answer.json["seq"]?.integer == live.store.position().seq)
      #expect(try answer.json["data"]?["locationStock"]?.integer == 5)
    }
  }

  @Test func `a repeated key brings the first answer, here and on the socket`() async throws {
    try await LiveHub.with { live in
      let staff = try await live.person(.staff)
      let (product, location) = (try await live.product(), try await live.location())
      let data = LiveHub.adjustment(product, location, 5)

      let first = try await live.post("/api/v1/stock/add", data, as: staff, key: "k")
      let head = try live.store.position().seq
      let second = try await live.post("/api/v1/stock/add", data, as: staff, key: "k")
      let other = try await live.post(
        "/api/v1/stock/add", LiveHub.adjustment(product, location, 6), as: staff, key: "k")
      let elsewhere = try await live.post("/api/v1/stock/remove", data, as: staff, key: "k")
      let ack = try await WebSocketClient.open(live, as: staff)
        .ask(WebSocketClient.command("stock.add", "k", data))

      #expect(second.body == first.body)
      #expect(other.status == 422)
      #expect(other.code == "operation_reused")
      #expect(elsewhere.status == 422)
      #expect(ack["data"] == (try first.json["data"]))
      #expect(try live.store.position().seq == head)
    }
  }

  @Test func `the path says what a command is about, whatever the body claims`() async throws {
    try await LiveHub.with { live in
      let admin = try await live.person(.admin)
      _ = (try await live.branch("North"), try await live.branch("South"))

      let answer = try await live.post(
        "/api/v1/branches/2/update", ["branchId": 1, "name": "West"], as: admin)

      #expect(answer.status == 200)
      #expect(try await live.get("/api/v1/branches/1", as: admin).json["name"]?.text == "North")
      #expect(try await live.get("/api/v1/branches/2", as: admin).json["name"]?.text == "West")
    }
  }

  @Test(
    arguments: [
      (Role.guest, "/api/v1/locations", 403), (.staff, "/api/v1/locations", 403),
      (.manager, "/api/v1/locations", 200), (.manager, "/api/v1/branches", 403),
      (.admin, "/api/v1/branches", 200), (.customer, "/api/v1/stock/add", 403),
    ])
  func `a role does what it may and no more`(role: Role, path: String, status: Int) async throws {
    try await LiveHub.with { live in
      let person = try await live.person(role)

      let answer = try await live.post(
        path,
        ["name": "North", "productId": 1, "locationId": 1, "quantity": 1, "role": "admin"],
        as: person)

      #expect(answer.status == status)
    }
  }

  @Test func `a device's clock is kept as a note`() async throws {
    try await LiveHub.with { live in
      let manager = try await live.person(.manager)

      _ = try await live.request(
        "POST", "/api/v1/locations", ["name": "A"], as: manager,
        headers: ["Device-Time: 86400000", "Idempotency-Key: k"])

      let event = try #require(try live.store.events(after: 0, limit: 100).last)
      #expect(event.deviceTime == 86_400_000)
      #expect(event.operation == "k")
      #expect(event.user == manager.user)
    }
  }

  @Test func `set-up, the cookie, and signing out on REST and on the socket`() async throws {
    try await LiveHub.with { live in
      let code = try #require(live.gate.openSetupCode)
      let entry: JSON = ["name": "Skipper", "password": "anchor chain", "device": "tablet"]
      var setup = entry
      setup["code"] = "AAAA-AAAA"

      #expect(try await live.post("/api/v1/setup", setup).status == 401)
      setup["code"] = .string(code)
      let made = try await live.post("/api/v1/setup", setup)
      #expect(made.status == 200)
      #expect(try await live.post("/api/v1/setup", setup).code == "wrong_state")

      let signIn = try await live.post("/api/v1/sign-in", entry)
      let cookie = try #require(signIn.headers["set-cookie"])
      #expect(cookie.contains("HttpOnly"))
      #expect(cookie.contains("SameSite=Strict"))
      let header = "Cookie: " + cookie.prefix { $0 != ";" }
      let me = try await live.request("GET", "/api/v1/me", headers: [header])
      #expect(try me.json["role"]?.text == "admin")
      #expect(try me.json["device"]?.text == "tablet")

      let socket = WebSocketClient(raw: try await .connect(to: live.port))
      try await socket.raw.send(WebSocketClient.handshake(headers: [header]))
      #expect(try await socket.raw.readResponse().status == 101)
      let signOut = try await live.request("POST", "/api/v1/sign-out", headers: [header])
      #expect(signOut.status == 200)
      #expect(signOut.headers["set-cookie"]?.contains("Max-Age=0") == true)
      #expect(try await socket.closing().code == 4401)
      let after = try await live.request("GET", "/api/v1/me", headers: [header])
      #expect(after.status == 401)
      #expect(after.code == "session_ended")
      #expect(after.headers["www-authenticate"] == "Bearer")
    }
  }

  @Test func `signing in is refused alike for every wrong half, and limited`() async throws {
    var limits = Limits()
    limits.signInAttemptsPerMinute = 4
    try await LiveHub.with(limits) { live in
      _ = try await live.person(.staff, name: "Ana")
      var answers: [HTTPAnswer] = []

      for (name, password) in [("Ana", "x"), ("Nobody", "x"), ("Ana", ""), ("", ""), ("A", "x")] {
        answers.append(
          try await live.post(
            "/api/v1/sign-in", ["name": .string(name), "password": .string(password)]))
      }

      #expect(answers.map(\.status) == [401, 401, 401, 401, 429])
      #expect(Set(answers.prefix(4).map(\.text)).count == 1)
      for bad in [[:], ["name": "Ana"], ["name": 7, "password": "x"]] as [JSON] {
        #expect(try await live.post("/api/v1/sign-in", bad).status == 400)
      }
    }
  }
}
