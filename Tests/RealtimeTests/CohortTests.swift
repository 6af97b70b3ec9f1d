import HubFixtures
import Inventory
import NIOCore
import Realtime
import Storage
import Testing
import Wire

/// What is decided once for many is what each of them would hear alone.
@Suite struct CohortTests {
  /// Events that are committed in one go, from the next number on. Returns when they are delivered.
  private func publish(
    _ live: LiveHub, _ events: [(type: String, topics: [String], audience: Audience, data: JSON)]
  ) async throws {
    let head = try live.store.position().seq
    live.hub.publish(
      events.enumerated().map { place, event in
        Event(
          seq: head + Int64(place) + 1, type: event.type, lane: .normal, audience: event.audience,
          topics: event.topics, time: 0, data: event.data.encoded)
      })
    // A device's question could be read before what the loop was given to deliver.
    try await live.hub.turn()
  }

  private func told(_ client: WebSocketClient) async throws -> [Int64] {
    try await client.heard().compactMap { $0["data"]?["n"]?.integer }
  }

  private func change(
    _ n: Int64, topics: [String] = ["inventory"], branch: Int64? = nil, user: Int64? = nil
  ) -> (String, [String], Audience, JSON) {
    (
      "inventory:updated", topics, Audience(roles: .crew, branch: branch, user: user),
      ["n": .int(n)]
    )
  }

  @Test func `what is meant for one person keeps its place among what is for all`() async throws {
    try await LiveHub.with { live in
      let (ana, ben) = (
        try await live.person(.staff, name: "ana"), try await live.person(.staff, name: "ben")
      )
      let clients = [
        try await WebSocketClient.open(live, as: ana),
        try await WebSocketClient.open(live, as: ben),
      ]
      for client in clients {
        for topic in ["inventory", "notifications"] { try await client.subscribe(topic) }
      }
      try await clients[1].subscribe("notifications:\(ben.user)")

      try await publish(
        live,
        [
          change(1), change(2, topics: ["notifications"], user: ana.user), change(3),
          change(4, topics: ["notifications:\(ben.user)"]),
          change(5, topics: ["inventory", "notifications:\(ben.user)"]), change(6),
        ])

      let heard = (try await told(clients[0]), try await told(clients[1]))
      #expect(heard.0 == [1, 2, 3, 5, 6])
      #expect(heard.1 == [1, 3, 4, 5, 6])
    }
  }

  @Test func `the rights of each decide, however alike they listen`() async throws {
    try await LiveHub.with { live in
      let (north, south) = (try await live.branch("North"), try await live.branch("South"))
      let people = [
        try await live.person(.staff, name: "ana", branches: [north]),
        try await live.person(.staff, name: "ben", branches: [south]),
        try await live.person(.staff, name: "cy", branches: [north, south]),
        try await live.person(.staff, name: "di", branches: [north]),
        try await live.person(.manager, name: "eva", branches: [south]),
        try await live.person(.admin, name: "max"),
      ]
      var clients: [WebSocketClient] = []
      for person in people {
        let client = try await WebSocketClient.open(live, as: person)
        try await client.subscribe("inventory")
        clients.append(client)
      }
      try await clients[3].subscribe("products")

      try await publish(
        live,
        [
          change(1, branch: north), change(2, branch: south), change(3),
          change(4, topics: ["products"]), change(5, topics: ["products", "inventory"]),
        ])

      let expected: [[Int64]] = [
        [1, 3, 5], [2, 3, 5], [1, 2, 3, 5], [1, 3, 4, 5], [2, 3, 5], [1, 2, 3, 5],
      ]
      for (client, expected) in zip(clients, expected) {
        #expect(try await told(client) == expected)
      }
    }
  }

  @Test func `whoever is sent away hears what came before, and nothing that comes after`()
    async throws
  {
    try await LiveHub.with { live in
      let (ana, ben) = (
        try await live.person(.staff, name: "ana"), try await live.person(.staff, name: "ben")
      )
      let (leaver, stayer) = (
        try await WebSocketClient.open(live, as: ana), try await WebSocketClient.open(live, as: ben)
      )
      for client in [leaver, stayer] { try await client.subscribe("inventory") }

      try await publish(
        live,
        [
          change(1),
          (
            EventType.sessionEnded.rawValue, ["system"], Audience(roles: []),
            ["sessionId": .int(ana.session), "userId": .int(ana.user)]
          ),
          change(2),
        ])

      #expect(try await leaver.receive()["data"]?["n"]?.integer == 1)
      #expect(try await leaver.closing().code == 4401)
      #expect(try await told(stayer) == [1, 2])
    }
  }

  @Test func `very much at once comes whole and in order, deflated or not`() async throws {
    try await LiveHub.with { live in
      let person = try await live.person(.staff)
      let clients = [
        try await WebSocketClient.open(live, as: person),
        try await WebSocketClient.open(live, as: person),
      ]
      for client in clients { try await client.subscribe("inventory") }
      let note = JSON.string(String(repeating: "x", count: 2000))

      try await publish(
        live,
        (1...200).map { n in
          (
            "inventory:updated", ["inventory"], Audience(roles: .crew),
            ["n": .int(n), "note": note]
          )
        })

      for client in clients {
        let heard = try await told(client)
        #expect(heard == Array(1...200))
      }
    }
  }

  @Test func `what is told in a row is few pieces, each whole`() {
    let frames = (1...5).map { SharedFrames([Array(repeating: UInt8(0x30 + $0), count: 100)]) }

    let pieces = SharedFrames.joined(frames, upTo: 250)

    #expect(
      pieces.map(\.messages) == [[0, 1], [2, 3], [4]].map { $0.flatMap { frames[$0].messages } })
    #expect(pieces[2] === frames[4])
    #expect(pieces[0].bytes(for: nil).readableBytes == frames[0].size + frames[1].size)
    #expect(SharedFrames.joined([], upTo: 250).isEmpty)
    #expect(SharedFrames.joined(frames, upTo: 1).count == 5)
  }

  @Test func `what is deflated within a piece is what it is alone`() throws {
    let agreement = try #require(DeflateAgreement(offers: ["permessage-deflate"]))
    let frames = [
      SharedFrames([Array(repeating: 0x20, count: 600)]), SharedFrames([Array("short".utf8)]),
    ]

    let piece = try #require(SharedFrames.joined(frames, upTo: 10_000).first)

    var expected = frames[0].bytes(for: agreement)
    expected.writeImmutableBuffer(frames[1].bytes(for: agreement))
    #expect(piece.bytes(for: agreement) == expected)
    #expect(piece.bytes(for: agreement).readableBytes < piece.bytes(for: nil).readableBytes)
  }
}
