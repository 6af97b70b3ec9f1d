import Access
import Foundation
import HubFixtures
import Inventory
import NIOCore
import Realtime
import Testing
import Wire

/// Many at once: who is there, what is left when they have gone, and what gives way under load.
@Suite struct CompanyTests {
  @Test func `fifty of each kind hear each change once, each in its own words`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let person = try await live.person(.staff)
      let (kit, place) = (try await live.product(), try await live.location())
      var rooms: [WebSocketClient] = []
      var namespaces: [WebSocketClient] = []
      for _ in 0..<50 {
        rooms.append(try await WebSocketClient.open(live, as: person))
        let client = try await WebSocketClient.open(live, as: person)
        try await client.enter(.inventory)
        namespaces.append(client)
      }
      for client in rooms { _ = try await client.everything() }

      for _ in 0..<3 { try await live.adjust(kit, at: place, by: 2) }
      try await live.settle()

      for client in rooms {
        let told = try await client.everything()
        #expect(
          told.map { $0["type"]?.text } == [
            "inventory_action", "inventory_update", "inventory_update",
          ])
      }
      for client in namespaces {
        let told = try await client.events().filter { $0["type"]?.text == "inventory:updated" }
        #expect(told.map { $0["data"]?["newStock"] } == [2, 4, 6])
      }
      #expect(live.hub.rooms == ["inventory_updates": 50])
      #expect(live.hub.traffic.connections == 100)
    }
  }

  enum End: CaseIterable { case close, reset, stop }

  @Test(arguments: End.allCases)
  func `when all have gone nothing is left of them`(end: End) async throws {
    try await LiveHub.with(loops: 2) { live in
      let customer = try await live.customer("Ana")
      let people = [
        try await live.person(.staff), try await live.person(.admin),
        try await live.person(.customer, customer: customer), nil,
      ]
      var clients: [WebSocketClient] = []
      for person in people + people {
        let client = try await WebSocketClient.open(live, as: person)
        try await client.send(["type": "join_room", "room": "procurement_updates"])
        try await client.enter(.orders, .products)
        clients.append(client)
      }
      let full = try await live.hub.census()

      for client in clients {
        switch end {
        case .close: try await client.send(Frame(close: 1000))
        case .reset: try await client.raw.vanish()
        case .stop: live.hub.closeAll()
        }
      }
      let isEmpty = try await live.eventually { live.hub.traffic.connections == 0 }

      #expect(isEmpty)
      #expect(full.total == 8)
      #expect(full.topics > 0)
      let census = try await live.hub.census()
      #expect(census.total == 0)
      #expect(census.topics == 0)
      #expect(live.hub.rooms.isEmpty)
      #expect(live.hub.traffic.addresses == 0)
      #expect(live.hub.traffic.users == 0)
    }
  }

  @Test func `a customer comes with their first connection and goes with their last`() async throws
  {
    try await LiveHub.with(loops: 2) { live in
      let ana = try await live.customer("Ana")
      let person = try await live.person(.customer, customer: ana)
      let watcher = try await WebSocketClient.open(live, as: try await live.person(.staff))
      try await watcher.enter(.customers)
      let other = try await WebSocketClient.open(live, as: try await live.person(.admin))
      try await other.subscribe("customers:\(ana)")
      let outsider = try await WebSocketClient.open(live, as: try await live.person(.guest))
      try await outsider.enter(.products)

      var devices: [WebSocketClient] = []
      for _ in 0..<4 { devices.append(try await WebSocketClient.open(live, as: person)) }
      let again: JSON = ["type": "auth", "data": ["token": .string(person.token)]]
      _ = try await devices[0].answers(to: again)
      let online = try await watcher.receive("customer:online")
      for device in devices { await device.raw.close() }
      let offline = try await watcher.receive("customer:offline")

      #expect(online.keys == ["type", "namespace", "data", "timestamp"])
      #expect(online["namespace"]?.text == "customers")
      #expect(online["data"]?.keys == ["customerId", "isOnline", "lastSeen"])
      #expect(online["data"]?.holds(["customerId": .int(ana), "isOnline": true]) == true)
      #expect(online["data"]?["lastSeen"]?.isMilliseconds == true)
      #expect(offline["data"]?.holds(["customerId": .int(ana), "isOnline": false]) == true)
      try await live.hub.turn()
      #expect(try await watcher.events().isEmpty)
      #expect(
        try await other.events().map { $0["type"]?.text } == [
          "customer:online", "customer:offline",
        ])
      #expect(try await outsider.events().isEmpty)
    }
  }

  @Test func `of customers who come and go at once the crew knows the last state`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let ana = try await live.customer("Ana")
      let person = try await live.person(.customer, customer: ana)
      let watcher = try await WebSocketClient.open(live, as: try await live.person(.staff))
      try await watcher.enter(.customers)

      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            for _ in 0..<10 {
              let device = try await WebSocketClient.open(live, as: person)
              await device.raw.close()
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await live.eventually { live.hub.traffic.connections == 1 })
      try await live.hub.turn()

      let states = try await watcher.events().compactMap { $0["data"]?["isOnline"]?.boolean }
      #expect(states.last == false)
      // They alternate: nobody comes twice.
      #expect(states == states.indices.map { $0.isMultiple(of: 2) })
    }
  }

  @Test func `a hub that is behind drops what passes, then refuses newcomers, and recovers`()
    async throws
  {
    let strain = Strain(
      late: .milliseconds(200), veryLate: .milliseconds(400), hold: .seconds(5))
    try await LiveHub.with(strain: strain) { live in
      let (kit, place) = (try await live.product(), try await live.location())
      let person = try await live.person(.staff)
      let client = try await WebSocketClient.open(live, as: person)
      try await client.enter(.inventory)
      try await client.subscribe("presence")

      live.group.next().execute { Thread.sleep(forTimeInterval: 1) }
      try await live.adjust(kit, at: place, by: 1)
      try await live.settle()
      let relief = live.hub.relief
      let refused = await #expect(throws: WebSocketClient.Closed.self) {
        try await WebSocketClient.open(live, as: person)
      }
      live.hub.announce("presence:joined", topics: ["presence"], to: Audience(roles: .crew), [:])
      try await live.adjust(kit, at: place, by: 1)
      try await live.settle()

      #expect(relief == .newcomersAreRefused)
      #expect(refused?.code == 503)
      #expect(live.hub.traffic.dropped == 1)
      let heard = try await client.everything().compactMap { $0["type"]?.text }
      #expect(heard.filter { $0 == "inventory:updated" }.count == 2)
      #expect(!heard.contains("presence:joined"))
      let metrics = try await live.get("/metrics").text
      #expect(metrics.contains("quartermaster_relief 2\n"))
      #expect(metrics.contains("quartermaster_announcements_dropped_total 1\n"))

      #expect(try await live.eventually { live.hub.relief == .none })
      _ = try await WebSocketClient.open(live, as: person)
      #expect(try await client.receive("presence:joined")["type"] != nil)
    }
  }
}
