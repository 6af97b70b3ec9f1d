import HubFixtures
import Inventory
import NIOCore
import Realtime
import Testing
import Wire

/// Its routes: the scans that go by REST, the figures, and who is where.
@Suite struct CountRoomRoutesTests {
  @Test func `scans, removals and completion over REST are told to all in the room`()
    async throws
  {
    try await LiveHub.with { live in
      let mia = try await live.person(.manager, name: "mia")
      let counter = try await Counter.enter(live, as: mia)
      func body(_ more: KeyValuePairs<String, JSON>) -> JSON { Counter.place(more) }
      let user: JSON = "somebody@else.example"

      let saved = try await live.post(
        "/api/inventory/save-scan", body(["code": "B1", "user": user]), as: mia)
      let again = try await live.post(
        "/api/inventory/save-scan", body(["code": "B1", "user": user]), as: mia)
      let deleted = try await live.request(
        "DELETE", "/api/inventory/delete-scanned-entry", body(["barcode": "B1"]), as: mia)
      let unknown = try await live.request(
        "DELETE", "/api/inventory/delete-scanned-entry", body(["barcode": "B1"]), as: mia)
      let finished = try await live.post(
        "/api/inventory/finish-session", body(["user": user]), as: mia)
      let twice = try await live.post(
        "/api/inventory/finish-session", body(["user": user]), as: mia)
      try await live.settle()

      #expect([saved, deleted, finished].map(\.status) == [200, 200, 200])
      #expect(try [saved, deleted, finished].allSatisfy { try $0.json["success"] == true })
      #expect([again, twice, unknown].map(\.status) == [400, 400, 400])
      #expect(
        try unknown.json.holds([
          "success": false, "error": "VALIDATION_ERROR",
          "message": "There is no scan of B1 that you could take back.",
        ]))
      #expect(
        try again.json.holds([
          "success": false, "error": "VALIDATION_ERROR",
          "message": "Barcode B1 has already been scanned in Alfa Romeo/10/2025.",
        ]))
      #expect(try twice.json["message"]?.text?.contains("already completed") == true)
      let heard = try await counter.heard()
      #expect(
        heard.map { $0["type"]?.text } == [
          "scan_added", "scan_removed", "inventory_completed", "session_terminated",
        ])
      #expect(heard.first?["data"]?["userName"]?.text == "mia")
      #expect(heard.last?["data"]?["completedBy"]?.text == "mia")
    }
  }

  @Test(arguments: [("DELETE", "delete-scanned-entry"), ("POST", "finish-session")])
  func `taking back or completing where nothing is counted begins no count`(
    method: String, route: String
  ) async throws {
    try await LiveHub.with { live in
      let mia = try await live.person(.manager, name: "mia")

      let answer = try await live.request(
        method, "/api/inventory/\(route)", Counter.place(["barcode": "B1"]), as: mia)

      #expect(answer.status == 400)
      #expect(try answer.json.holds(["success": false, "error": "VALIDATION_ERROR"]))
      #expect(
        try await live.request("GET", "/api/v1/counts", as: mia).json["items"]?.elements == [])
    }
  }

  @Test func `without month and year a scan is taken back where the agency has it`() async throws {
    try await LiveHub.with { live in
      let mia = try await live.person(.manager, name: "mia")
      for (agency, month) in [("Alfa Romeo", "9"), ("Alfa Romeo", "10"), ("Fiat", "10")] {
        _ = try await live.post(
          "/api/inventory/save-scan",
          ["agency": .string(agency), "month": .string(month), "year": 2025, "code": "B1"], as: mia)
      }
      let counters = [
        try await Counter.enter(live, as: mia, room: "Alfa%20Romeo/9/2025"),
        try await Counter.enter(live, as: mia),
        try await Counter.enter(live, as: mia, room: "Fiat/10/2025"),
      ]
      func remove(_ body: JSON) async throws -> Int {
        try await live.request(
          "DELETE", "/api/inventory/delete-scanned-entry", body, as: mia
        ).status
      }
      let entry: JSON = ["agency": " Alfa Romeo ", "barcode": "B1"]

      let latest = try await remove(entry)
      let other = try await remove(entry)
      let none = try await remove(entry)
      let half = try await remove(["agency": "Fiat", "barcode": "B1", "month": 10])
      try await live.settle()

      #expect([latest, other, none, half] == [200, 200, 400, 400])
      var heard: [[String?]] = []
      for counter in counters { heard.append(try await counter.heard().map { $0["type"]?.text }) }
      #expect(heard == [["scan_removed"], ["scan_removed"], []])
    }
  }

  @Test func `a scan that another takes back keeps who scanned it, and when`() async throws {
    try await LiveHub.with { live in
      try await Counter.room(live) { mia, sam, _ in
        try await sam.send("scan_added", Counter.scan("B1"))
        _ = try await mia.web.receive("scan_added")

        try await mia.send("scan_removed", Counter.scan("B1"))

        let removed = try await sam.web.receive("scan_removed")
        #expect(removed["data"]?["userName"]?.text == "mia")
        #expect(
          removed["data"]?["scanData"] == [
            "code": "B1", "user": "sam", "timestamp": "2025-01-15T10:30:00.000Z",
          ])
      }
    }
  }

  @Test func `what is sent, received and how long it takes is counted`() async throws {
    let heartbeat = Heartbeat(sweep: .milliseconds(900), silence: .seconds(1))
    try await LiveHub.with(loops: 2, heartbeat: heartbeat) { live in
      let sam = try await live.person(.staff, name: "sam")
      let counter = try await Counter.enter(live, as: sam)
      func metrics() async throws -> JSON {
        try await live.get("/api/inventory/websocket/metrics", as: sam).json["metrics"] ?? .null
      }
      let before = try await metrics()

      _ = try await counter.heard()
      try await counter.send("nonsense")
      _ = try await counter.web.receive("error")
      var frame = try await counter.web.frame()
      while frame.opcode != Frame.ping { frame = try await counter.web.frame() }
      try await counter.web.send(Frame(Frame.pong, frame.payload))

      #expect(try await live.eventually { try await metrics()["latency"]?["connections"] == 1 })
      let after = try await metrics()
      func grown(_ key: String) -> Int64 {
        (after[key]?.integer ?? 0) - (before[key]?.integer ?? 0)
      }
      #expect(grown("messagesReceived") == 2)
      #expect(grown("messagesSent") == 2)
      let detailed = try await live.get("/health/detailed", as: sam).json
      #expect(detailed["services"]?["websocket"]?.text == "active")
      #expect(
        detailed["websocket"]?.holds([
          "totalConnections": 1, "activeRooms": 1, "roomsActive": 1, "userSessions": 1,
          "messagesReceived": after["messagesReceived"] ?? .null,
          "messagesSent": after["messagesSent"] ?? .null,
        ]) == true)
      for key in ["average", "maximum"] {
        guard case .number(let milliseconds)? = detailed["websocket"]?["latency"]?[key] else {
          Issue.record("no \(key) latency")
          continue
        }
        #expect((0..<10_000).contains(milliseconds))
      }
      #expect(detailed["websocket"]?["errors"] == 0)
    }
  }

  @Test func `the crew may ask who is in which room, others may not`() async throws {
    try await LiveHub.with(loops: 2) { live in
      try await Counter.room(live) { mia, sam, other in
        for counter in [mia, sam, other] { _ = try await counter.heard() }
        let person = try await live.signedIn("sam")
        let path = "/api/inventory/websocket/room-info/Alfa%20Romeo/10/2025"

        let info = try await live.get(path, as: person).json
        let metrics = try await live.get("/api/inventory/websocket/metrics", as: person).json

        #expect(
          info.holds(
            Counter.place([
              "roomKey": "Alfa Romeo/10/2025", "totalUsers": 2, "roomExists": true,
              "allRooms": ["Alfa Romeo/10/2025", "Fiat/10/2025"],
            ]).with("year", "2025")))
        let users = info["usersInRoom"]?.elements ?? []
        #expect(users.allSatisfy { $0.keys == ["userId", "userName", "connectedAt"] })
        #expect(Set(users.compactMap { $0["userName"]?.text }) == ["mia", "sam"])
        #expect(
          metrics["metrics"]?.holds([
            "totalConnections": 3, "roomsActive": 2, "userSessions": 2,
          ]) == true)
        #expect(metrics["roomStats"]?["Fiat/10/2025"]?["userCount"] == 1)
        for forbidden in [path, "/api/inventory/websocket/metrics"] {
          #expect(try await live.get(forbidden).status == 401)
          let guest = try await live.person(.guest, name: "guest\(forbidden.count)")
          #expect(try await live.get(forbidden, as: guest).status == 403)
        }
      }
    }
  }
}

extension JSON {
  fileprivate func with(_ key: String, _ value: JSON) -> JSON {
    var json = self
    json[key] = value
    return json
  }
}
