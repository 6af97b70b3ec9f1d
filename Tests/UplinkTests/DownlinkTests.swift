import Hummingbird
import HTTPTypes
import Inventory
import Logging
import NIOCore
import NIOPosix
import Shore
import ShoreFixtures
import Storage
import Sync
import Synchronization
import Testing
import Uplink
import Wire

/// The way down against a real shore, and against others that answer in its place.
@Suite(.timeLimit(.minutes(2)))
struct DownlinkTests {
  let directory: TemporaryDirectory
  let ashore: TemporaryDirectory
  let store: Store
  let ledger: Ledger
  let shoreStore: ShoreStore
  let key: SiteKey
  private let told: AsyncStream<Event>
  private let continuation: AsyncStream<Event>.Continuation

  init() throws {
    directory = try TemporaryDirectory()
    ashore = try TemporaryDirectory()
    store = try Store(directory: directory.path)
    ledger = Ledger(store: store, logger: .silent)
    shoreStore = try ShoreStore(DataDirectory(ashore.path), create: true)
    key = try shoreStore.addSite(.yacht, at: 1)
    (told, continuation) = AsyncStream.makeStream()
    ledger.observe { [continuation] in for event in $0 { continuation.yield(event) } }
  }

  private func put(_ skus: [String], price: Int64 = 1) async throws {
    let orders = try skus.map { sku in
      try ShoreStore.Order(
        "product.put", ["sku": .string(sku), "name": .string(sku), "price": .int(price)], by: "Ana")
    }
    _ = try await shoreStore.enqueue(orders, for: .yacht, at: 5)
  }

  private func withDownlink<Value: Sendable>(
    to shore: String, _ body: @escaping @Sendable (Downlink) async throws -> Value
  ) async throws -> Value {
    var settings = try UplinkSettings(shore: shore, site: "yacht", key: key.text)
    settings.pace.shortest = .milliseconds(1)
    settings.pace.longest = .milliseconds(5)
    let downlink = Downlink(
      ledger: ledger, settings: settings, policy: ShorePolicy(),
      group: MultiThreadedEventLoopGroup.singleton, logger: .silent, holding: .seconds(2),
      clock: { 1_764_547_200_000 })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await downlink.run() }
      defer { group.cancelAll() }
      return try await body(downlink)
    }
  }

  /// Returns with the `count`th event of `type`.
  private func heard(_ type: EventType, _ count: Int = 1) async {
    var left = count
    for await event in told where event.type == type.rawValue {
      left -= 1
      if left == 0 { return }
    }
  }

  private func products() throws -> [String] {
    try store.events(after: 0, limit: 100_000)
      .filter { $0.type == EventType.productCreated.rawValue }
      .compactMap { (try? JSON(parsing: $0.data))?["sku"]?.text }
  }

  @Test func `a catalogue of several pages comes down in order and once`() async throws {
    let skus = (1...1200).map { "sku-\($0)" }
    try await put(skus)

    try await withShore(shoreStore) { shore in
      try await withDownlink(to: shore) { _ in await heard(.productCreated, 1200) }
    }

    #expect(try products() == skus)
    #expect(try store.changeCursor().number == 1200)
  }

  @Test func `a change that is made while the question is held comes at once`() async throws {
    try await withShore(shoreStore) { shore in
      try await withDownlink(to: shore) { _ in
        try await put(["first"])
        await heard(.productCreated)
        try await put(["second"])
        await heard(.productCreated)
      }
    }

    #expect(try products() == ["first", "second"])
  }

  @Test func `a refused change holds nothing up, and the next question acknowledges it`()
    async throws
  {
    let bad = try ShoreStore.Order("product.update", ["productId": 99, "price": 1], by: "Ana")
    _ = try await shoreStore.enqueue([bad], for: .yacht, at: 5)
    try await put(["good"])

    try await withShore(shoreStore) { shore in
      try await withDownlink(to: shore) { downlink in
        await heard(.productCreated)
        // Shore has heard the next question once it says that nothing is on its way.
        while try await !shoreStore.pendingChanges(of: .yacht).isEmpty { await Task.yield() }
        #expect(downlink.status.refused == 1)
        #expect(downlink.status.applied == 1)
        #expect(downlink.status.bytesReceived > 0)
      }
    }
  }

  @Test func `a page that is answered twice is carried out once`() async throws {
    try await put(["a", "b", "c"])
    let asked = Mutex(0)
    let page = Mutex<(body: [UInt8], after: Int64)?>(nil)

    // Shore's own store behind a server that answers each question with the first three changes.
    try await withImpostor { [key, shoreStore] request in
      asked.withLock { $0 += 1 }
      let target = request.head.path ?? ""
      let question = ChangeRequest(
        site: .yacht, query: String(target.split(separator: "?").last ?? ""))
      let changes = try await shoreStore.pendingChanges(of: .yacht)
      let after = question?.after ?? 0
      let body = try ChangePage(
        after: after, changes: after == 0 ? changes : [], sent: 1_764_547_200_000
      ).body()
      page.withLock { $0 = (body, after) }
      var headers = HTTPFields()
      if let name = HTTPField.Name(ChangePage.sealHeader) {
        headers[name] = key.seal(
          page: body, site: .yacht, request: ChangeRequest.digest(target: target))
      }
      return Response(
        status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    } body: { shore in
      try await withDownlink(to: shore) { _ in await heard(.productCreated, 3) }
      // As after a power cut that took the cursor's file back to before the page.
      try await withDownlink(to: shore) { _ in
        let before = asked.withLock { $0 }
        while asked.withLock({ $0 }) < before + 3 { await Task.yield() }
      }
    }

    #expect(try products() == ["a", "b", "c"])
  }

  @Test(arguments: [
    ("<html>Please sign in</html>", 200), ("", 204), ("{\"code\":\"unauthenticated\"}", 401),
    ("", 302), ("", 404), ("", 500), ("{}", 429), ("{\"after\":0,\"count\":0,\"sent\":1}", 200),
  ])
  func `what is not shore's own word moves nothing`(body: String, status: Int) async throws {
    let asked = Mutex(0)

    let status = try await withImpostor { _ in
      asked.withLock { $0 += 1 }
      return Response(
        status: HTTPResponse.Status(code: status),
        body: .init(byteBuffer: ByteBuffer(string: body)))
    } body: { shore in
      try await withDownlink(to: shore) { downlink in
        while asked.withLock({ $0 }) < 3 { await Task.yield() }
        return downlink.status
      }
    }

    #expect(status.lastContact == nil)
    #expect(status.lastError != nil)
    #expect(try store.changeCursor().number == 0)
  }

  @Test func `an old answer under a true seal fits no new question`() async throws {
    try await put(["a"])
    let recorded = Mutex<(body: [UInt8], seal: String)?>(nil)
    let asked = Mutex(0)

    try await withImpostor { [key, shoreStore] request in
      asked.withLock { $0 += 1 }
      let target = request.head.path ?? ""
      let page = try ChangePage(
        after: 0, changes: try await shoreStore.pendingChanges(of: .yacht), sent: 1
      ).body()
      // Sealed for a question that somebody overheard before.
      let digest = ChangeRequest.digest(
        target: target.replacing(/nonce=.*/, with: "nonce=00112233445566778899aabb"))
      recorded.withLock { $0 = (page, key.seal(page: page, site: .yacht, request: digest)) }
      var headers = HTTPFields()
      if let name = HTTPField.Name(ChangePage.sealHeader) {
        headers[name] = recorded.withLock { $0?.seal }
      }
      return Response(
        status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: page)))
    } body: { shore in
      try await withDownlink(to: shore) { _ in
        while asked.withLock({ $0 }) < 3 { await Task.yield() }
      }
    }

    #expect(try products().isEmpty)
  }

  @Test func `a shore put back to an older copy does nothing twice and passes nothing over`()
    async throws
  {
    try await put(["a"])
    try await withShore(shoreStore) { shore in
      try await withDownlink(to: shore) { _ in await heard(.productCreated) }
    }
    try await put(["b"])
    let copy = try TemporaryDirectory()
    try shoreStore.close()
    try ashore.copy("shore.sqlite", to: copy)
    let original = try ShoreStore(DataDirectory(ashore.path), create: false)
    let c = try ShoreStore.Order("product.put", ["sku": "c", "name": "c"], by: "Ana")
    _ = try await original.enqueue([c], for: .yacht, at: 5)
    try await withShore(original) { shore in
      try await withDownlink(to: shore) { _ in await heard(.productCreated, 2) }
    }

    // It holds b as not yet acknowledged, has never heard of c, and gets d.
    let older = try ShoreStore(DataDirectory(copy.path), create: false)
    let d = try ShoreStore.Order("product.put", ["sku": "d", "name": "d"], by: "Ana")
    _ = try await older.enqueue([d], for: .yacht, at: 5)
    try await withShore(older) { shore in
      try await withDownlink(to: shore) { _ in await heard(.productCreated) }
    }

    #expect(try products() == ["a", "b", "c", "d"])
    #expect(try store.events(after: 0, limit: 100).count == 4)
  }
}
