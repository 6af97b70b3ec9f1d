import Access
import Foundation
import HubFixtures
import Inventory
import NIOCore
import Realtime
import Storage
import Sync
import Testing
import Wire

@testable import API

/// Lists, the log and the snapshot: what is there, and for whom.
@Suite struct ListingTests {
  private func items(
    _ live: LiveHub, _ path: String, as person: LiveHub.Person? = nil
  ) async throws -> [JSON] {
    let answer = try await live.get(path, as: person)
    #expect(answer.status == 200, "\(path): \(answer.text)")
    return try answer.json["items"]?.elements ?? []
  }

  private func ids(
    _ live: LiveHub, _ path: String, as person: LiveHub.Person? = nil
  ) async throws -> [Int64] {
    try await items(live, path, as: person).compactMap { $0["id"]?.integer }
  }

  @Test(arguments: ["oldest", "newest"])
  func `pages have no gap and no repeat while rows are added`(order: String) async throws {
    try await LiveHub.with { live in
      for index in 0..<25 { _ = try await live.product("P\(index)") }

      var seen: [Int64] = []
      var next: Int64?
      var added = 0
      repeat {
        let after = next.map { "&after=\($0)" } ?? ""
        let page = try await live.get("/api/v1/products?limit=10&order=\(order)\(after)").json
        seen += (page["items"]?.elements ?? []).compactMap { $0["id"]?.integer }
        next = page["next"]?.integer
        if added < 5 {
          added += 1
          _ = try await live.product("Q\(added)")
        }
      } while next != nil

      let before = order == "oldest" ? Array(1...25) : Array((1...25).reversed())
      #expect(Array(seen.prefix(25)) == before.map(Int64.init))
      #expect(Set(seen).count == seen.count)
    }
  }

  @Test func `a limit is held within bounds, and the last page says so`() async throws {
    try await LiveHub.with { live in
      for index in 0..<3 { _ = try await live.product("P\(index)") }

      #expect(try await ids(live, "/api/v1/products?limit=0").count == 1)
      #expect(try await ids(live, "/api/v1/products?limit=999999").count == 3)
      #expect(try await ids(live, "/api/v1/products?after=\(Int64.max)").isEmpty)
      let exact = try await live.get("/api/v1/products?limit=3").json
      #expect(exact["next"]?.isNull == true)
    }
  }

  @Test func `filters narrow, and are values and never SQL`() async throws {
    try await LiveHub.with { live in
      for name in ["Rum", "Red wine", "100% juice"] { _ = try await live.product(name) }
      let staff = try await live.person(.staff)
      let location = try await live.location()
      try await live.adjust(2, at: location, by: 1)

      #expect(try await ids(live, "/api/v1/products?q=Rum") == [1])
      #expect(try await ids(live, "/api/v1/products?q=Red%20wine") == [2])
      #expect(try await ids(live, "/api/v1/products?q=R") == [1, 2])
      #expect(try await ids(live, "/api/v1/products?q=%27%20OR%201%3D1--").isEmpty)
      #expect(try await ids(live, "/api/v1/products?category=none").isEmpty)
      let stock = try await items(live, "/api/v1/stock?productId=2", as: staff)
      #expect(stock.map { $0["quantity"]?.integer } == [1])
      #expect(try await items(live, "/api/v1/stock?productId=1", as: staff).isEmpty)
    }
  }

  @Test func `customers see their own orders only, and not the crew's notes`() async throws {
    try await LiveHub.with { live in
      _ = try await live.product()
      let (mine, other) = (try await live.customer("Ana"), try await live.customer("Ben"))
      let person = try await live.person(.customer, customer: mine)
      let nameless = try await live.person(.customer, name: "nobody")
      let lines: JSON = [["productId": 1, "quantity": 1]]
      for customer in [mine, other, nil] {
        try await live.perform(
          "order.create",
          .compact(["customerId": .integer(customer), "lines": lines, "note": "VIP"]))
      }

      let orders = try await items(live, "/api/v1/orders", as: person)
      #expect(orders.map { $0["id"]?.integer } == [1])
      #expect(orders.allSatisfy { $0["note"] == nil })
      #expect(try await ids(live, "/api/v1/orders?customerId=\(other)", as: person).isEmpty)
      #expect(try await live.get("/api/v1/orders/2", as: person).status == 404)
      #expect(try await live.get("/api/v1/orders/3", as: person).status == 404)
      #expect(try await ids(live, "/api/v1/orders", as: nameless).isEmpty)
      #expect(try await live.get("/api/v1/customers", as: person).status == 403)
    }
  }

  @Test func `whoever has not signed in sees products without the crew's columns`() async throws {
    try await LiveHub.with { live in
      _ = try await live.product()
      let guest = try await live.person(.guest)
      let crewOnly = ["minimum", "onHand", "reserved", "alert", "forbidsNegative"]

      for person in [guest, nil] {
        let product = try #require(try await items(live, "/api/v1/products", as: person).first)
        #expect(product["sku"] != nil)
        #expect(crewOnly.allSatisfy { product[$0] == nil })
      }
      let staff = try await live.person(.staff)
      let product = try #require(try await items(live, "/api/v1/products", as: staff).first)
      #expect(crewOnly.allSatisfy { product[$0] != nil })
    }
  }

  @Test func `each listing shows a branch's rows to its own crew and to admins`() async throws {
    try await LiveHub.with { live in
      let people = try await Sample.fill(live)
      let stranger = try await live.person(.manager, name: "stranger")
      let manager = try #require(people.first { $0.name == "manager" })
      let admin = try #require(people.first { $0.name == "admin" })

      for name in [
        "locations", "stock", "movements", "reservations", "orders", "payments", "sales", "counts",
        "count-lines", "branches",
      ] {
        let own = try await ids(live, "/api/v1/\(name)", as: manager)
        let others = try await ids(live, "/api/v1/\(name)", as: stranger)
        #expect(own == (try await ids(live, "/api/v1/\(name)", as: admin)), "\(name)")
        #expect(!own.isEmpty, "\(name)")
        #expect(others == (name == "locations" ? [2] : []), "\(name)")
        #expect(try await live.get("/api/v1/\(name)/1", as: stranger).status == 404, "\(name)")
      }
      // Goods on their way concern both ends, and one of them is common ground.
      #expect(try await ids(live, "/api/v1/transfers", as: stranger) == [1])
      let sessions = try await items(live, "/api/v1/sessions", as: stranger)
      #expect(sessions.map { $0["userId"]?.integer } == [stranger.user])
      #expect(try await live.get("/api/v1/sessions/1", as: stranger).status == 404)
      #expect(try await live.get("/api/v1/users", as: stranger).status == 403)
    }
  }

  @Test func `the log is shown as far as its reader may hear it, and goes on where nothing was`()
    async throws
  {
    try await LiveHub.with { live in
      let people = try await Sample.fill(live)
      let log = try live.store.events(after: 0, limit: 1000)

      for person in people {
        let identity = try await live.gate.identity(token: person.token)
        var seen: [Int64] = []
        var after: Int64? = 0
        while let cursor = after {
          let page = try await live.get("/api/v1/events?limit=3&after=\(cursor)", as: person).json
          seen += (page["items"]?.elements ?? []).compactMap { $0["seq"]?.integer }
          after = page["next"]?.integer
        }
        #expect(seen == log.filter { $0.audience.includes(identity) }.map(\.seq), "\(person.name)")
      }
      let admin = try #require(people.first { $0.name == "admin" })
      let orders = try await items(live, "/api/v1/events?topic=orders", as: admin)
      #expect(!orders.isEmpty)
      #expect(orders.allSatisfy { $0["topics"]?.elements?.first?.text == "orders" })
      #expect(try await live.get("/api/v1/events").status == 401)
    }
  }

  @Test func `an event is shown under the epoch in which it happened`() async throws {
    let folder = try Folder()
    let backup = folder.path + "/backup.sqlite"
    let old = try await LiveHub.with(in: folder) { live in
      _ = (try await live.product("1"), try await live.product("2"))
      try live.store.backup(to: backup) { _ in }
      return live.hub.epoch
    }
    _ = try Store.restore(backup, into: folder.path)

    try await LiveHub.with(in: folder) { live in
      let guest = try await live.person(.guest)
      _ = try await live.product("3")

      let events = try await items(live, "/api/v1/events?topic=products", as: guest)

      let new = live.hub.epoch
      #expect(events.map { $0["epoch"]?.text } == [old, old, new])
    }
  }

  @Test func `the snapshot is one state of the log, cut to its reader's role and branch`()
    async throws
  {
    try await LiveHub.with(loops: 2) { live in
      let people = try await Sample.fill(live)
      let stranger = try await live.person(.staff, name: "stranger")
      let admin = try #require(people.first { $0.name == "admin" })
      let customer = try #require(people.first { $0.name == "customer" })
      for index in 0..<1100 { _ = try await live.product("P\(index)") }

      async let writing: Void = {
        for _ in 0..<200 { try await live.adjust(1, at: 2, by: 1) }
      }()
      for _ in 0..<5 {
        let snapshot = try await live.get("/api/v1/snapshot", as: admin).json
        let seq = try #require(snapshot["seq"]?.integer)
        let moved = try live.store.events(after: 0, limit: 10_000).filter {
          $0.seq <= seq && $0.type == "inventory:updated"
            && $0.topics.contains("inventory:location:2")
        }
        let stock = snapshot["stock"]?.elements?.first { $0["locationId"]?.integer == 2 }
        #expect(stock?["quantity"]?.integer ?? 0 == Int64(moved.count))
        #expect(snapshot["products"]?.elements?.count == 1101)
        #expect(snapshot["epoch"]?.text == live.hub.epoch)
      }
      try await writing

      let theirs = try await live.get("/api/v1/snapshot", as: customer).json
      let names = theirs.members?.pairs.map(\.key) ?? []
      #expect(Set(names) == ["epoch", "seq", "products", "orders", "notifications"])
      let outside = try await live.get("/api/v1/snapshot", as: stranger).json
      #expect(outside["locations"]?.elements?.compactMap { $0["id"]?.integer } == [2])
      #expect(outside["orders"]?.elements?.isEmpty == true)
      #expect(try await live.get("/api/v1/snapshot").status == 401)
    }
  }

  @Test func `a reader that stops in the middle of a snapshot does not keep it open`() async throws
  {
    try await LiveHub.with(stall: .milliseconds(500)) { live in
      let person = try await live.person(.admin)
      for index in 0..<1000 { _ = try await live.product("P\(index)") }
      _ = try await live.get("/api/v1/snapshot", as: person)
      let before = try Self.openFiles(live)
      let client = try await RawClient.connect(to: live.port)
      try await client.setReading(false)

      let asked = 150
      let head =
        "GET /api/v1/snapshot HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer \(person.token)\r\n\r\n"
      for _ in 0..<asked { try await client.send(head) }
      #expect(try await live.eventually { try Self.openFiles(live) > before })
      // One answer follows another until the reader's buffers are full.
      var quiet = 0
      for _ in 0..<3000 where quiet < 50 {
        try await Task.sleep(for: .milliseconds(10))
        quiet = try Self.openFiles(live) > before ? 0 : quiet + 1
      }
      #expect(quiet == 50)

      // By then the hub may have reset it.
      try? await client.setReading(true)
      let answers = String(decoding: try await client.readToEnd(), as: UTF8.self)
      #expect(answers.matches(of: /HTTP\/1\.1 200/).count < asked)
    }
  }

  /// How often this process has the database's file open.
  private static func openFiles(_ live: LiveHub) throws -> Int {
    let folder = URL(filePath: "/proc/self/fd")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { name in
      let target = try? FileManager.default.destinationOfSymbolicLink(
        atPath: folder.appending(path: name).path)
      return target?.hasPrefix(live.folder.path) == true
    }.count
  }

  @Test(
    arguments: [
      ("/api/v1/snapshot", true), ("/api/v1/products?limit=1000", true),
      ("/api/v1/events?limit=1000", true), ("/api/openapi.json", true), ("/api/v1/me", false),
    ])
  func `a long answer is packed for clients that offer gzip, and the same for the others`(
    path: String, isLong: Bool
  ) async throws {
    try await LiveHub.with { live in
      let admin = try await live.person(.admin)
      for index in 0..<40 { _ = try await live.product("P\(index)") }

      let plain = try await live.get(path, as: admin)
      let packed = try await live.request(
        "GET", path, as: admin, headers: ["Accept-Encoding: br, gzip"])

      #expect(plain.status == 200)
      #expect(plain.headers["content-encoding"] == nil)
      #expect(plain.headers["vary"] == (isLong ? "Accept-Encoding" : nil))
      #expect(packed.headers["content-encoding"] == (isLong ? "gzip" : nil))
      let body = isLong ? try Gzip.inflated(packed.body, limit: 1 << 20) : packed.body
      #expect(body == plain.body)
      #expect(!isLong || packed.body.count * 3 < plain.body.count)
    }
  }
}
