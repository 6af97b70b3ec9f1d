import Access
import HubFixtures
import Inventory
import NIOCore
import Realtime
import Testing
import Wire

/// Somebody in a count room, in the words of seed 003.
private struct Counter {
  let web: WebSocketClient

  static func enter(
    _ live: LiveHub, as person: LiveHub.Person? = nil, room: String = "Alfa%20Romeo/10/2025"
  ) async throws -> Counter {
    Counter(
      web: try await WebSocketClient.connect(
        live, as: person, path: "/ws/inventory/\(room)"))
  }

  func send(_ type: String, _ data: JSON? = nil) async throws {
    try await web.send(.compact(["type": .string(type), "data": data]))
  }

  /// All that the hub has sent by now.
  func heard() async throws -> [JSON] {
    try await send("ping")
    var messages: [JSON] = []
    while true {
      let message = try await web.receiveAny()
      if message["type"]?.text == "pong" { return messages }
      messages.append(message)
    }
  }

  func joined() async throws {
    try await send("user_joined", Self.claim)
    _ = try await heard()
  }

  /// What the shipped client says of itself, which is nobody's business.
  static let claim: JSON = [
    "agency": "Fiat", "month": "1", "year": 1999, "userId": "user123", "userName": "John Doe",
  ]

  static func scan(_ code: String) -> JSON {
    var data = claim
    data["scanData"] = [
      "code": .string(code), "user": "John Doe", "timestamp": "2025-01-15T10:30:00.000Z",
    ]
    return data
  }

  static func place(_ more: KeyValuePairs<String, JSON> = [:]) -> JSON {
    var data: JSON = ["agency": "Alfa Romeo", "month": "10", "year": 2025]
    for (key, value) in more { data[key] = value }
    return data
  }
}

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

  /// Two people in one room, and a third in another.
  private static func room(
    _ live: LiveHub, _ body: (_ mia: Counter, _ sam: Counter, _ other: Counter) async throws -> Void
  ) async throws {
    let mia = try await live.person(.manager, name: "mia")
    let sam = try await live.person(.staff, name: "sam")
    try await body(
      try await .enter(live, as: mia), try await .enter(live, as: sam),
      try await .enter(live, as: sam, room: "Fiat/10/2025"))
  }

  @Test func `whoever joins is told to the others, as whom they signed in`() async throws {
    try await LiveHub.with { live in
      try await Self.room(live) { mia, sam, other in
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
      try await Self.room(live) { mia, sam, other in
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
      try await Self.room(live) { mia, sam, other in
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
      try await Self.room(live) { mia, sam, _ in
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
      try await Self.room(live) { mia, sam, other in
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
      try await Self.room(live) { mia, sam, _ in
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
      try await Self.room(live) { mia, sam, _ in
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
      try await Self.room(live) { mia, sam, _ in
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
      try await Self.room(live) { mia, sam, other in
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

/// What was unsafe there.
@Suite struct CountRoomHoleTests {
  @Test func `whoever has not signed in is in no room, hears nothing and does nothing`()
    async throws
  {
    try await LiveHub.with { live in
      let sam = try await Counter.enter(live, as: try await live.person(.staff, name: "sam"))
      let stranger = try await Counter.enter(live)

      try await stranger.send("user_joined", Counter.claim)
      try await stranger.send("scan_added", Counter.scan("B1"))
      try await stranger.send("inventory_completed", Counter.claim)
      try await stranger.send("history")
      try await sam.send("scan_added", Counter.scan("B2"))
      try await live.settle()

      let answers = try await stranger.heard()
      #expect(
        answers.map { $0["data"]?["message"]?.text }
          == Array(repeating: "No room assigned", count: 4))
      #expect(try await sam.heard().isEmpty)
      #expect(live.hub.rooms == ["Alfa Romeo/10/2025": 1])
    }
  }

  @Test func `signing in by a message brings one into the room`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.staff, name: "sam")
      let counter = try await Counter.enter(live)

      try await counter.send("auth", ["token": "guess"])
      try await counter.send("auth", ["sessionId": .string(person.token)])
      try await counter.send("user_joined", Counter.claim)

      let answers = try await counter.heard()
      #expect(answers.map { $0["type"]?.text } == ["error", "authenticated"])
      #expect(answers.last?["data"]?["userName"]?.text == "sam")
      #expect(live.hub.rooms == ["Alfa Romeo/10/2025": 1])
    }
  }

  @Test(arguments: [Role.customer, .guest])
  func `who is no crew is shown the door`(role: Role) async throws {
    try await LiveHub.with { live in
      let counter = try await Counter.enter(live, as: try await live.person(role))

      #expect(
        try await counter.web.closing()
          == WebSocketClient.Closed(code: 1008, reason: "No permission for this room"))
    }
  }

  @Test func `a flood in one room is the flooder's alone, whoever they claim to be`() async throws {
    var limits = Limits()
    limits.countMessagesPerMinute = 5
    try await LiveHub.with(limits) { live in
      let flooder = try await Counter.enter(live)
      let stranger = try await Counter.enter(live, room: "Fiat/10/2025")
      let sam = try await live.person(.staff, name: "sam")
      let first = try await Counter.enter(live, as: sam)
      let second = try await Counter.enter(live, as: sam)

      func ask(_ counter: Counter, _ userId: String) async throws -> String? {
        try await counter.send("ping", ["userId": .string(userId)])
        return try await counter.web.receiveAny()["data"]?["message"]?.text
      }
      var answers: [String?] = []
      for number in 0..<7 { answers.append(try await ask(flooder, "user\(number)")) }

      #expect(answers == [nil, nil, nil, nil, nil, "Rate limit exceeded", "Rate limit exceeded"])
      #expect(try await ask(stranger, "user1") == nil)
      // One user's devices share one allowance.
      for _ in 0..<5 { #expect(try await ask(first, "a") == nil) }
      #expect(try await ask(second, "b") == "Rate limit exceeded")
    }
  }

  @Test func `when all have gone no room is left`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let person = try await live.person(.staff)
      var counters: [Counter] = []
      for month in 1...4 {
        let counter = try await Counter.enter(live, as: person, room: "Alfa/\(month)/2025")
        try await counter.joined()
        counters.append(counter)
      }
      #expect(live.hub.rooms.count == 4)

      for counter in counters { try await counter.web.raw.vanish() }

      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
      #expect(live.hub.rooms.isEmpty)
      #expect(try await live.hub.census().topics == 0)
      #expect(live.hub.traffic.users == 0)
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
