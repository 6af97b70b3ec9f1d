import HubFixtures
import Inventory
import NIOCore
@testable import Shore
import ShoreFixtures
import Sync
import Testing
import Wire

/// The office on Socket.IO: what `/api/ws` says, in Socket.IO's words, and no more to be done there.
@Suite(.timeLimit(.minutes(2)))
struct OfficeSocketIOTests {
  let directory: TemporaryDirectory
  let store: ShoreStore
  private static let token = "operator-token-of-the-test"
  private static let signedIn = ["Authorization: Bearer \(token)"]

  init() throws {
    directory = try TemporaryDirectory()
    store = try ShoreStore(DataDirectory(directory.path), create: true)
    _ = try store.addSite(.yacht, at: 1)
  }

  private func receive(_ batch: Batch) async throws {
    let receipt = try await store.receive(try batch.received, from: .yacht, at: 2)
    #expect(receipt == .accepted(refused: []))
  }

  private static func port(_ shore: String) throws -> Int {
    try #require(shore.split(separator: ":").last.flatMap { Int($0) })
  }

  /// Joins and takes the welcome.
  private static func open(_ shore: String) async throws -> SocketClient {
    let client = try await SocketClient.open(port: port(shore), headers: signedIn)
    #expect(try await client.event("welcome")["data"]?["readOnly"] == true)
    return client
  }

  private static func subscribe(
    _ client: SocketClient, _ data: JSON = [:], id: Int = 1
  ) async throws -> JSON {
    try await client.emit("subscribe", data, id: id)
    return try await client.acknowledgement(id)
  }

  /// Asks for all that there is.
  private static func comeBackPolling(
    _ shore: String
  ) async throws -> (client: PollingClient, session: String) {
    let client = PollingClient(port: try port(shore), headers: signedIn)
    let session = try await client.open()
    #expect(try await client.post(session, "40").status == 200)
    let wish = #"420["subscribe",{"after":{"yacht":"e1.0.0.0"}}]"#
    #expect(try await client.post(session, wish).status == 200)
    return (client, session)
  }

  @Test func `each event is emitted by its name, and says what a plain WebSocket is told`()
    async throws
  {
    try await receive(.sample(1...1))

    try await withShore(store) { shore in
      let socket = try await Self.open(shore)
      let plain = WebSocketClient(raw: try await .connect(to: Self.port(shore)))
      try await plain.raw.send(WebSocketClient.handshake(token: Self.token))
      #expect(try await plain.raw.readResponse().status == 101)
      _ = try await plain.receive("welcome")
      try await plain.send(["type": "subscribe", "data": ["site": "yacht"]])
      _ = try await plain.receive("subscribed")
      let answer = try await Self.subscribe(socket, ["site": "yacht"])
      #expect(answer["type"]?.text == "subscribed")
      #expect(answer["data"]?["outcome"]?.text == "live")

      try await receive(.sample(2...2))

      let (name, arguments) = try await socket.event()
      #expect(name == "inventory:updated")
      #expect(arguments.count == 1)
      #expect(arguments.first?["cursor"]?.text == "e1.0.2.0")
      #expect(arguments.first == (try await plain.receive()))
    }
  }

  @Test func `a client that comes back with a cursor is told what it missed, and then answered`()
    async throws
  {
    try await receive(.sample(1...20))

    try await withShore(store) { shore in
      let client = try await Self.open(shore)
      try await client.emit("subscribe", ["after": ["yacht": "e1.0.15.0"]], id: 7)

      var missed: [Int64] = []
      while missed.count < 5 {
        missed.append(try await client.event().arguments.first?["seq"]?.integer ?? 0)
      }
      let answer = try await client.packet()

      #expect(missed == Array(16...20))
      #expect(answer.hasPrefix("437["))
      #expect(answer.contains("replayed"))
    }
  }

  @Test func `a question without an acknowledgement is answered by an event`() async throws {
    try await withShore(store) { shore in
      let client = try await Self.open(shore)

      try await client.emit("ping")
      #expect(try await client.event("pong")["timestamp"] != nil)
      try await client.emit("command", ["command": "stock.adjust", "data": [:]])
      #expect(try await client.event("refused")["code"]?.text == "forbidden")
      try await client.emit("launch")
      #expect(try await client.event("refused")["code"]?.text == "unknown_command")
    }
  }

  @Test func `whoever is not the operator gets no session, nor does another host's page`()
    async throws
  {
    try await withShore(store) { shore in
      let port = try Self.port(shore)
      let strangers = [
        [], ["Authorization: Bearer wrong"], Self.signedIn + ["Origin: https://elsewhere.example"],
      ]
      for headers in strangers {
        let polling = PollingClient(port: port, headers: headers)
        let answer = try await polling.request("GET", "EIO=4&transport=polling")
        #expect(answer.status == 401)
        await #expect(throws: WebSocketClient.Closed.self) {
          _ = try await SocketClient.open(port: port, headers: headers)
        }
      }
      // Whoever has opened a session need not show the token again; a page of another host's may not
      // use it all the same.
      let session = try await PollingClient(port: port, headers: Self.signedIn).open()
      #expect(try await PollingClient(port: port).post(session, "40").status == 200)
      let page = PollingClient(port: port, headers: ["Origin: https://elsewhere.example"])
      #expect(try await page.get(session).status == 401)
      #expect(try await PollingClient(port: port).get("nobody").status == 401)
    }
  }

  @Test func `there is one namespace, which may be left and joined again on one session`()
    async throws
  {
    try await withShore(store) { shore in
      await #expect(throws: SocketClient.Refused(message: "Invalid namespace")) {
        _ = try await SocketClient.open(
          port: Self.port(shore), "/ws", headers: Self.signedIn)
      }
      let client = try await Self.open(shore)
      _ = try await Self.subscribe(client)

      let again = try await client.again()
      _ = try await again.event("welcome")
      _ = try await Self.subscribe(again, id: 2)
      try await receive(.sample(1...2))

      #expect(try await again.event().arguments.first?["seq"] == 1)
      #expect(try await again.event().arguments.first?["seq"] == 2)
    }
  }

  @Test func `a client that polls takes what it missed at its own pace, all of it and in order`()
    async throws
  {
    for batch in stride(from: Int64(1), to: 2001, by: 500) {
      try await receive(.sample(batch...(batch + 499)))
    }
    var limits = OfficeLimits()
    limits.waitingBytes = 1 << 16

    try await withShore(store, office: limits) { shore in
      let (client, session) = try await Self.comeBackPolling(shore)

      // Time in which everything could pile up. It does not, so it may go on speaking.
      try await Task.sleep(for: .milliseconds(500))
      #expect(try await client.post(session, #"42["ping"]"#).status == 200)
      var seqs: [Int64] = []
      var isAnswered = false
      while !isAnswered {
        let answer = try await client.get(session)
        #expect(answer.status == 200)
        let packets = answer.text.split(separator: "\u{1e}")
        #expect(packets.count <= 16)
        for packet in packets {
          isAnswered = isAnswered || packet.hasPrefix("430[")
          guard packet.hasPrefix("42["), let event = try? JSON(parsing: String(packet.dropFirst(2)))
          else { continue }
          if let seq = event.elements?.last?["seq"]?.integer { seqs.append(seq) }
        }
      }

      #expect(seqs == Array(1...2000))
    }
  }

  @Test func `large events that were missed wait for their reader, whatever else comes in`()
    async throws
  {
    let large = String(repeating: "x", count: 20_000)
    let events = (1...40).map { Event.sample($0, data: #"{"text":"\#(large)"}"#) }
    try await receive(
      try #require(Batch(events, lane: .normal, after: 0, lineage: .sample(("e1", 1)))))
    var limits = OfficeLimits()
    limits.waitingBytes = 1 << 16

    try await withShore(store, office: limits) { shore in
      let (client, session) = try await Self.comeBackPolling(shore)
      try await Task.sleep(for: .milliseconds(300))
      try await receive(.sample(41...41))
      try await Task.sleep(for: .milliseconds(500))

      var events = 0
      while events < 41 {
        let answer = try await client.get(session)
        #expect(answer.status == 200)
        guard answer.status == 200 else { return }
        let packets = answer.text.split(separator: "\u{1e}")
        #expect(!packets.contains("1"))
        guard !packets.contains("1") else { return }
        events += packets.count { $0.hasPrefix(#"42["inventory"#) }
      }
    }
  }

  @Test func `whoever leaves and joins again has said no less`() async throws {
    var limits = OfficeLimits()
    limits.messagesPerMinute = 20

    try await withShore(store, office: limits) { shore in
      let client = try await Self.open(shore)
      // The session's own join was the first.
      for _ in 0..<25 { try await client.send("41"); try await client.send("40") }

      #expect(try await client.web.end().code == 4429)
    }
  }

  @Test func `a wish that is withdrawn is answered, too`() async throws {
    for batch in stride(from: Int64(1), to: 2001, by: 500) {
      try await receive(.sample(batch...(batch + 499)))
    }

    try await withShore(store) { shore in
      let client = try await Self.open(shore)
      try await client.emit("subscribe", ["after": ["yacht": "e1.0.0.0"]], id: 1)
      try await client.emit("unsubscribe", [:], id: 2)

      #expect(try await client.acknowledgement(2)["type"]?.text == "unsubscribed")
      let answer = try await client.acknowledgement(1)
      #expect(answer["type"]?.text == "refused" || answer["type"]?.text == "subscribed")
    }
  }

  @Test func `a client that resets while it is answered takes nobody along`() async throws {
    try await receive(.sample(1...1))

    try await withShore(store) { shore in
      let port = try Self.port(shore)
      for round in 0..<20 {
        let client = try await Self.open(shore)
        for id in 1...100 {
          try await client.emit("subscribe", ["after": ["yacht": "e1.0.0.0"]], id: id)
        }
        try await Task.sleep(for: .microseconds(200 * round))
        try await client.web.raw.vanish()
      }
      _ = try await SocketClient.open(port: port, headers: Self.signedIn)
    }
  }

  @Test func `sockets of both kinds share the places that there are`() async throws {
    var limits = OfficeLimits()
    limits.connections = 1

    try await withShore(store, office: limits) { shore in
      let port = try Self.port(shore)
      let first = try await Self.open(shore)
      let polling = PollingClient(port: port, headers: Self.signedIn)
      #expect(try await polling.request("GET", "EIO=4&transport=polling").status == 403)
      await first.web.raw.close()
      var status = 403
      for _ in 0..<500 where status == 403 {
        status = try await polling.request("GET", "EIO=4&transport=polling").status
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(status == 200)
    }
  }

  @Test func `when shore stops each client is told, joined or not`() async throws {
    let (joined, silent) = try await withShore(store) { shore in
      let silent = try await WebSocketClient.open(
        port: Self.port(shore), headers: Self.signedIn)
      _ = try await silent.text()
      return (try await Self.open(shore), silent)
    }

    #expect(try await joined.web.end().code == 1001)
    #expect(try await silent.end().code == 1001)
  }
}
