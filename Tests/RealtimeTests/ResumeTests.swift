import Access
import Foundation
import HubFixtures
import Inventory
import Realtime
import Storage
import Testing
import Wire

/// Promise 4: no silent gap for a device that returns.
@Suite struct ResumeTests {
  private func position(_ live: LiveHub, _ seq: Int64, epoch: String? = nil) -> JSON {
    ["epoch": .string(epoch ?? live.hub.epoch), "seq": .int(seq)]
  }

  /// Subscribes and collects what comes up to the answer.
  private func resume(
    _ client: WebSocketClient, _ topic: String, _ after: JSON
  ) async throws -> (outcome: String?, seq: Int64?, replayed: [Int64]) {
    try await client.send([
      "type": "subscribe", "id": "r", "data": ["topic": .string(topic), "after": after],
    ])
    var replayed: [Int64] = []
    while true {
      let message = try await client.receive()
      if message["id"]?.text == "r" {
        let data = message["data"]
        return (data?["outcome"]?.text, data?["seq"]?.integer, replayed)
      }
      replayed.append(message["seq"]?.integer ?? -1)
    }
  }

  @Test func `who is at the head has missed nothing and hears the next event`() async throws {
    try await LiveHub.with { live in
      _ = try await live.product()
      let client = try await WebSocketClient.open(live)
      let head = try live.store.position().seq

      let answer = try await resume(client, "products", position(live, head))
      _ = try await live.product("2")
      try await live.settle()

      #expect(answer.outcome == "nothing_missed")
      #expect(answer.seq == head)
      #expect(answer.replayed.isEmpty)
      #expect(try await client.heard().map { $0["seq"]?.integer } == [head + 1])
    }
  }

  @Test func `what was missed is replayed over many pages, each once and in order`() async throws {
    try await LiveHub.with { live in
      for index in 0..<700 { _ = try await live.product("P\(index)") }
      let client = try await WebSocketClient.open(live)

      let answer = try await resume(client, "products", position(live, 30))

      #expect(answer.outcome == "replayed")
      #expect(answer.replayed == Array(31...700))
      #expect(answer.seq == 700)
    }
  }

  @Test func `replay while events are written has no gap and nothing twice`() async throws {
    try await LiveHub.with(loops: 2) { live in
      for index in 0..<600 { _ = try await live.product("P\(index)") }

      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for index in 600..<900 { _ = try await live.product("P\(index)") }
        }
        for _ in 0..<4 {
          group.addTask {
            let client = try await WebSocketClient.open(live)
            let answer = try await resume(client, "products", position(live, 0))
            var seqs = answer.replayed
            #expect(answer.outcome == "replayed")
            #expect(try #require(seqs.last) <= #require(answer.seq))
            while seqs.last ?? 0 < 900 {
              seqs.append(try await client.receive("product:created")["seq"]?.integer ?? -1)
            }
            #expect(seqs == Array(1...900))
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func `a replay beside a live subscription brings nothing twice and leaves nothing out`()
    async throws
  {
    try await LiveHub.with { live in
      let (product, location) = (try await live.product(), try await live.location())
      let start = try live.store.position().seq
      for _ in 0..<300 { try await live.adjust(product, at: location, by: 1) }
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      try await client.subscribe("inventory")
      for _ in 0..<50 { try await live.adjust(product, at: location, by: 1) }
      try await live.settle()

      let answer = try await resume(
        client, "inventory:product:\(product)", position(live, start))
      try await live.adjust(product, at: location, by: 1)
      try await live.settle()
      let heard = answer.replayed + (try await client.heard().compactMap { $0["seq"]?.integer })

      let expected = try live.store.events(after: start, limit: 1000)
        .filter { $0.topics.contains("inventory:product:\(product)") }.map(\.seq)
      #expect(heard.sorted() == expected)
      #expect(Set(heard).count == heard.count)
    }
  }

  @Test func `a device that was away too long takes a snapshot, and hears what comes after`()
    async throws
  {
    var limits = Limits()
    limits.replayedEvents = 10
    try await LiveHub.with(limits) { live in
      for index in 0..<20 { _ = try await live.product("P\(index)") }
      let client = try await WebSocketClient.open(live)

      let answers = [
        try await resume(client, "products", position(live, 9)),
        try await resume(client, "products", position(live, 21)),
        try await resume(client, "products", position(live, Int64.max)),
        try await resume(client, "products", position(live, 5, epoch: "another")),
        try await resume(client, "products", position(live, 10)),
      ]
      _ = try await live.product("next")
      try await live.settle()

      #expect(
        answers.map(\.outcome) == [
          "snapshot_required", "snapshot_required", "snapshot_required", "snapshot_required",
          "replayed",
        ])
      #expect(answers.map(\.replayed.count) == [0, 0, 0, 0, 10])
      #expect(try await client.heard().map { $0["seq"]?.integer } == [21])
    }
  }

  @Test func `a position of the epoch before a restore is honoured up to where it was cut`()
    async throws
  {
    let folder = try Folder()
    let backup = folder.path + "/backup.sqlite"
    let old = try await LiveHub.with(in: folder) { live in
      _ = (try await live.product("1"), try await live.product("2"))
      try live.store.backup(to: backup) { _ in }
      _ = (try await live.product("3"), try await live.product("4"))
      return live.hub.epoch
    }
    _ = try Store.restore(backup, into: folder.path)

    try await LiveHub.with(in: folder) { live in
      _ = try await live.product("5")
      let client = try await WebSocketClient.open(live)

      let before = try await resume(client, "products", position(live, 1, epoch: old))
      _ = try await client.ask(["type": "unsubscribe", "data": ["topic": "products"]])
      let beyond = try await resume(client, "products", position(live, 4, epoch: old))

      #expect(live.hub.epoch != old)
      #expect(before.outcome == "replayed")
      #expect(before.replayed.first == 2)
      #expect(beyond.outcome == "snapshot_required")
    }
  }

  @Test func `a replay leaves out what the reader's role and branch may not hear`() async throws {
    try await LiveHub.with { live in
      let (north, south) = (try await live.branch("North"), try await live.branch("South"))
      let product = try await live.product()
      let a = try await live.location("A", branch: north)
      let b = try await live.location("B", branch: south)
      for _ in 0..<5 {
        try await live.adjust(product, at: a, by: 1)
        try await live.adjust(product, at: b, by: 1)
      }
      let person = try await live.person(.staff, branches: [north])
      let client = try await WebSocketClient.open(live, as: person)

      let answer = try await resume(client, "inventory", position(live, 0))

      let heard = try live.store.events(after: 0, limit: 1000)
        .filter { answer.replayed.contains($0.seq) }
      #expect(heard.allSatisfy { $0.audience.branch != south })
      #expect(heard.count { $0.type == "inventory:updated" } == 5)
    }
  }

  @Test func `a reader that stops in mid-replay is waited for, and others are served`()
    async throws
  {
    var limits = Limits()
    limits.waitingBytes = 65_536
    try await LiveHub.with(limits) { live in
      let text = JSON.string(String(repeating: "x", count: 1000))
      for index in 0..<1500 {
        try await live.perform(
          "product.create",
          [
            "sku": .string("\(index)"), "name": "P",
            "attributes": ["a": text, "b": text, "c": text, "d": text],
          ])
      }
      let slow = try await WebSocketClient.open(live, receiveBuffer: 4096)
      try await slow.raw.setReading(false)
      try await slow.send([
        "type": "subscribe", "id": "r", "data": ["topic": "products", "after": position(live, 0)],
      ])

      let other = try await WebSocketClient.open(live)
      #expect(try await resume(other, "products", position(live, 1000)).replayed.count == 500)

      try await slow.raw.setReading(true)
      var seqs: [Int64] = []
      while let seq = try await slow.receive()["seq"]?.integer { seqs.append(seq) }
      #expect(seqs == Array(1...1500))
    }
  }
}
