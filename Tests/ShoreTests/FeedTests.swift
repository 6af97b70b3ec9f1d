import GRDB
import Inventory
@testable import Shore
import ShoreFixtures
import Sync
import Testing
import Wire

/// What goes down, as shore keeps it.
@Suite(.timeLimit(.minutes(2)))
struct FeedTests {
  let directory: TemporaryDirectory
  let store: ShoreStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try ShoreStore(DataDirectory(directory.path), create: true)
    _ = try store.addSite(.yacht, at: 1)
  }

  private func order(_ price: Int64, tag: String? = nil) throws -> ShoreStore.Order {
    try ShoreStore.Order(
      "product.update", ["productId": 1, "price": .int(price)], by: "Ana", tag: tag)
  }

  @discardableResult
  private func enqueue(_ prices: [Int64], in store: ShoreStore? = nil) async throws -> [Int64] {
    try await (store ?? self.store).enqueue(try prices.map { try order($0) }, for: .yacht, at: 5)
  }

  private func ask(
    after: Int64, tag: String? = nil, epoch: String = "e1", of store: ShoreStore? = nil
  ) async throws -> [ShoreChange]? {
    try await (store ?? self.store).changes(
      ChangeRequest(
        site: .yacht, epoch: epoch, after: after, tag: tag, wait: 0, backlog: [.normal: 3],
        nonce: "00112233445566778899aabb"), at: 9)
  }

  private func prices(_ changes: [ShoreChange]?) -> [Int64] {
    (changes ?? []).compactMap { $0.data["price"]?.integer }
  }

  @Test func `changes are numbered per site and come in order`() async throws {
    let other = try #require(SiteName("other"))
    _ = try store.addSite(other, at: 1)
    _ = try await store.enqueue([try order(7)], for: other, at: 5)

    #expect(try await enqueue([10, 20, 30]) == [1, 2, 3])
    let changes = try await ask(after: 0)

    #expect(changes?.map(\.number) == [1, 2, 3])
    #expect(prices(changes) == [10, 20, 30])
    #expect(changes?.first?.author == "Ana")
    let stamps = try #require(changes?.map(\.stamp))
    #expect(stamps == stamps.sorted() && Set(stamps).count == 3)
  }

  @Test func `the same tag brings the same change`() async throws {
    let first = try await store.enqueue([try order(10, tag: "order-of-ana")], for: .yacht, at: 5)
    let again = try await store.enqueue([try order(10, tag: "order-of-ana")], for: .yacht, at: 6)

    #expect(first == again)
    #expect(try await ask(after: 0)?.count == 1)
    await #expect(throws: ShoreError.tagReused("order-of-ana")) {
      try await store.enqueue([try order(11, tag: "order-of-ana")], for: .yacht, at: 6)
    }
  }

  @Test func `a page is bounded, and the next one goes on`() async throws {
    try await enqueue((1...1200).map { $0 })

    let first = try #require(try await ask(after: 0))
    let second = try #require(try await ask(after: 500, tag: first.last?.tag))

    #expect(first.count == Limits.pageChanges)
    #expect(second.map(\.number) == Array(501...1000))
  }

  @Test func `a change stays until the hub asks for what follows it, and can be had again`()
    async throws
  {
    try await enqueue([10, 20])
    let page = try #require(try await ask(after: 0))

    #expect(try await store.pendingChanges(of: .yacht).count == 2)
    _ = try await ask(after: 2, tag: page[1].tag)
    #expect(try await store.pendingChanges(of: .yacht).isEmpty)
    // The hub was put back to an older copy.
    #expect(prices(try await ask(after: 1, tag: page[0].tag)) == [20])
    #expect(try await store.pendingChanges(of: .yacht).count == 1)
  }

  @Test func `a shore put back to an older copy sends what is new, and nothing is passed over`()
    async throws
  {
    try await enqueue([10, 20])
    _ = try await ask(after: 2, tag: try await ask(after: 0)?.last?.tag)
    let copy = try TemporaryDirectory()
    try store.close()
    try directory.copy("shore.sqlite", to: copy)
    let original = try ShoreStore(DataDirectory(directory.path), create: false)
    try await enqueue([30, 40], in: original)
    let lost = try #require(try await ask(after: 2, tag: "whatever", of: original)?.last)

    let older = try ShoreStore(DataDirectory(copy.path), create: false)
    try await enqueue([50], in: older)
    let changes = try await ask(after: 4, tag: lost.tag, of: older)

    #expect(changes?.map(\.number) == [5])
    #expect(prices(changes) == [50])
    #expect(prices(try await ask(after: 4, tag: lost.tag, of: older)) == [50])
    try await enqueue([60], in: older)
    let next = try await ask(after: 5, tag: changes?.last?.tag, of: older)
    #expect(prices(next) == [60])
    #expect(next?.map(\.number) == [6])
  }

  @Test func `a hub whose log shore does not know gets nothing`() async throws {
    try await enqueue([10])
    #expect(prices(try await ask(after: 0, epoch: "e9")) == [10])

    _ = try await store.receive(try Batch.sample(1...3).received, from: .yacht, at: 2)

    #expect(try await ask(after: 0, epoch: "e9") == nil)
    #expect(prices(try await ask(after: 0, epoch: "e1")) == [10])
  }

  @Test func `a change says how much of the log its author had`() async throws {
    _ = try await store.receive(try Batch.sample(1...3).received, from: .yacht, at: 2)
    try await enqueue([10])

    let change = try #require(try await ask(after: 0)?.first)

    #expect(change.seen == .init(epoch: "e1", through: [.first: 0, .normal: 3, .bulk: 0]))
  }

  @Test func `what the hub says of its backlog shows`() async throws {
    #expect(try store.summaries().first?.backlog == nil)

    _ = try await ask(after: 0)

    #expect(try store.summaries().first?.backlog?[.normal] == 3)
    #expect(try store.summaries().first?.status.lastContact == 9)
  }

  @Test(
    arguments: [
      ("", ["a": 1], "Ana", nil), ("product update", ["a": 1], "Ana", nil),
      ("product.update", [1], "Ana", nil), ("product.update", ["a": 1], "", nil),
      ("product.update", ["a": 1], "A\u{1}", nil), ("product.update", ["a": 1], "Ana", "short"),
      ("product.update", ["a": 1], "Ana", "not a tag at all"),
      (
        "product.update", ["a": .string(String(repeating: "x", count: Limits.changeData))], "Ana",
        nil
      ),
    ] as [(String, JSON, String, String?)])
  func `an order that no hub could read is not taken`(
    command: String, data: JSON, author: String, tag: String?
  ) {
    #expect(throws: Problem.self) {
      try ShoreStore.Order(command, data, by: author, tag: tag)
    }
  }
}

/// Where questions wait.
@Suite(.timeLimit(.minutes(1)))
struct MailroomTests {
  @Test func `a change ends the wait of its own site and of no other`() async throws {
    let mailroom = Mailroom()
    let other = try #require(SiteName("other"))
    async let waited: Void = mailroom.wait(for: .yacht, after: 3, atMost: .seconds(3600))
    async let others: Void = mailroom.wait(for: other, after: 3, atMost: .seconds(3600))
    // Rung until it was heard: the wait may not have begun.
    let ringing = Task {
      while !Task.isCancelled {
        mailroom.ring([.yacht: 4, other: 3])
        await Task.yield()
      }
    }

    await waited
    ringing.cancel()
    mailroom.close()
    await others
  }

  @Test func `time, a newer question, a lost caller and the end of shore end a wait`() async {
    let mailroom = Mailroom()
    await mailroom.wait(for: .yacht, after: 0, atMost: .milliseconds(1))

    let lost = Task { await mailroom.wait(for: .yacht, after: 0, atMost: .seconds(3600)) }
    lost.cancel()
    await lost.value

    let older = Task { await mailroom.wait(for: .yacht, after: 0, atMost: .seconds(3600)) }
    await Task.yield()
    let newer = Task { await mailroom.wait(for: .yacht, after: 0, atMost: .milliseconds(1)) }
    await newer.value
    mailroom.close()
    await older.value
    await mailroom.wait(for: .yacht, after: 0, atMost: .seconds(3600))
  }
}
