import HubFixtures
import Inventory
@testable import Shore
import ShoreFixtures
import Sync
import Testing
import WebSockets
import Wire

/// The office's sockets: the hub's own protocol over RFC 6455, frame by frame, and nothing to be changed
/// through them.
@Suite(.timeLimit(.minutes(2)))
struct OfficeSocketTests {
  let directory: TemporaryDirectory
  let store: ShoreStore
  static let token = "operator-token-of-the-test"
  static let tender: SiteName = {
    guard let name = SiteName("tender") else { preconditionFailure("'tender' is a site's name.") }
    return name
  }()

  init() throws {
    directory = try TemporaryDirectory()
    store = try ShoreStore(DataDirectory(directory.path), create: true)
    _ = try store.addSite(.yacht, at: 1)
    _ = try store.addSite(Self.tender, at: 1)
  }

  func receive(_ batch: Batch, from site: SiteName = .yacht) async throws {
    let receipt = try await store.receive(try batch.received, from: site, at: 2)
    #expect(receipt == .accepted(refused: []))
  }

  static func connect(
    _ shore: String, token: String? = token, path: String = "/api/ws", headers: [String] = [],
    receiveBuffer: Int32? = nil
  ) async throws -> WebSocketClient {
    let port = try #require(shore.split(separator: ":").last.flatMap { Int($0) })
    let client = WebSocketClient(
      raw: try await .connect(to: port, receiveBuffer: receiveBuffer))
    try await client.raw.send(
      WebSocketClient.handshake(path: path, token: token, headers: headers))
    let answer = try await client.raw.readResponse()
    guard answer.status == 101 else {
      throw WebSocketClient.Closed(code: answer.status, reason: answer.text)
    }
    return client
  }

  /// Connects and takes the welcome.
  static func open(_ shore: String) async throws -> WebSocketClient {
    let client = try await connect(shore)
    #expect(try await client.receive()["type"]?.text == "welcome")
    return client
  }

  static func subscribe(
    _ client: WebSocketClient, _ data: JSON
  ) async throws -> (missed: [JSON], answer: JSON) {
    try await client.send(["type": "subscribe", "id": "s", "data": data])
    var missed: [JSON] = []
    while true {
      let message = try await client.receive()
      if message["id"]?.text == "s" { return (missed, message) }
      missed.append(message)
    }
  }

  static func outcome(_ answer: JSON) -> String? { answer["data"]?["outcome"]?.text }

  static func cursors(_ answer: JSON) -> JSON {
    .object(
      JSON.Members(
        (answer["data"]?["sites"]?.members?.pairs ?? []).map {
          ($0.key, $0.value["cursor"] ?? .null)
        }
      ))
  }

  /// `yacht/4`
  static func names(_ messages: [JSON]) -> [String] {
    messages.map { "\($0["site"]?.text ?? "?")/\($0["seq"]?.integer ?? 0)" }
  }

  static func hear(_ count: Int, _ client: WebSocketClient) async throws -> [JSON] {
    var heard: [JSON] = []
    while heard.count < count { heard.append(try await client.receive()) }
    return heard
  }

  @Test func `a screen is told where each site stands, and hears the fleet from there on`()
    async throws
  {
    try await receive(.sample(1...3))

    try await withShore(store) { shore in
      let client = try await Self.connect(shore)
      let welcome = try await client.receive()
      #expect(welcome["data"]?["readOnly"] == true)
      #expect(welcome["data"]?["sites"]?["yacht"]?["cursor"]?.text == "e1.0.3.0")

      let (missed, answer) = try await Self.subscribe(client, [:])
      #expect(missed.isEmpty)
      #expect(Self.outcome(answer) == "live")
      #expect(Self.cursors(answer) == ["yacht": "e1.0.3.0"])

      try await receive(.sample(4...5))
      // A site that nothing had come from before.
      try await receive(.sample(1...1), from: Self.tender)
      let heard = try await Self.hear(3, client)
      #expect(Self.names(heard) == ["yacht/4", "yacht/5", "tender/1"])
      #expect(heard[1]["type"]?.text == "inventory:updated")
      #expect(heard[1]["namespace"]?.text == "inventory")
      #expect(heard[1]["epoch"]?.text == "e1")
      #expect(heard[1]["cursor"]?.text == "e1.0.5.0")
      #expect(heard[1]["data"]?["productId"]?.integer == 5)
      #expect(heard[2]["cursor"]?.text == "e1.0.1.0")
    }
  }

  @Test func `a subscription is to one site or one topic, and an event of several is told once`()
    async throws
  {
    try await receive(.sample(1...1))
    try await receive(.sample(1...1), from: Self.tender)

    try await withShore(store) { shore in
      let (one, both, none) = (
        try await Self.open(shore), try await Self.open(shore), try await Self.open(shore)
      )
      _ = try await Self.subscribe(one, ["site": "tender"])
      _ = try await Self.subscribe(both, ["namespace": "inventory"])
      _ = try await Self.subscribe(both, ["site": "yacht", "topic": "inventory:location:7"])
      _ = try await Self.subscribe(none, ["topic": "orders"])
      try await receive(.sample(2...2))
      try await receive(.sample(2...2), from: Self.tender)

      #expect(Self.names(try await Self.hear(1, one)) == ["tender/2"])
      #expect(Self.names(try await Self.hear(2, both)) == ["yacht/2", "tender/2"])
      #expect(try await both.heard().isEmpty)
      #expect(try await none.heard().isEmpty)

      let said = try await both.ask(["type": "unsubscribe", "data": ["namespace": "inventory"]])
      #expect(said["type"]?.text == "unsubscribed")
      try await receive(.sample(3...3), from: Self.tender)
      _ = try await Self.hear(1, one)
      #expect(try await both.heard().isEmpty)
    }
  }

  @Test func `a screen that comes back hears what it missed, of each lane and site, once`()
    async throws
  {
    try await receive(.sample(1...600))
    try await receive(.sample(700...701, lane: .first, after: 0))
    try await receive(.sample(1...2), from: Self.tender)

    try await withShore(store) { shore in
      let client = try await Self.open(shore)
      let (missed, answer) = try await Self.subscribe(
        client, ["after": ["yacht": "e1.0.20.0", "tender": "e1.0.2.0"]])
      #expect(
        Self.names(missed) == (["700", "701"] + (21...600).map { "\($0)" }).map { "yacht/\($0)" })
      #expect(Self.outcome(answer) == "replayed")
      #expect(answer["data"]?["sites"]?["tender"]?["outcome"]?.text == "nothing_missed")

      // In between a slower lane brings older events.
      let cursor = try #require(missed.last?["cursor"])
      await client.raw.close()
      try await receive(.sample(601...602))
      let again = try await Self.open(shore)
      let (more, live) = try await Self.subscribe(again, ["site": "yacht", "after": cursor])
      #expect(Self.names(more) == ["yacht/601", "yacht/602"])
      #expect(Self.cursors(live) == ["yacht": "e1.701.602.0"])
      // A second time on one socket: what it asks for, once.
      let (twice, _) = try await Self.subscribe(again, ["site": "yacht", "after": cursor])
      #expect(Self.names(twice) == ["yacht/601", "yacht/602"])
      let (nothing, whole) = try await Self.subscribe(
        again, ["topic": "inventory", "after": Self.cursors(live)])
      #expect(nothing.map { $0["site"]?.text } == ["tender", "tender"])
      #expect(whole["data"]?["sites"]?["yacht"]?["outcome"]?.text == "nothing_missed")
    }
  }

  @Test func `what the tray held back comes late, live or as missed, and once`() async throws {
    try await receive(.sample(1...2))
    try await receive(.sample(4...5, after: 2))

    try await withShore(store) { shore in
      let there = try await Self.open(shore)
      let (shown, live) = try await Self.subscribe(there, ["after": ["yacht": "e1.0.2.0"]])
      #expect(Self.names(shown) == ["yacht/4", "yacht/5"])
      try await receive(.sample(3...3, after: 2))
      let late = try await there.receive()
      #expect(Self.names([late]) == ["yacht/3"])
      #expect(late["cursor"]?.text == "e1.0.5.0+1")

      let away = try await Self.open(shore)
      let (missed, answer) = try await Self.subscribe(away, ["after": Self.cursors(live)])
      #expect(Self.names(missed) == ["yacht/3"])
      #expect(Self.outcome(answer) == "replayed")
      #expect(Self.cursors(answer) == ["yacht": "e1.0.5.0+1"])
      let (nothing, again) = try await Self.subscribe(
        away, ["site": "yacht", "after": Self.cursors(answer)])
      #expect(nothing.isEmpty)
      #expect(Self.outcome(again) == "nothing_missed")

      try await receive(.sample(6...6))
      #expect(try await there.receive()["cursor"]?.text == "e1.0.6.0+1")
      #expect(try await away.receive()["cursor"]?.text == "e1.0.6.0+1")
    }
  }

  @Test func `what one subscription has told, live or as missed, no other tells again`()
    async throws
  {
    try await receive(.sample(1...4))

    try await withShore(store) { shore in
      let client = try await Self.open(shore)
      let beginning: JSON = ["yacht": "e1.0.0.0"]
      let (missed, _) = try await Self.subscribe(client, ["site": "yacht", "after": beginning])
      let (again, answer) = try await Self.subscribe(
        client, ["topic": "inventory", "after": beginning])
      #expect(Self.names(missed) == (1...4).map { "yacht/\($0)" })
      #expect(again.isEmpty)
      #expect(Self.cursors(answer)["yacht"] == "e1.0.4.0")

      try await receive(.sample(5...5))

      #expect(Self.names(try await Self.hear(1, client)) == ["yacht/5"])
      #expect(try await client.heard().isEmpty)
    }
  }

  @Test func `a site that first reports while the fleet catches up is told from its beginning`()
    async throws
  {
    try await receive(.sample(1...2))
    let found = try await store.resumption(
      after: [.yacht: try #require(OfficeCursor("e1.0.0.0"))], of: nil, limit: 100)
    #expect(Array(found.cursors.keys) == [.yacht])

    try await receive(.sample(1...1), from: Self.tender)

    let fleet = try await store.missed(after: found.cursors, ofAll: true, limit: 100)
    #expect(Set(fleet.arrivals.map(\.site)) == [.yacht, Self.tender])
    #expect(fleet.cursors[Self.tender]?.text == "e1.0.1.0")
    let one = try await store.missed(after: found.cursors, ofAll: false, limit: 100)
    #expect(Set(one.arrivals.map(\.site)) == [.yacht])
  }

  @Test func `a subscription right behind the handshake is answered after the welcome`()
    async throws
  {
    try await receive(.sample(1...2))

    try await withShore(store) { shore in
      for _ in 0..<5 {
        let client = try await Self.connect(shore)
        try await client.send(["type": "subscribe", "id": "s", "data": ["site": "yacht"]])
        #expect(try await client.receive()["type"]?.text == "welcome")
        let answer = try await client.receive()
        #expect(Self.cursors(answer)["yacht"] == "e1.0.2.0")
        await client.raw.close()
      }
    }
  }

  @Test func `what comes while it catches up is neither lost nor told twice`() async throws {
    try await receive(.sample(1...3000))

    try await withShore(store) { shore in
      let client = try await Self.open(shore)
      async let coming: Void = {
        for seq in Int64(3001)...3200 { try await receive(.sample(seq...seq)) }
      }()
      // Again and again, so that it goes live at every possible moment.
      var heard: [JSON] = []
      var cursor: JSON = "e1.0.0.0"
      while heard.count < 3200 {
        let (missed, answer) = try await Self.subscribe(client, ["site": "yacht", "after": cursor])
        cursor = Self.cursors(answer)["yacht"] ?? cursor
        try await client.send(["type": "unsubscribe", "data": ["site": "yacht"]])
        var live: [JSON] = []
        while live.last?["type"]?.text != "unsubscribed" { live.append(try await client.receive()) }
        heard += missed + live.dropLast()
        cursor = live.dropLast().last?["cursor"] ?? cursor
      }
      try await coming
      #expect(heard.compactMap { $0["seq"]?.integer } == Array(1...3200))
    }
  }

  @Test func `a screen that shows what no longer holds, or missed too much, takes a snapshot`()
    async throws
  {
    try await receive(.sample(1...9))
    let restored = Lineage.sample(("e1", 1), ("e2", 5))
    var limits = OfficeLimits()
    limits.replayedEvents = 4

    try await withShore(store, office: limits) { shore in
      let live = try await Self.open(shore)
      _ = try await Self.subscribe(live, ["site": "yacht"])
      try await receive(.sample(5...6, lineage: restored))
      // Whoever has shown events 7 to 9 shows what the restore took back.
      let told = try await Self.hear(3, live)
      #expect(told[0]["type"]?.text == "snapshot_required")
      #expect(told[0]["data"]?["site"]?.text == "yacht")
      #expect(told[1]["cursor"]?.text == "e2.0.5.0")

      let client = try await Self.open(shore)
      for (cursor, outcome) in [
        ("e1.0.9.0", "snapshot_required"), ("e7.0.3.0", "snapshot_required"),
        ("e1.0.1.0", "snapshot_required"), ("e1.0.2.0", "replayed"),
      ] {
        let (missed, answer) = try await Self.subscribe(
          client, ["site": "yacht", "after": .string(cursor)])
        #expect(Self.outcome(answer) == outcome, "\(cursor)")
        #expect(missed.count == (outcome == "replayed" ? 4 : 0))
        #expect(Self.cursors(answer) == ["yacht": "e2.0.6.0"])
        _ = try await client.ask(["type": "unsubscribe", "data": ["site": "yacht"]])
      }
    }
  }
}
