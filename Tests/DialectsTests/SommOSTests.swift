import Access
import HubFixtures
import Inventory
import Realtime
import Testing
import Wire

/// Seed 000: rooms.
@Suite struct SommOSTests {
  private static func told(_ client: WebSocketClient, _ message: JSON) async throws -> [JSON] {
    try await client.answers(to: message).filter(\.isOfSommOS)
  }

  @Test func `a newcomer is welcomed first and then put into the inventory's room`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.connect(live, as: try await live.person(.staff))

      let welcome = try await client.receiveAny()
      let joined = try await client.receiveAny()

      #expect(welcome.keys == ["type", "clientId", "timestamp", "serverInfo"])
      #expect(welcome["type"]?.text == "connection_established")
      #expect(welcome["clientId"]?.text?.hasPrefix("client_") == true)
      #expect(welcome["timestamp"]?.isISO8601 == true)
      #expect(
        welcome["serverInfo"] == [
          "version": "1.0.0", "maxClients": .int(Int64(Limits().connections)),
          "heartbeatInterval": 30_000,
        ])
      #expect(joined.keys == ["type", "room", "timestamp"])
      #expect(joined.holds(["type": "room_joined", "room": "inventory_updates"]))
      #expect(joined["timestamp"]?.isISO8601 == true)
    }
  }

  @Test func `whoever has not signed in is welcomed and in no room until they have`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.connect(live)

      let first = try await client.everything().filter(\.isOfSommOS)
      let person = try await live.person(.staff)
      let then = try await Self.told(
        client, ["type": "auth", "data": ["token": .string(person.token)]])

      #expect(first.map { $0["type"]?.text } == ["connection_established"])
      #expect(then.map { $0["type"]?.text } == ["room_joined"])
    }
  }

  @Test func `a ping is answered with the hub's time as a number`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)

      let pong = try await client.ask(["type": "ping", "timestamp": 1_700_000_000_000])

      #expect(pong.keys == ["type", "timestamp"])
      #expect(pong["type"]?.text == "pong")
      #expect(pong["timestamp"]?.isMilliseconds == true)
      #expect(pong["timestamp"] != 1_700_000_000_000)
    }
  }

  @Test func `rooms are joined, joined again, listed and left, each with its answer`() async throws
  {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))

      for room in ["procurement_updates", "pairing_recommendations", "inventory_updates"] {
        for _ in 0..<2 {
          let joined = try await Self.told(client, ["type": "join_room", "room": .string(room)])
          #expect(joined.map(\.keys) == [["type", "room", "timestamp"]])
          #expect(joined.first?.holds(["type": "room_joined", "room": .string(room)]) == true)
        }
      }
      let all = try await Self.told(client, ["type": "get_rooms"])
      let left = try await Self.told(
        client, ["type": "leave_room", "room": "procurement_updates"])
      let never = try await Self.told(client, ["type": "leave_room", "room": "no such room"])
      let rest = try await Self.told(client, ["type": "get_rooms"])

      #expect(
        all == [
          [
            "type": "rooms_list",
            "rooms": ["inventory_updates", "procurement_updates", "pairing_recommendations"],
          ]
        ])
      #expect(left.map(\.keys) == [["type", "room", "timestamp"]])
      #expect(left.first?.holds(["type": "room_left", "room": "procurement_updates"]) == true)
      #expect(left.first?["timestamp"]?.isISO8601 == true)
      #expect(never.first?.holds(["type": "room_left", "room": "no such room"]) == true)
      #expect(rest.first?["rooms"] == ["inventory_updates", "pairing_recommendations"])
    }
  }

  @Test(
    arguments: [
      #"{"type":"join_room"}"#, #"{"type":"join_room","room":null}"#,
      #"{"type":"join_room","room":""}"#, #"{"type":"leave_room"}"#,
      #"{"type":"leave_room","room":""}"#, #"{"type":"no such type"}"#, #""x""#, "7", "[]", "{}",
    ])
  func `what names no room, and what is no message, has no answer in its words`(
    message: String
  ) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))

      try await client.send(Frame(Frame.text, message))

      #expect(try await client.everything().filter(\.isOfSommOS).isEmpty)
    }
  }

  @Test(arguments: ["{", "", "null", "hello", #"{"type":"ping""#, "\u{0}"])
  func `what is no JSON is an invalid message format, and the connection stays`(
    message: String
  ) async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live)

      try await client.send(Frame(Frame.text, message))

      #expect(
        try await client.everything().filter(\.isOfSommOS)
          == [["type": "error", "message": "Invalid message format"]])
    }
  }

  @Test func `a message that is too large is told of before the connection is closed`()
    async throws
  {
    var limits = Limits()
    limits.messageSize = 4096
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live)
      let other = try await WebSocketClient.open(live)

      try await client.send(Frame(Frame.text, String(repeating: " ", count: 4094) + "{}"))
      let fits = try await client.everything()
      try await client.send(Frame(Frame.text, String(repeating: " ", count: 4095) + "{}"))
      let error = try await client.receive("error")

      #expect(!fits.contains { $0["type"]?.text == "error" })
      #expect(error == ["type": "error", "message": "Message too large"])
      #expect(try await client.closing().code == 1009)
      #expect(try await other.ask(["type": "ping"])["type"]?.text == "pong")
    }
  }

  @Test func `beyond the rate each message is refused, and the connection stays`() async throws {
    var limits = Limits()
    limits.controlMessagesPerMinute = 5
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live)

      for _ in 0..<8 { try await client.send(["type": "get_rooms"]) }
      let messages = try await client.everything().filter(\.isOfSommOS)

      #expect(messages.prefix(5).allSatisfy { $0["type"]?.text == "rooms_list" })
      #expect(
        Array(messages.dropFirst(5))
          == Array(
            repeating: ["type": "error", "message": "Message rate limit exceeded"], count: 3))
    }
  }

  @Test func `goods that come, change, move and go are told in the document's shapes`()
    async throws
  {
    try await LiveHub.with { live in
      let person = try await live.person(.admin)
      let client = try await WebSocketClient.open(live, as: person)
      let (cellar, bar) = (try await live.location("Cellar A"), try await live.location("Bar"))
      let wine = try await live.id(
        "productId", "product.create",
        ["sku": "MX", "name": "Château Margaux 2015", "attributes": ["vintage": 2015]])
      try await live.settle()
      // Commands are the hub's own; whoever sends them is in the room only if they asked for it.
      try await client.send(["type": "join_room", "room": "inventory_updates"])
      _ = try await client.everything()
      let me = JSON.string("\(person.user)")
      func perform(_ name: String, _ data: JSON) async throws -> [JSON] {
        try await client.send(WebSocketClient.command(name, name, data))
        var told: [JSON] = []
        while true {
          let message = try await client.receiveAny()
          if message["type"]?.text == "ack" { break }
          #expect(message["type"]?.text != "refused", "\(message)")
          told.append(message)
        }
        try await live.settle()
        return try await (told + client.everything()).filter(\.isOfSommOS)
      }
      let place: JSON = ["productId": .int(wine), "locationId": .int(cellar)]
      func with(_ quantity: Int64) -> JSON {
        var data = place
        data["quantity"] = .int(quantity)
        return data
      }

      let added = try await perform("stock.add", with(12))
      let taken = try await perform("stock.remove", with(2))
      let moved = try await perform(
        "stock.move",
        [
          "productId": .int(wine), "fromLocationId": .int(cellar), "toLocationId": .int(bar),
          "quantity": 10,
        ])
      let bulk = try await perform(
        "stock.bulk",
        ["lines": [["productId": .int(wine), "locationId": .int(bar), "quantity": -10]]])
      let synced = try await perform("inventory.sync", ["reason": "after the count"])
      let removed = try await perform("product.remove", ["productId": .int(wine)])

      for message in added + taken + moved + bulk + synced + removed {
        #expect(message.keys == ["type", "data", "timestamp"])
        #expect(message["timestamp"]?.isISO8601 == true)
        #expect(message["data"]?["timestamp"]?.isISO8601 == true)
        #expect(message["data"]?["userId"] == me)
      }
      let stock = added.first?["data"]?["item"]?["vintage_id"] ?? .null
      #expect(stock.integer != nil)
      let item: JSON = [
        "id": .int(wine), "name": "Château Margaux 2015", "vintage_year": 2015,
        "location": "Cellar A", "quantity": 12, "wine_id": .int(wine), "vintage_id": stock,
      ]
      #expect(added.map { $0["type"]?.text } == ["inventory_action"])
      #expect(added.first?["data"]?.keys == ["type", "item", "userId", "timestamp"])
      #expect(added.first?["data"]?.holds(["type": "add", "item": item]) == true)

      var changed = item
      changed["quantity"] = 10
      changed["quantityChange"] = -2
      #expect(taken.map { $0["type"]?.text } == ["inventory_update"])
      #expect(taken.first?["data"]?.keys == ["type", "item", "changes", "userId", "timestamp"])
      #expect(
        taken.first?["data"]?.holds([
          "type": "update", "item": changed, "changes": ["quantity": 10, "quantityChange": -2],
        ]) == true)

      #expect(moved.map { $0["type"]?.text } == ["inventory_action"])
      #expect(
        moved.first?["data"]?.keys
          == ["type", "itemId", "fromLocation", "newLocation", "userId", "timestamp"])
      #expect(
        moved.first?["data"]?.holds([
          "type": "move", "itemId": .int(wine), "fromLocation": "Cellar A", "newLocation": "Bar",
        ]) == true)

      let variants = bulk.filter { $0["type"]?.text == "inventory_update" }
        .map { $0["data"]?["type"]?.text }
      #expect(variants == ["update", "bulk_update"])
      #expect(bulk.last?["data"]?.keys == ["type", "updates", "userId", "timestamp"])
      #expect(
        bulk.last?["data"]?["updates"]?.elements?.map { $0["quantityChange"] } == [-10])

      #expect(synced.map { $0["type"]?.text } == ["inventory_update"])
      #expect(synced.first?["data"]?.keys == ["type", "syncData", "userId", "timestamp"])
      #expect(synced.first?["data"]?["syncData"]?["reason"]?.text == "after the count")

      #expect(removed.map { $0["type"]?.text } == ["inventory_action"])
      #expect(
        removed.first?["data"]?.keys == ["type", "itemId", "itemName", "userId", "timestamp"])
      #expect(
        removed.first?["data"]?.holds([
          "type": "remove", "itemId": .int(wine), "itemName": "Château Margaux 2015",
        ]) == true)
    }
  }

  @Test func `the system's notifications reach every connection, whatever room it is in`()
    async throws
  {
    try await LiveHub.with(loops: 2) { live in
      let staff = try await WebSocketClient.open(live, as: try await live.person(.staff))
      let nobody = try await WebSocketClient.open(live)
      _ = try await staff.answers(to: ["type": "leave_room", "room": "inventory_updates"])

      try await live.perform(
        "notification.send",
        [
          "kind": "maintenance", "title": "Maintenance", "message": "In 30 minutes",
          "scheduledAt": 1_705_316_400_000,
        ])
      try await live.perform(
        "notification.send",
        [
          "category": "security", "title": "Door", "message": "The door is open",
          "severity": "warning",
        ])
      try await live.perform(
        "notification.send", ["title": "New", "message": "1.1 is here", "version": "1.1.0"])
      try await live.settle()

      for client in [staff, nobody] {
        let messages = try await client.everything()
        #expect(messages.allSatisfy { $0.keys == ["type", "data", "timestamp"] })
        #expect(messages.allSatisfy { $0["type"]?.text == "system_notification" })
        let data = messages.compactMap { $0["data"] }
        #expect(
          data.map(\.keys) == [
            ["type", "message", "scheduledTime", "timestamp"],
            ["type", "message", "severity", "timestamp"],
            ["type", "message", "version", "timestamp"],
          ])
        guard data.count == 3 else { continue }
        #expect(
          data[0].holds([
            "type": "maintenance", "message": "In 30 minutes",
            "scheduledTime": "2024-01-15T11:00:00.000Z",
          ]))
        #expect(
          data[1].holds([
            "type": "security", "message": "The door is open", "severity": "warning",
          ]))
        #expect(
          data[2].holds(["type": "update", "message": "1.1 is here", "version": "1.1.0"]))
      }
    }
  }

  @Test func `what the hub proposes comes to the rooms for it, and to those rooms alone`()
    async throws
  {
    try await LiveHub.with { live in
      let person = try await live.person(.manager)
      let buyer = try await WebSocketClient.open(live, as: person)
      let cook = try await WebSocketClient.open(live, as: person)
      let hand = try await WebSocketClient.open(live, as: person)
      for (client, room) in [(buyer, "procurement_updates"), (cook, "pairing_recommendations")] {
        _ = try await client.answers(to: ["type": "leave_room", "room": "inventory_updates"])
        _ = try await client.answers(to: ["type": "join_room", "room": .string(room)])
      }
      let wine = try await live.id(
        "productId", "product.create", ["sku": "MX", "name": "Margaux", "minimum": 5])
      let cellar = try await live.location()
      try await live.adjust(wine, at: cellar, by: 20)

      try await live.adjust(wine, at: cellar, by: -16)
      try await live.perform(
        "procurement.decide", ["proposalId": 1, "decision": "accept", "quantity": 12])
      try await live.perform(
        "pairing.recommend", ["products": [["productId": .int(wine)]], "pairedWith": "lamb"])
      try await live.settle()

      let bought = try await buyer.everything().filter(\.isOfSommOS)
      #expect(bought.map { $0["type"]?.text } == ["procurement_update", "procurement_update"])
      #expect(bought.map { $0["data"]?["type"]?.text } == ["proposed", "decided"])
      #expect(
        bought.first?["data"]?["proposal"]?.holds([
          "productId": .int(wine), "productName": "Margaux", "quantity": 6, "available": 4,
          "minimum": 5, "reason": "low_stock",
        ]) == true)
      #expect(bought.last?["data"]?["proposal"]?["decision"]?.text == "accepted")
      let paired = try await cook.everything().filter(\.isOfSommOS)
      #expect(paired.map { $0["type"]?.text } == ["pairing_recommendation"])
      #expect(paired.first?["data"]?["pairing"]?["pairedWith"]?.text == "lamb")
      let moved = try await hand.everything().filter(\.isOfSommOS)
      #expect(
        Set(moved.compactMap { $0["type"]?.text }) == ["inventory_action", "inventory_update"])
    }
  }

  @Test func `a hub that stops says so, with a code that clients come back from`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))

      live.hub.closeAll()

      #expect(try await client.closing().code == 1001)
    }
  }

  @Test func `its statistics count clients and the rooms that they are in`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let person = try await live.person(.staff)
      let first = try await WebSocketClient.open(live, as: person)
      let second = try await WebSocketClient.open(live, as: person)
      _ = try await first.answers(to: ["type": "join_room", "room": "procurement_updates"])

      let statistics = try await live.get("/api/ws/stats", as: person).json

      #expect(
        statistics.holds([
          "totalClients": 2, "totalRooms": 2, "maxClients": .int(Int64(Limits().connections)),
          "rooms": [
            ["name": "inventory_updates", "clientCount": 2],
            ["name": "procurement_updates", "clientCount": 1],
          ],
        ]))
      #expect(try await second.everything().isEmpty)
    }
  }
}
