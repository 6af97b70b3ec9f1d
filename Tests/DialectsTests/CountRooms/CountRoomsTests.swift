import Access
import HubFixtures
import Inventory
import Realtime
import Testing
import Wire

/// Seed 003: count rooms at `/ws/inventory/{agency}/{month}/{year}`.
@Suite struct CountRoomsTests {
  private static func texts(_ messages: [JSON]) -> [String?] {
    messages.map { message in
      #expect(message.keys == ["type", "data"])
      #expect(message["type"]?.text == "error")
      #expect(message["data"]?.keys == ["message", "timestamp"])
      #expect(message["data"]?["timestamp"]?.isISO8601 == true)
      return message["data"]?["message"]?.text
    }
  }

  @Test func `whoever joins is told to the others, as whom they signed in`() async throws {
    try await LiveHub.with { live in
      try await Counter.room(live) { mia, sam, other in
        try await sam.send("user_joined", Counter.claim)
        let own = try await sam.heard()
        let told = try await mia.heard()

        #expect(own.isEmpty)
        #expect(told.map(\.keys) == [["type", "data"]])
        #expect(told.first?["type"]?.text == "user_joined")
        let data = told.first?["data"] ?? .null
        #expect(data.keys == ["agency", "month", "year", "userId", "userName", "timestamp"])
        #expect(data.holds(Counter.place(["userName": "sam"])))
        #expect(data["userId"]?.text != "user123")
        #expect(data["timestamp"]?.isISO8601 == true)
        #expect(try await other.heard().isEmpty)
      }
    }
  }

  @Test func `whoever had joined is told to have left, whoever had not is not`() async throws {
    try await LiveHub.with { live in
      try await Counter.room(live) { mia, sam, other in
        try await sam.joined()
        let quiet = try await Counter.enter(live, as: try await live.signedIn("sam"))
        _ = try await mia.heard()

        await quiet.web.raw.close()
        #expect(try await live.eventually { live.hub.traffic.connections == 3 })
        await sam.web.raw.close()
        let left = try await mia.web.receive("user_left")

        #expect(
          left["data"]?.keys == ["agency", "month", "year", "userId", "userName", "timestamp"])
        #expect(left["data"]?.holds(Counter.place(["userName": "sam"])) == true)
        #expect(try await mia.heard().isEmpty)
        #expect(try await other.heard().isEmpty)
      }
    }
  }

  @Test func `scans and removals are told to the others, and stored`() async throws {
    try await LiveHub.with { live in
      try await Counter.room(live) { mia, sam, other in
        try await sam.send("scan_added", Counter.scan("BARCODE123"))
        try await sam.send("scan_added", Counter.scan("BARCODE124"))
        let added = [try await mia.web.receiveAny(), try await mia.web.receiveAny()]
        try await sam.send("scan_removed", Counter.scan("BARCODE123"))
        let removed = try await mia.web.receiveAny()
        try await live.settle()

        for (message, code) in zip(added + [removed], ["BARCODE123", "BARCODE124", "BARCODE123"]) {
          let data = message["data"] ?? .null
          #expect(message.keys == ["type", "data"])
          #expect(
            data.holds(
              Counter.place([
                "userName": "sam",
                "scanData": [
                  "code": .string(code), "user": "sam", "timestamp": "2025-01-15T10:30:00.000Z",
                ],
              ])))
          #expect(data["userId"]?.text != nil)
          #expect(data["timestamp"]?.isISO8601 == true)
        }
        #expect(added.map { $0["type"]?.text } == ["scan_added", "scan_added"])
        #expect(removed["type"]?.text == "scan_removed")
        #expect(try await sam.heard().isEmpty)
        #expect(try await other.heard().isEmpty)

        // Somebody who joins late asks for what stands.
        let late = try await Counter.enter(live, as: try await live.signedIn("mia"))
        try await late.send("history")
        let history = try await late.heard()
        #expect(history.map { $0["type"]?.text } == ["scan_added", "history_complete"])
        #expect(history.first?["data"]?["scanData"]?["code"]?.text == "BARCODE124")
        #expect(history.last?["data"]?["scans"] == 1)
        try await sam.send("scan_added", Counter.scan("BARCODE125"))
        let next = try await late.web.receive("scan_added")
        #expect(next["data"]?["scanData"]?["code"]?.text == "BARCODE125")
      }
    }
  }

  @Test func `a code that stands is refused to whoever scans it again`() async throws {
    try await LiveHub.with { live in
      try await Counter.room(live) { mia, sam, _ in
        try await sam.send("scan_added", Counter.scan("B1"))
        _ = try await mia.web.receive("scan_added")
        try await mia.send("scan_added", Counter.scan("B1"))
        let refusal = try await mia.web.receive("error")

        #expect(
          Self.texts([refusal]) == ["Barcode B1 has already been scanned in Alfa Romeo/10/2025."])
        #expect(try await sam.heard().isEmpty)
      }
    }
  }

  @Test func `completing ends the session for the others, once, by whoever may`() async throws {
    try await LiveHub.with { live in
      try await Counter.room(live) { mia, sam, other in
        try await sam.send("scan_added", Counter.scan("B1"))
        _ = try await mia.web.receive("scan_added")
        try await sam.send("inventory_completed", Counter.claim)
        _ = try await sam.web.receive("error")
        #expect(try await mia.heard().isEmpty)

        try await mia.send("inventory_completed", Counter.claim)
        let completed = try await sam.web.receiveAny()
        let terminated = try await sam.web.receiveAny()
        try await live.settle()

        #expect(completed["type"]?.text == "inventory_completed")
        #expect(
          completed["data"]?.keys == [
            "agency", "month", "year", "completedBy", "inventoryId", "message", "timestamp",
          ])
        #expect(
          completed["data"]?.holds(
            Counter.place([
              "completedBy": "mia", "message": "El inventario ha sido completado por mia.",
            ])) == true)
        #expect(terminated["type"]?.text == "session_terminated")
        #expect(
          terminated["data"]?.keys == [
            "agency", "month", "year", "completedBy", "message", "timestamp",
          ])
        #expect(
          terminated["data"]?.holds(
            Counter.place([
              "completedBy": "mia",
              "message": "Tu sesión ha sido terminada porque mia completó el inventario.",
            ])) == true)
        #expect(try await mia.heard().isEmpty)
        #expect(try await other.heard().isEmpty)

        try await mia.send("inventory_completed", Counter.claim)
        let again = try await mia.web.receive("error")
        #expect(Self.texts([again]).first??.contains("already completed") == true)
        try await sam.send("scan_added", Counter.scan("B2"))
        let late = try await sam.web.receive("error")
        #expect(Self.texts([late]).first??.contains("already completed") == true)
      }
    }
  }

  @Test func `a message of one's own goes with the completion`() async throws {
    try await LiveHub.with { live in
      try await Counter.room(live) { mia, sam, _ in
        var data = Counter.claim
        data["message"] = "Gracias."
        try await mia.send("inventory_completed", data)

        let completed = try await sam.web.receive("inventory_completed")

        #expect(completed["data"]?["message"]?.text == "Gracias.")
      }
    }
  }

  @Test func `a ping is answered with the hub's time, with data or without`() async throws {
    try await LiveHub.with { live in
      let counter = try await Counter.enter(live, as: try await live.person(.staff))

      for data in [nil, [:], ["timestamp": "2025-01-15T10:30:00.000Z"]] as [JSON?] {
        try await counter.send("ping", data)
        let pong = try await counter.web.receiveAny()
        #expect(pong.keys == ["type", "data"])
        #expect(pong["type"]?.text == "pong")
        #expect(pong["data"]?.keys == ["timestamp"])
        #expect(pong["data"]?["timestamp"]?.isISO8601 == true)
        #expect(pong["data"]?["timestamp"]?.text != "2025-01-15T10:30:00.000Z")
      }
    }
  }

  @Test(
    arguments: [
      ("{", "Invalid message format"), ("null", "Invalid message format"),
      (#"{"data":{}}"#, "Invalid message format"),
      (#"{"type":"user_joined"}"#, "Invalid message format"),
      (#"{"type":"scan_added"}"#, "Invalid message format"),
      (#"{"type":"scan_added","data":{"userId":"u"}}"#, "Invalid message format"),
      (#"{"type":"scan_removed","data":{"scanData":{"code":""}}}"#, "Invalid message format"),
      (#"{"type":"inventory_completed"}"#, "Invalid message format"),
      (#"{"type":"user_left","data":{}}"#, "Unknown message type: user_left"),
    ])
  func `what is wrong is told to the sender, and nothing of it to the others`(
    message: String, text: String
  ) async throws {
    try await LiveHub.with { live in
      try await Counter.room(live) { mia, sam, _ in
        try await sam.web.send(Frame(Frame.text, message))

        #expect(Self.texts(try await sam.heard()) == [text])
        #expect(try await mia.heard().isEmpty)
      }
    }
  }

  @Test(
    arguments: [
      ("Alfa%20Romeo", "Invalid path - not an inventory WebSocket"),
      ("Alfa%20Romeo/10", "Invalid path - missing room parameters"),
      ("Alfa%20Romeo/10/", "Invalid path - missing room parameters"),
      ("Alfa%ZZ/10/2025", "Connection error"),
      ("Alfa/13/2025", "Invalid path - missing room parameters"),
    ])
  func `a path that names no room is closed with its reason`(path: String, reason: String)
    async throws
  {
    try await LiveHub.with { live in
      let counter = try await Counter.enter(
        live, as: try await live.person(.staff), room: path)

      let closed = try await counter.web.closing()

      #expect(closed == WebSocketClient.Closed(code: 1008, reason: reason))
      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
    }
  }

  @Test(arguments: ["/ws", "/ws/", "/ws/other", "/ws/other/Alfa/10/2025", "/ws/inventory"])
  func `a path that is no count room's is opened, and closed with the reason`(path: String)
    async throws
  {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.connect(live, path: path)

      #expect(
        try await client.closing()
          == WebSocketClient.Closed(
            code: 1008, reason: "Invalid path - not an inventory WebSocket"))
    }
  }

  @Test(
    arguments: [
      "Alfa%20Romeo/9/2025", "Alfa%20Romeo/09/2025", "Alfa%20Romeo/09/2025/more",
      "Alfa%20Romeo/9/2025?x=1",
    ])
  func `however the month is written, it is one room`(path: String) async throws {
    try await LiveHub.with { live in
      let sam = try await Counter.enter(
        live, as: try await live.person(.staff), room: "Alfa%20Romeo/09/2025")
      let mia = try await Counter.enter(live, as: try await live.person(.manager), room: path)

      try await mia.send("scan_added", Counter.scan("B1"))

      #expect(try await sam.web.receive("scan_added")["data"]?["month"]?.text == "9")
      #expect(live.hub.rooms == ["Alfa Romeo/9/2025": 2])
    }
  }

  @Test func `a full room takes nobody more until somebody goes`() async throws {
    var limits = Limits()
    limits.connectionsPerRoom = 2
    try await LiveHub.with(limits, loops: 2) { live in
      let person = try await live.person(.staff)
      let first = try await Counter.enter(live, as: person)
      let second = try await Counter.enter(live, as: person)
      _ = (try await first.heard(), try await second.heard())

      let third = try await Counter.enter(live, as: person)
      let other = try await Counter.enter(live, as: person, room: "Fiat/10/2025")

      #expect(
        try await third.web.closing()
          == WebSocketClient.Closed(code: 1008, reason: "Room is full"))
      #expect(try await other.heard().isEmpty)
      await first.web.raw.close()
      #expect(try await live.eventually { live.hub.rooms["Alfa Romeo/10/2025"] == 1 })
      let fourth = try await Counter.enter(live, as: person)
      #expect(try await fourth.heard().isEmpty)
    }
  }
}
