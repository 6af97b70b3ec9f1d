import Access
import HubFixtures
import Inventory
import NIOCore
import Realtime
import Storage
import Testing
import Wire

/// How connections end, and what must not be heard any more.
@Suite struct EndingTests {
  @Test func `a slow reader is closed with 4408, and the others hear everything`() async throws {
    var limits = Limits()
    limits.waitingBytes = 65_536
    try await LiveHub.with(limits, loops: 2) { live in
      let slow = try await WebSocketClient.open(live, receiveBuffer: 4096)
      let other = try await WebSocketClient.open(live)
      for client in [slow, other] { try await client.subscribe("products") }
      try await slow.raw.setReading(false)

      let text = JSON.string(String(repeating: "x", count: 1000))
      var written = 0
      while live.hub.traffic.connections == 2, written < 5000 {
        for _ in 0..<50 {
          written += 1
          try await live.perform(
            "product.create",
            [
              "sku": .string("\(written)"), "name": "P",
              "attributes": ["a": text, "b": text, "c": text, "d": text],
            ])
        }
        try await live.settle()
        while try await other.heard().last != nil {}
      }
      try await slow.raw.setReading(true)

      #expect(live.hub.traffic.connections == 1)
      var seqs: [Int64] = []
      do {
        while true { seqs.append(try await slow.receive()["seq"]?.integer ?? -1) }
      } catch let closed as WebSocketClient.Closed {
        #expect(closed.code == 4408)
      }
      // What it did get has no hole, so that it can go on from there.
      #expect(seqs == Array(1..<(Int64(seqs.count) + 1)))
      #expect(seqs.count < written)
    }
  }

  @Test(arguments: [16_384, 65_536])
  func `however much there is to say at once, whoever reads it stays`(waiting: Int) async throws {
    var limits = Limits()
    limits.waitingBytes = waiting
    try await LiveHub.with(limits) { live in
      let client = try await WebSocketClient.open(live)
      try await client.subscribe("products")
      let data = (["note": .string(String(repeating: "x", count: 1000))] as JSON).encoded

      live.hub.publish(
        (1...400).map {
          Event(
            seq: $0, type: "product:created", lane: .normal, audience: Audience(roles: .everyone),
            topics: ["products"], time: 0, data: data)
        })

      for seq in 1...400 { #expect(try await client.receive()["seq"]?.integer == Int64(seq)) }
      #expect(live.hub.traffic.connections == 1)
    }
  }

  @Test func `a session that ends takes its sockets with it, and no others`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let person = try await live.person(.admin)
      let elsewhere = try await live.signedIn("admin")
      var clients: [WebSocketClient] = []
      for _ in 0..<4 { clients.append(try await WebSocketClient.open(live, as: person)) }
      for client in clients { try await client.subscribe("system") }
      let other = try await WebSocketClient.open(live, as: elsewhere)

      try await live.perform("session.end", ["sessionId": .int(person.session)])

      for client in clients { #expect(try await client.closing().code == 4401) }
      #expect(try await other.ask(["type": "ping"])["type"]?.text == "pong")
      #expect(try await live.eventually { live.hub.traffic.connections == 1 })
    }
  }

  @Test func `ending one's own session is acknowledged before the goodbye`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.guest)
      let client = try await WebSocketClient.open(live, as: person)

      let ack = try await client.ask(
        WebSocketClient.command("session.end", "bye", ["sessionId": .int(person.session)]))

      #expect(ack["type"]?.text == "ack")
      #expect(try await client.closing().code == 4401)
    }
  }

  enum Change: CaseIterable { case role, branches, disabled, device }

  @Test(arguments: Change.allCases)
  func `rights that change are the old ones no longer, from the next event on`(
    change: Change
  ) async throws {
    try await LiveHub.with(loops: 2) { live in
      let branch = try await live.branch("North")
      _ = try await live.person(.admin)
      let person = try await live.person(.manager, name: "Ana")
      let client = try await WebSocketClient.open(live, as: person)
      try await client.subscribe("inventory")

      let user = JSON.int(person.user)
      switch change {
      case .role: try await live.perform("user.update", ["userId": user, "role": "guest"])
      case .branches:
        try await live.perform("user.update", ["userId": user, "branchIds": [.int(branch)]])
      case .disabled: try await live.perform("user.update", ["userId": user, "active": false])
      case .device: try await live.perform("session.end", ["sessionId": .int(person.session)])
      }
      // Written right behind the change, perhaps in its very commit.
      _ = try await live.location("afterwards")
      try await live.settle()

      var heard: [JSON] = []
      do {
        while true { heard.append(try await client.receive()) }
      } catch let closed as WebSocketClient.Closed {
        #expect(closed.code == (change == .device ? 4401 : 4403))
      }
      #expect(heard.isEmpty)
    }
  }

  @Test func `a connection that opens while rights change never keeps the old ones`()
    async throws
  {
    try await LiveHub.with(loops: 2) { live in
      let person = try await live.person(.manager, name: "Ana")
      for round in 0..<30 {
        let role: Role = round.isMultiple(of: 2) ? .guest : .manager
        async let change = live.perform(
          "user.update", ["userId": .int(person.user), "role": .string(role.rawValue)])
        async let opening = WebSocketClient.open(live)
        let client = try await opening
        try await client.send(["type": "auth", "data": ["token": .string(person.token)]])
        _ = try await change
        try await live.settle()

        // Either it was closed, or its role is the one that holds.
        do {
          let data = try await client.receive("authenticated")["data"]
          if data?["role"]?.text != role.rawValue {
            #expect(try await client.closing().code == 4403)
          }
        } catch let closed as WebSocketClient.Closed {
          #expect(closed.code == 4403)
        }
        await client.raw.close()
      }
    }
  }

  enum End: CaseIterable { case close, fin, reset, fault, protocolError, goingAway }

  @Test(arguments: End.allCases)
  func `counts return to nothing after every kind of end`(end: End) async throws {
    try await LiveHub.with(loops: 2) { live in
      let people = [try await live.person(.staff), try await live.person(.admin), nil]
      var clients: [WebSocketClient] = []
      for person in people + people {
        let client = try await WebSocketClient.open(live, as: person)
        try await client.subscribe("products")
        clients.append(client)
      }
      #expect(live.hub.traffic.connections == 6)

      for client in clients {
        switch end {
        case .close: try await client.send(Frame(close: 1000))
        case .fin: await client.raw.close()
        case .reset: try await client.raw.vanish()
        case .fault: try await client.send(Frame(Frame.text, [0xFF]))
        case .protocolError: try await client.send(Frame(3))
        case .goingAway: live.hub.closeAll()
        }
      }

      #expect(try await live.eventually { live.hub.traffic.connections == 0 })
      #expect(try await live.hub.presences().isEmpty)
      if end == .goingAway { #expect(try await clients[0].closing().code == 1001) }
      // Nothing is left that an event could be sent to.
      _ = try await live.product()
      try await live.settle()
    }
  }

  @Test func `a silent peer is asked, and dropped when it stays silent`() async throws {
    let heartbeat = Heartbeat(sweep: .milliseconds(2900), silence: .seconds(3))
    try await LiveHub.with(heartbeat: heartbeat) { live in
      let silent = try await WebSocketClient.open(live)
      let answering = try await WebSocketClient.open(live)

      var pings = 0
      while live.hub.traffic.connections == 2 {
        let frame = try await answering.frame()
        #expect(frame.opcode == Frame.ping)
        try await answering.send(Frame(Frame.pong, frame.payload))
        pings += 1
      }

      #expect(pings > 0)
      #expect(try await silent.closing().code == 1008)
      #expect(live.hub.traffic.connections == 1)
    }
  }
}

/// Who is connected, on what device.
@Suite struct PresenceTests {
  @Test func `arrivals and departures are told to the crew`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let (staff, guest) = (try await live.person(.staff), try await live.person(.guest))
      let watcher = try await WebSocketClient.open(live, as: staff)
      try await watcher.subscribe("presence")

      let nobody = try await WebSocketClient.open(live)
      let client = try await WebSocketClient.open(live, as: guest)
      let joined = try await watcher.receive("presence:joined")
      await nobody.raw.close()
      await client.raw.close()
      let left = try await watcher.receive("presence:left")

      #expect(joined["data"]?["userId"]?.integer == guest.user)
      #expect(joined["data"]?["role"]?.text == "guest")
      #expect(left["data"]?["connectionId"] == joined["data"]?["connectionId"])
    }
  }

  @Test func `the crew may ask who is aboard, on all event loops, others may not`() async throws {
    try await LiveHub.with(loops: 2) { live in
      let staff = try await live.person(.staff)
      var clients: [WebSocketClient] = []
      for _ in 0..<5 { clients.append(try await WebSocketClient.open(live, as: staff)) }
      let nobody = try await WebSocketClient.open(live)
      let customer = try await WebSocketClient.open(live, as: try await live.person(.customer))

      let answer = try await clients[0].ask(["type": "presence", "id": "p"])

      let connections = answer["data"]?["connections"]?.elements ?? []
      #expect(answer["id"]?.text == "p")
      #expect(connections.count == 6)
      #expect(Set(connections.compactMap { $0["connectionId"]?.integer }).count == 6)
      #expect(try await nobody.ask(["type": "presence"])["code"]?.text == "forbidden")
      #expect(try await customer.ask(["type": "presence"])["code"]?.text == "forbidden")
    }
  }
}
