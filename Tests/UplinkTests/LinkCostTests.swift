import Hummingbird
import Inventory
import NIOCore
import Shore
import ShoreFixtures
import Storage
import Sync
import Synchronization
import Testing
import Wire

@testable import Uplink

/// What a link costs, and what waits for a person.
@Suite(.timeLimit(.minutes(2)))
struct LinkCostTests: AtBothEnds {
  let ends: BothEnds

  init() throws { ends = try BothEnds() }

  /// Movements as the ledger writes them: some hundred products, clocks that run, levels that fall.
  private static func movements(_ seqs: ClosedRange<Int64>) -> [Event] {
    var generator = SystemRandomNumberGenerator()
    var time: Int64 = 1_764_547_200_000
    return seqs.map { seq in
      let product = Int64.random(in: 1...400, using: &generator)
      let (place, taken) = (product % 12 + 1, Int64.random(in: 1...3, using: &generator))
      let level = Int64.random(in: 100...900, using: &generator)
      time += Int64.random(in: 500...60_000, using: &generator)
      return Event(
        seq: seq, type: "inventory:updated", lane: .normal, audience: Audience(roles: .crew),
        topics: ["inventory", "inventory:location:\(place)", "inventory:product:\(product)"],
        user: 3, time: time,
        data: #"{"productId":\#(product),"productName":"Impeller kit \#(product)","#
          + #""sku":"SKU-\#(product)","oldStock":\#(level),"newStock":\#(level - taken),"#
          + #""difference":-\#(taken),"reason":"use","locationId":\#(place),"#
          + #""locationStock":\#(level - taken)}"#)
    }
  }

  @Test func `an inventory event costs at most 30 bytes of the socket in batches of 1,000`()
    async throws
  {
    try hub.append(Self.movements(1...20_000))

    try await withShore(shoreStore) { [hub, key] shore in
      try await hub.withUplink(to: shore, key: key, batch: 1000, profile: LinkProfile(.cellular)) {
        uplink in
        await hub.progress { $0[.normal] == 20_000 }
        let status = uplink.status
        let each = Double(status.bytesSent + status.bytesReceived) / 20_000
        #expect(each <= 30, "\(each) bytes an event")
      }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `a budget that is spent keeps what is urgent moving, also after a restart`()
    async throws
  {
    try hub.append(Self.movements(1...3000))
    var profile = LinkProfile(.marina)
    profile.budget = Budget(hour: 20_000)

    try await withShore(shoreStore) { [hub, key, profile] shore in
      try await hub.withUplink(to: shore, key: key, profile: profile) { uplink in
        while uplink.status.planned == nil { await Task.yield() }
      }
      let sent = try hub.store.shoreCursor(.normal)
      #expect((1..<3000).contains(sent))
      try hub.append([.sample(3001, lane: .first)])
      try await hub.withUplink(to: shore, key: key, profile: profile) { uplink in
        await hub.progress { $0[.first] == 3001 }
        while uplink.status.planned == nil { await Task.yield() }
        #expect(uplink.status.lastError == nil)
        #expect(uplink.status.budget.first?.spent ?? 0 <= 20_000)
      }
      #expect(try hub.store.shoreCursor(.normal) == sent)
    }
  }

  @Test func `what a person sends again from the tray gets ashore and leaves it`() async throws {
    try hub.append([.sample(1), .sample(2, data: "[]"), .sample(3)])

    try await withShore(shoreStore) { [hub, key] shore in
      try await hub.withUplink(to: shore, key: key) { uplink in
        await hub.progress { $0[.normal] == 3 }
        // Somebody repaired the row by hand, and asks for it to be sent again.
        try hub.sql("UPDATE event SET data = '{}' WHERE seq = 2")
        try hub.sql("UPDATE shore_refusal SET retry = 1")
        uplink.nudge()
        while try !hub.tray.isEmpty { await Task.yield() }
      }
    }

    #expect(try shoreStore.exported == hub.exported)
    #expect(try shoreStore.status().first?.refused == 0)
  }

  @Test func `what is refused again lies in the tray again, and nothing else waits`() async throws {
    try hub.append([.sample(1), .sample(2, data: "[]"), .sample(3)])

    try await withShore(shoreStore) { [hub, key] shore in
      try await hub.withUplink(to: shore, key: key) { uplink in
        await hub.progress { $0[.normal] == 3 }
        try hub.sql("UPDATE shore_refusal SET retry = 1, code = 'waiting'")
        try hub.append(4...5)
        uplink.nudge()
        await hub.progress { $0[.normal] == 5 }
        while try hub.tray != [2: "bad_data"] { await Task.yield() }
        #expect(try hub.store.nextRetry() == nil)
      }
    }
  }

  @Test func `a shore that takes no zstd any more gets gzip at once`() async throws {
    try hub.append(1...2000)
    let codings = Mutex<[String]>([])

    try await withShore(shoreStore) { [hub, key] shore in
      try await withImpostor { request in
        let coding = request.headers[.contentEncoding] ?? ""
        codings.withLock { $0.append(coding) }
        let body = Array(buffer: try await request.body.collect(upTo: Limits.body))
        guard coding == "zstd" else {
          var answer = try await relay(body, request, to: shore)
          answer.headers[.acceptEncoding] = Coding.accepted
          return answer
        }
        let problem = Problem(.unsupportedMediaType, "Only gzip.")
        let json = problem.json(site: .yacht, digest: BodyDigest(of: body), key: key)
        return Response(
          status: .unsupportedMediaType,
          body: .init(byteBuffer: ByteBuffer(bytes: json.encodedBytes)))
      } body: { proxy in
        try await hub.withUplink(to: proxy, key: key) { _ in
          await hub.progress { $0[.normal] == 2000 }
        }
      }
    }

    #expect(codings.withLock { $0.contains("zstd") })
    #expect(try shoreStore.exported == hub.exported)
    #expect(try hub.tray.isEmpty)
  }

  @Test func `a hook's word reaches the running hub`() async throws {
    let (words, said) = AsyncStream<LinkHint.Word>.makeStream()
    let hint = try #require(LinkHint(in: ashore.path) { said.yield($0) })
    defer { hint.stop() }

    for word in [LinkHint.Word.down, .up] {
      try LinkHint.say(word, in: ashore.path)
      for await heard in words where heard == word { break }
    }
  }

  @Test func `people hear how it goes, and why it stands still`() async throws {
    try hub.append(1...3)
    let gone = try await withShore(shoreStore) { $0 }

    try await hub.withUplink(to: gone, key: key) { uplink in
      var status = uplink.status
      while status.reason == nil {
        await Task.yield()
        status = uplink.status
      }
      let json = status.json
      #expect(json["state"]?.text == "waiting")
      #expect(json["reason"]?.text == "\(Trouble.unreachable)")
      #expect(json["pending"]?["normal"]?.integer == 3)
    }
  }
}
