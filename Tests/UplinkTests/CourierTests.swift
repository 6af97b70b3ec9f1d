import Inventory
import Shore
import ShoreFixtures
import Storage
import Sync
import Testing
import Uplink

/// Sticks that go ashore and receipts that come back, in every order that people think of.
@Suite(.timeLimit(.minutes(2)))
struct CourierTests: AtBothEnds {
  let ends: BothEnds

  init() throws { ends = try BothEnds() }

  private func stick(
    of site: SiteName = .yacht, largest: Int = Limits.inflated
  ) throws -> [UInt8] {
    var content: [UInt8] = []
    _ = try CourierExport(hub.store, of: site, largest: largest).write { content += $0 }
    return content
  }

  private func take(_ stick: [UInt8], to store: ShoreStore? = nil) async throws -> [CourierAnswer] {
    let summary = try await CourierImport(store ?? shoreStore).take(stick, from: .yacht, at: 2)
    let content = try CourierContents.receipt(summary.answers, to: .yacht)
    var receipt = try CourierContents(content, expecting: .receipt)
    return try receipt.answers()
  }

  private func apply(_ receipt: [CourierAnswer]) throws -> CourierReceipt.Summary {
    try CourierReceipt(hub.store).apply(receipt)
  }

  @Test func `all lanes go, and the receipt moves every cursor`() async throws {
    try hub.append((1...2500).map { .sample($0, lane: [.first, .normal, .bulk][Int($0) % 3]) })

    let summary = try apply(try await take(try stick()))

    #expect(summary == .init(confirmed: 2500))
    #expect(try shoreStore.exported == hub.exported)
    #expect(try hub.store.shoreCursors() == [.first: 2499, .normal: 2500, .bulk: 2498])
  }

  @Test func `without the receipt nothing counts as safe`() async throws {
    try hub.append(1...10)

    _ = try await take(try stick())

    #expect(try hub.store.shoreCursors()[.normal] == 0)
  }

  @Test func `a stick used twice and a receipt taken in twice change nothing more`() async throws {
    try hub.append([.sample(1), .sample(2, data: "[]"), .sample(3)])
    let stick = try stick()
    let (first, second) = (try await take(stick), try await take(stick))

    #expect(try apply(first) == .init(confirmed: 2, refused: 1))
    try hub.sql("DELETE FROM shore_refusal")
    #expect(try apply(second) == .init(known: 1))

    #expect(try hub.tray.isEmpty, "what a person has settled does not come back")
    #expect(try shoreStore.exported.count == 2)
    #expect(first == second)
  }

  @Test func `sticks and receipts in the wrong order end as in the right one`() async throws {
    try hub.append(1...10)
    let early = try stick()
    try hub.append(11...25)
    let late = try stick()

    let second = try await take(late)
    let first = try await take(early)
    #expect(try apply(second).confirmed == 25)
    #expect(try apply(first) == .init(known: 1))

    #expect(try shoreStore.exported == hub.exported)
    #expect(try hub.store.shoreCursors()[.normal] == 25)
  }

  @Test func `a lost stick is made good by the next one`() async throws {
    try hub.append(1...10)
    _ = try stick()
    try hub.append(11...25)

    #expect(try apply(try await take(try stick())).confirmed == 25)

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `the live link and a stick overtake each other`() async throws {
    try hub.append(1...30)
    let stick = try stick()
    try hub.append(31...40)
    try await withShore(shoreStore) { [hub, key] shore in
      try await hub.withUplink(to: shore, key: key) { _ in
        await hub.progress { $0[.normal] == 40 }
      }
    }

    #expect(try apply(try await take(stick)) == .init(known: 1))

    #expect(try hub.store.shoreCursors()[.normal] == 40)
    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `shore restored from an old copy asks for what it lost`() async throws {
    try hub.append(1...10)
    #expect(try apply(try await take(try stick())).confirmed == 10)
    let old = try TemporaryDirectory()
    let restored = try ShoreStore(DataDirectory(old.path), create: true)
    _ = try restored.addSite(.yacht, at: 1)
    try hub.append(11...20)
    let receipt = try await take(try stick(), to: restored)

    #expect(try apply(receipt) == .init(rewound: [.normal]))
    #expect(try apply(receipt) == .init(known: 1), "the same receipt goes back once")
    #expect(try apply(try await take(try stick(), to: restored)).confirmed == 20)

    #expect(try restored.exported == hub.exported)
  }

  @Test func `a receipt from before a restore confirms nothing that the restore took back`()
    async throws
  {
    try hub.append(1...20)
    let receipt = try await take(try stick())
    try hub.sql("DELETE FROM event WHERE seq > 12")
    try hub.start(epoch: "e2", at: 13)
    try hub.append(13...20)

    #expect(try apply(receipt) == .init(foreign: 1), "same lines, another epoch")
    #expect(try hub.store.shoreCursors()[.normal] == 0)
    #expect(try apply(try await take(try stick())).confirmed == 20)

    #expect(try shoreStore.exported == hub.exported)
    #expect(try shoreStore.status().first?.epoch == "e2")
  }

  @Test func `a receipt for other events under the same numbers confirms nothing`() async throws {
    try hub.append(1...5)
    let receipt = try await take(try stick())
    try hub.sql("UPDATE event SET data = '{}' WHERE seq = 3")

    #expect(try apply(receipt) == .init(foreign: 1))

    #expect(try hub.store.shoreCursors()[.normal] == 0)
  }

  @Test func `a receipt that leaves events out confirms nothing`() async throws {
    try hub.append(1...5)
    var answer = try #require(try await take(try stick()).first)
    try hub.append(6...9)
    answer.after = 2
    #expect(try apply([answer]) == .init(foreign: 1))
    answer.after = 0
    answer.through = 9

    #expect(try apply([answer]) == .init(foreign: 1))

    #expect(try hub.store.shoreCursors()[.normal] == 0)
  }

  @Test func `a stick from another site, and another hub under this site's name`() async throws {
    try hub.append(1...5)
    let other = try #require(SiteName("borealis"))
    await #expect(throws: CourierFault.otherSite(said: other, expected: .yacht)) {
      try await take(try stick(of: other))
    }
    _ = try await take(try stick())
    try hub.sql("UPDATE epoch SET name = 'x1'")

    await #expect(throws: CourierFault.stranger(.yacht)) { try await take(try stick()) }

    #expect(try shoreStore.exported.count == 5)
  }

  @Test
  func `a site whose keys are revoked brings nothing by stick either, until it has a new one`()
    async throws
  {
    try hub.append(1...10)
    let stick = try stick()

    try shoreStore.revokeKeys(of: .yacht, at: 2)
    await #expect(throws: CourierFault.revoked(.yacht)) { try await take(stick) }
    #expect(try shoreStore.exported.isEmpty)

    _ = try shoreStore.rotateKey(of: .yacht, at: 2, until: 3)
    #expect(try apply(try await take(stick)).confirmed == 10)
  }

  @Test func `a receipt is no stick, and a stick no receipt`() async throws {
    try hub.append(1...5)
    let stick = try stick()
    let receipt = try CourierContents.receipt(try await take(stick), to: .yacht)

    #expect(throws: CourierFault.self) { try CourierContents(stick, expecting: .receipt) }
    await #expect(throws: CourierFault.self) { try await take(receipt) }
    await #expect(throws: CourierFault.unreadable) { try await take([]) }
    await #expect(throws: CourierFault.unreadable) { try await take(Array("no gzip".utf8)) }
  }

  @Test func `a bomb on a stick is not inflated`() async throws {
    let bomb = try Gzip.deflated(Array(repeating: 0x20, count: Limits.inflated + 1))

    await #expect(throws: CourierFault.unreadable) {
      try await take(try CourierContents.label(.events, .yacht) + bomb)
    }
  }

  @Test func `an event too large for shore ends in the tray, the rest ashore`() async throws {
    try hub.append(1...3)
    let large = #"{"note":""# + String(repeating: "x", count: 10_000) + #""}"#
    try hub.append([.sample(4, data: large), .sample(5)])

    let receipt = try await take(try stick(largest: 10_000))
    #expect(try apply(receipt) == .init(confirmed: 4, refused: 1))

    #expect(try hub.tray == [4: "withheld"])
    #expect(try hub.store.shoreCursors()[.normal] == 5)
    #expect(try shoreStore.exported.count == 4)
  }
}
