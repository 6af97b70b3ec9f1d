import Access
import HubFixtures
import Inventory
import Realtime
import Testing
import Wire

/// A client that was cut off for a moment.
@Suite struct SocketRecoveryTests {
  @Test(arguments: ["/", "/ws"])
  func `what was missed comes, once and in order`(namespace: String) async throws {
    try await LiveHub.with { live in
      let (product, place) = (try await live.product(), try await live.location())
      let person = try await live.person(.staff)
      let (first, state) = try await Self.cutOff(live, namespace, person, product, place)
      for quantity in Int64(2)...4 { try await live.adjust(product, at: place, by: quantity) }

      let second = try await SocketClient.open(live, namespace, as: person, auth: state)

      var levels: [Int64?] = []
      while levels.count < 3 {
        let data = try await second.event("inventory:updated")["data"]
        levels.append(data?["newQuantity"]?.integer ?? data?["newStock"]?.integer)
      }
      #expect(levels == [3, 6, 10])
      #expect(second.joined["sid"] == first.joined["sid"])
      #expect(second.joined["pid"] == first.joined["pid"])
      #expect(try await !second.heard().contains("inventory:updated"))
    }
  }

  @Test func `a client that polls takes what it missed at its own pace, all of it and in order`()
    async throws
  {
    var limits = Limits()
    limits.waitingBytes = 16_384
    try await LiveHub.with(limits) { live in
      let (product, place) = (try await live.product(), try await live.location())
      let person = try await live.person(.staff)
      let (_, state) = try await Self.cutOff(live, "/", person, product, place)
      for _ in 0..<300 { try await live.adjust(product, at: place, by: 1) }

      let client = PollingClient(port: live.port)
      let session = try await client.open()
      var auth = state
      auth["token"] = .string(person.token)
      #expect(try await client.post(session, "40\(auth.encoded)").status == 200)
      // Time in which everything could pile up. It does not, so it may go on speaking.
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await client.post(session, #"42["ping"]"#).status == 200)
      var levels: [Int64?] = []
      while levels.count < 300 {
        let answer = try await client.get(session)
        try #require(answer.status == 200)
        for packet in answer.text.split(separator: "\u{1e}") where packet.hasPrefix("42[") {
          let event = try JSON(parsing: String(packet.dropFirst(2))).elements
          guard event?.first?.text == "inventory:updated" else { continue }
          let data = event?[1]["data"] ?? .null
          levels.append(data["newQuantity"]?.integer ?? data["newStock"]?.integer)
        }
      }

      #expect(levels == (2...301).map { Int64?($0) })
    }
  }

  @Test func `another user's state is nobody's, and rights are asked for again`() async throws {
    try await LiveHub.with { live in
      let (product, place) = (try await live.product(), try await live.location())
      let person = try await live.person(.staff)
      let thief = try await live.person(.staff, name: "thief")
      let (first, auth) = try await Self.cutOff(live, "/", person, product, place)
      try await live.adjust(product, at: place, by: 1)

      let stolen = try await SocketClient.open(live, as: thief, auth: auth)
      try await live.perform("user.update", ["userId": .int(person.user), "role": "guest"])
      let demoted = try await SocketClient.open(
        live, as: try await live.signedIn("staff"), auth: auth)

      #expect(stolen.joined["sid"] != first.joined["sid"])
      #expect(try await stolen.heard() == ["connected"])
      #expect(try await demoted.heard() == ["connected"])
    }
  }

  @Test func `clients that know nothing of it get no argument too many`() async throws {
    try await LiveHub.with { live in
      let (product, place) = (try await live.product(), try await live.location())
      let client = try await SocketClient.open(live, "/ws", as: try await live.person(.staff))
      try await live.adjust(product, at: place, by: 1)
      while true {
        let event = try await client.event()
        guard event.name == "inventory:updated" else { continue }
        #expect(event.arguments.count == 1)
        break
      }
      #expect(client.joined["pid"] == nil)
    }
  }

  /// Somebody who has heard of one change when the line goes, and with what they come back.
  private static func cutOff(
    _ live: LiveHub, _ namespace: String, _ person: LiveHub.Person, _ product: Int64, _ place: Int64
  ) async throws -> (client: SocketClient, state: JSON) {
    let client = try await SocketClient.open(
      live, namespace, as: person, auth: ["recovery": true])
    if namespace == "/" {
      try await client.emit("subscribe:inventory", [:], id: 1)
      _ = try await client.acknowledgement(1)
    }
    try await live.adjust(product, at: place, by: 1)
    let offset = try await offset(client)
    await client.web.raw.close()
    #expect(try await live.eventually { live.hub.traffic.connections == 0 })
    return (client, ["pid": client.joined["pid"] ?? .null, "offset": .string(offset)])
  }

  /// The last words of the next event that has a place in the log.
  private static func offset(_ client: SocketClient) async throws -> String {
    while true {
      if let offset = try await client.event().arguments.last?.text { return offset }
    }
  }
}
