import Foundation
import HubFixtures
import Inventory
import NIOCore
@testable import Shore
import ShoreFixtures
import Sync
import Testing
import WebSockets
import Wire

/// Who gets in, how much they may take, and how it ends.
extension OfficeSocketTests {
  @Test func `nothing can be changed through it, and what it does not know it says`() async throws {
    try await withShore(store) { shore in
      let client = try await Self.open(shore)
      let command = WebSocketClient.command("stock.adjust", "c1", ["productId": 1])
      for (message, code) in [
        (command, "forbidden"), (["type": "auth", "data": ["token": "x"]], "unknown_command"),
        (["data": 1], "malformed"), ([1], "malformed"),
        (["type": "subscribe", "data": ["site": "no name"]], "invalid_field"),
        (["type": "subscribe", "data": ["topic": ""]], "invalid_field"),
        (["type": "subscribe", "data": ["after": "e1.0.1.0"]], "invalid_field"),
        (["type": "subscribe", "data": ["after": ["yacht": "e1"]]], "invalid_field"),
        (["type": "subscribe", "data": ["after": ["no name": "e1.0.0.0"]]], "invalid_field"),
      ] as [(JSON, String)] {
        let answer = try await client.ask(message)
        #expect(answer["type"]?.text == "refused")
        #expect(answer["code"]?.text == code, "\(message.encoded)")
      }
      try await client.send(Frame(Frame.text, "{"))
      #expect(try await client.receive()["code"]?.text == "malformed")
      let refused = try await client.ask(command)
      #expect(refused["id"]?.text == "c1")
      #expect(refused["message"]?.text?.hasPrefix("This socket only listens.") == true)
      try await client.send(Frame(Frame.binary, [1]))
      #expect(try await client.closing().code == 1003)
    }
    #expect(try await store.pendingChanges(of: .yacht).isEmpty)
  }

  @Test func `only the operator gets in, and no other host's page in the operator's name`()
    async throws
  {
    try await withShore(store) { shore in
      for (token, headers, status) in [
        (nil, [], 401), ("wrong", [], 401),
        (Self.token, ["Origin: https://elsewhere.example"], 401),
      ] as [(String?, [String], Int)] {
        await #expect(throws: WebSocketClient.Closed.self) {
          do {
            _ = try await Self.connect(shore, token: token, headers: headers)
          } catch let closed as WebSocketClient.Closed {
            #expect(closed.code == status)
            throw closed
          }
        }
      }
      _ = try await Self.connect(shore, headers: ["Origin: http://hub.example"])
      let basic = Data("operator:\(Self.token)".utf8).base64EncodedString()
      _ = try await Self.connect(shore, token: nil, headers: ["Authorization: Basic \(basic)"])
      let other = try? await Self.connect(shore, path: "/api/other")
      #expect(other == nil)
      // What asks for no WebSocket is told so, and all else is served as ever.
      let plain = try await Post.request(
        "GET", "\(shore)/api/ws", headers: ["Authorization": "Bearer \(Self.token)"])
      #expect(plain.status == 400)
      #expect(try await Post.request("GET", "\(shore)/health").status == 200)
      #expect(
        try await Post.request("GET", "\(shore)/health", headers: ["Upgrade": "h2c"]).status == 200)
    }
  }

  @Test func `sockets, subscriptions and messages are limited, each with a plain word`()
    async throws
  {
    var limits = OfficeLimits()
    (limits.connections, limits.subscriptions, limits.messagesPerMinute) = (2, 2, 6)
    limits.messageSize = 1000

    try await withShore(store, office: limits) { [limits] shore in
      let client = try await Self.open(shore)
      let second = try await Self.open(shore)
      await #expect(throws: WebSocketClient.Closed.self) { try await Self.connect(shore) }
      try await second.send(Frame(Frame.text, String(repeating: " ", count: 1001)))
      #expect(try await second.closing().code == 1009)

      for topic in ["a", "b"] {
        let (_, answer) = try await Self.subscribe(client, ["topic": .string(topic)])
        #expect(Self.outcome(answer) == "live")
      }
      let (_, third) = try await Self.subscribe(client, ["topic": "c"])
      #expect(third["code"]?.text == "too_large")
      var codes: [String?] = []
      while codes.last != "rate_limited" {
        codes.append(try await client.ask(["type": "ping"])["code"]?.text)
      }
      #expect(codes.count == limits.messagesPerMinute - 2)
      for _ in 0..<limits.messagesPerMinute { try await client.send(["type": "ping"]) }
      #expect(try await client.closing().code == 4429)
      // Their places are free again.
      while (try? await Self.connect(shore)) == nil {}
    }
  }

  @Test func `a silent screen is asked, and let go when it does not answer`() async throws {
    var limits = OfficeLimits()
    limits.heartbeat = Heartbeat(sweep: .milliseconds(100), silence: .milliseconds(500))

    try await withShore(store, office: limits) { shore in
      let client = try await Self.open(shore)
      #expect(try await client.frame().opcode == Frame.ping)
      // Whoever answers stays.
      for _ in 0..<3 {
        try await client.send(Frame(Frame.pong))
        #expect(try await client.frame().opcode == Frame.ping)
      }
      let closed = try await client.closing()
      #expect(closed.reason == "No sign of life.")
    }
  }

  @Test func `a screen that does not keep up is closed with a code, and comes back by cursor`()
    async throws
  {
    var limits = OfficeLimits()
    limits.waitingBytes = 64 << 10

    try await withShore(store, office: limits) { shore in
      let client = try await Self.connect(shore, receiveBuffer: 4096)
      let welcome = try await client.receive()
      #expect(welcome["type"]?.text == "welcome")
      _ = try await Self.subscribe(client, [:])
      try await client.raw.setReading(false)
      // More than the kernel's buffers at both ends hold.
      let noise = String(repeating: "x", count: 8000)
      for first in stride(from: Int64(1), to: 1000, by: 100) {
        let events = (first..<(first + 100)).map { Event.sample($0, data: #"{"x":"\#(noise)"}"#) }
        let batch = Batch(events, lane: .normal, after: first - 1, lineage: .sample(("e1", 1)))
        try await receive(try #require(batch))
      }
      try await Task.sleep(for: .milliseconds(600))
      try await client.raw.setReading(true)
      var last: JSON?
      do {
        while true { last = try await client.receive() }
      } catch let closed as WebSocketClient.Closed {
        #expect(closed.code == 4408)
      }

      let told = try #require(last?["seq"]?.integer)
      #expect(told < 1000)
      let again = try await Self.open(shore)
      let (missed, _) = try await Self.subscribe(
        again, ["after": ["yacht": try #require(last?["cursor"])]])
      #expect(missed.first?["seq"]?.integer == told + 1)
      #expect(missed.last?["seq"]?.integer == 1000)
    }
  }

  @Test func `when shore stops each screen is told, and nobody holds it up`() async throws {
    let client = try await withShore(store) { shore in try await Self.open(shore) }

    #expect(try await client.closing().code == 1001)
  }
}
