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

@Suite(.timeLimit(.minutes(2)))
struct UplinkTests: AtBothEnds {
  let ends: BothEnds

  init() throws { ends = try BothEnds() }

  @Test func `the whole log gets ashore, each lane in order, and both exports are equal`()
    async throws
  {
    try hub.append((1...2500).map { .sample($0, lane: [.first, .normal, .bulk][Int($0) % 3]) })

    try await sail { $0 == [.first: 2499, .normal: 2500, .bulk: 2498] }

    #expect(try shoreStore.exported == hub.exported)
    #expect(try hub.store.backlog() == [.first: 0, .normal: 0, .bulk: 0])
    #expect(try hub.tray.isEmpty)
  }

  @Test func `what is committed while it rests is sent on a nudge`() async throws {
    try hub.append(1...3)

    try await withShore(shoreStore) { [hub, key] shore in
      try await hub.withUplink(to: shore, key: key) { uplink in
        await hub.progress { $0[.normal] == 3 }
        try hub.append(4...6)
        uplink.nudge()
        await hub.progress { $0[.normal] == 6 }

        #expect(uplink.status.eventsSent == 6)
        #expect(uplink.status.bytesSent > 0)
        #expect(uplink.status.lastContact == 1_764_547_200_000)
        #expect(uplink.status.lastError == nil)
      }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `a captive portal's 200 is no ack`() async throws {
    try hub.append(1...3)
    let (visits, visit) = AsyncStream<Void>.makeStream()

    let status = try await withImpostor { _ in
      visit.yield()
      return Response(
        status: .ok, body: .init(byteBuffer: ByteBuffer(string: "<html>Welcome</html>")))
    } body: { [hub, key] portal in
      try await hub.withUplink(to: portal, key: key) { uplink in
        _ = await visits.prefix(3).reduce(0) { count, _ in count + 1 }
        return uplink.status
      }
    }

    #expect(status.lastError == "\(Trouble.notShore)")
    #expect(status.lastContact == nil)
    #expect(status.pending == [.first: 0, .normal: 3, .bulk: 0])
    #expect(try hub.store.shoreCursor(.normal) == 0)
  }

  @Test func `a redirect is no link, even to the real shore`() async throws {
    try hub.append(1...3)
    let (visits, visit) = AsyncStream<Void>.makeStream()

    try await withShore(shoreStore) { [hub, key] shore in
      try await withImpostor { request in
        visit.yield()
        return Response(
          status: .temporaryRedirect, headers: [.location: shore + request.uri.path])
      } body: { portal in
        try await hub.withUplink(to: portal, key: key) { uplink in
          _ = await visits.prefix(3).reduce(0) { count, _ in count + 1 }
          #expect(uplink.status.lastError == "\(Trouble.notShore)")
        }
      }
    }

    #expect(try hub.store.shoreCursor(.normal) == 0)
    #expect(try shoreStore.exported.isEmpty)
  }

  @Test func `an answer that was lost costs nothing but its bytes`() async throws {
    try hub.append(1...50)
    let isLost = Mutex(true)

    try await withShore(shoreStore) { [hub, key] shore in
      try await withImpostor { request in
        // Shore commits; on the first batch, the way back drops what it says.
        let answer = try await relay(request, to: shore)
        return isLost.withLock { isLost in
          defer { isLost = false }
          return isLost ? Response(status: .badGateway) : answer
        }
      } body: { proxy in
        try await hub.withUplink(to: proxy, key: key) { _ in
          await hub.progress { $0[.normal] == 50 }
        }
      }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `events that shore refuses go to the tray and the rest goes on`() async throws {
    try hub.append([
      .sample(1), .sample(2, data: "[]"), .sample(3), .sample(4, data: "{]"), .sample(5),
    ])

    try await sail { $0[.normal] == 5 }

    #expect(try hub.tray == [2: "bad_data", 4: "malformed"])
    #expect(
      try shoreStore.exported
        == hub.exported.enumerated()
        .filter { ![1, 3].contains($0.offset) }.map(\.element))
  }

  @Test func `one event that shore can't read ends in the tray, the rest ashore`() async throws {
    try hub.append(1...100)
    let poison = Array("\"seq\":70,".utf8)

    try await withShore(shoreStore) { [hub, key] shore in
      try await withImpostor { request in
        let body = Array(buffer: try await request.body.collect(upTo: Limits.body))
        let text = try Gzip.inflated(body, limit: Limits.inflated)
        guard text.contains(poison) else { return try await relay(body, request, to: shore) }
        let problem = Problem(.malformed, "Line 70 has no seq.")
        let json = problem.json(site: .yacht, digest: BodyDigest(of: body), key: key)
        return Response(
          status: .badRequest, body: .init(byteBuffer: ByteBuffer(bytes: json.encodedBytes)))
      } body: { proxy in
        try await hub.withUplink(to: proxy, key: key) { _ in
          await hub.progress { $0[.normal] == 100 }
        }
      }
    }

    #expect(try hub.tray == [70: "withheld"])
    #expect(try shoreStore.exported.count == 99)
    #expect(try shoreStore.status().first?.cursors[.normal] == 100)
    #expect(try shoreStore.status().first?.refused == 1)
  }

  @Test func `a batch too large for something in between goes in halves`() async throws {
    try hub.append(1...100)

    try await withShore(shoreStore) { [hub, key] shore in
      try await withImpostor { request in
        let body = Array(buffer: try await request.body.collect(upTo: Limits.body))
        guard body.count < 800 else { return Response(status: .contentTooLarge) }
        return try await relay(body, request, to: shore)
      } body: { proxy in
        try await hub.withUplink(to: proxy, key: key) { _ in
          await hub.progress { $0[.normal] == 100 }
        }
      }
    }

    #expect(try shoreStore.exported == hub.exported)
    #expect(try hub.tray.isEmpty)
  }

  @Test func `a wrong key is told in words and nothing moves`() async throws {
    try hub.append(1...3)
    let (visits, visit) = AsyncStream<Void>.makeStream()

    let status = try await withShore(shoreStore) { [hub] shore in
      try await withImpostor { request in
        visit.yield()
        return try await relay(request, to: shore)
      } body: { proxy in
        try await hub.withUplink(to: proxy, key: SiteKey()) { uplink in
          _ = await visits.prefix(3).reduce(0) { count, _ in count + 1 }
          return uplink.status
        }
      }
    }

    #expect(status.lastError == "\(Trouble.unknownKey)")
    #expect(try hub.store.shoreCursor(.normal) == 0)
  }

  @Test func `a batch that the way doubles a hundredfold is held once`() async throws {
    try hub.append(1...100)

    try await withShore(shoreStore) { [hub, key] shore in
      try await withImpostor { request in
        let body = Array(buffer: try await request.body.collect(upTo: Limits.body))
        for _ in 0..<99 { _ = try await relay(body, request, to: shore) }
        return try await relay(body, request, to: shore)
      } body: { proxy in
        try await hub.withUplink(to: proxy, key: key) { _ in
          await hub.progress { $0[.normal] == 100 }
        }
      }
    }

    #expect(try shoreStore.exported == hub.exported)
    #expect(try hub.tray.isEmpty)
  }

  @Test func `another hub that uses the key is told so, and what is its own stays aboard`()
    async throws
  {
    try hub.append(1...10)
    try await sail { $0[.normal] == 10 }
    let other = try Hub()
    try other.sql("UPDATE epoch SET name = 'x1'")
    try other.append(1...20)

    try await withShore(shoreStore) { [hub, key] shore in
      try await other.withUplink(to: shore, key: key) { uplink in
        while uplink.status.lastError == nil { await Task.yield() }
        #expect(uplink.status.lastError?.contains("two different hubs") == true)
      }
      try hub.append(11...12)
      try await hub.withUplink(to: shore, key: key) { _ in
        await hub.progress { $0[.normal] == 12 }
      }
    }

    #expect(try other.store.shoreCursor(.normal) == 0)
    #expect(try shoreStore.exported == hub.exported)
  }

  @Test
  func `a copy of the hub that goes its own way finds that in its tray, shore keeps the first`()
    async throws
  {
    let copy = try Hub()
    try hub.append(1...20)
    try copy.append(1...10)
    try copy.append((11...25).map { .sample($0, data: #"{"by":"the copy"}"#) })

    try await sail { $0[.normal] == 20 }
    try await withShore(shoreStore) { [key] shore in
      try await copy.withUplink(to: shore, key: key) { _ in
        await copy.progress { $0[.normal] == 25 }
      }
    }

    #expect(try Set(copy.tray.keys) == Set(11...20))
    #expect(try Set(copy.tray.values) == ["diverged"])
    #expect(try Array(shoreStore.exported.prefix(20)) == hub.exported)
    #expect(try Array(shoreStore.exported.suffix(5)) == Array(copy.exported.suffix(5)))
  }

  @Test(arguments: [(-400, true), (0, false), (400, true)])
  func `a clock that is wrong shows, and hinders nothing`(days: Int64, shows: Bool) async throws {
    try hub.append(1...5)
    let clock: @Sendable () -> Int64 = { Store.systemTime() + days * 86_400_000 }

    try await withShore(shoreStore) { [hub, key] shore in
      try await hub.withUplink(to: shore, key: key, clock: clock) { uplink in
        await hub.progress { $0[.normal] == 5 }
        let ahead = uplink.status.clockAhead
        #expect(ahead.map { abs($0 - days * 86_400_000) < 60_000 } ?? !shows)
        #expect((ahead != nil) == shows)
      }
    }
  }

  @Test func `it stops at once in the middle of an exchange`() async throws {
    try hub.append(1...3)
    let (visits, visit) = AsyncStream<Void>.makeStream()
    let (never, open) = AsyncStream<Void>.makeStream()

    try await withImpostor { _ in
      visit.yield()
      for await _ in never {}
      return Response(status: .ok)
    } body: { [hub, key] silent in
      try await hub.withUplink(to: silent, key: key) { _ in
        _ = await visits.first { true }
      }
      open.finish()
    }

    #expect(try hub.store.shoreCursor(.normal) == 0)
  }

  @Test func `a change of the network ends an exchange over the old one`() async throws {
    try hub.append(1...3)
    let (visits, visit) = AsyncStream<Void>.makeStream()
    let (never, open) = AsyncStream<Void>.makeStream()
    let isDead = Mutex(true)

    try await withShore(shoreStore) { [hub, key] shore in
      try await withImpostor { request in
        let isFirst = isDead.withLock { isDead in
          defer { isDead = false }
          return isDead
        }
        guard isFirst else { return try await relay(request, to: shore) }
        visit.yield()
        for await _ in never {}
        return Response(status: .ok)
      } body: { link in
        try await hub.withUplink(to: link, key: key) { uplink in
          _ = await visits.first { true }
          uplink.linkChanged(.lost)
          await hub.progress { $0[.normal] == 3 }
        }
        open.finish()
      }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `shore comes and goes, and the queue starts again by itself`() async throws {
    try hub.append(1...10)

    // Nothing listens on the port of a shore that has gone.
    let gone = try await withShore(shoreStore) { $0 }
    try await hub.withUplink(to: gone, key: key) { uplink in
      while uplink.status.lastError == nil { await Task.yield() }
      #expect(uplink.status.lastError == "\(Trouble.unreachable)")
    }
    try await sail { $0[.normal] == 10 }

    #expect(try shoreStore.exported == hub.exported)
  }
}
