import Inventory
import Logging
import NIOPosix
import Shore
import ShoreFixtures
import Storage
import Sync
import Testing
import Wire

@testable import Uplink

/// The way down is as careful as the way up: whom it believes, what it spends, whom it hears.
@Suite(.timeLimit(.minutes(2)))
struct DownlinkMannersTests {
  let directory: TemporaryDirectory
  let ashore: TemporaryDirectory
  let ledger: Ledger
  let shoreStore: ShoreStore
  let key: SiteKey
  let papers: Papers

  init() throws {
    directory = try TemporaryDirectory()
    ashore = try TemporaryDirectory()
    ledger = Ledger(store: try Store(directory: directory.path), logger: .silent)
    shoreStore = try ShoreStore(DataDirectory(ashore.path), create: true)
    key = try shoreStore.addSite(.yacht, at: 1)
    papers = try Papers()
  }

  private func put(_ sku: String) async throws {
    let order = try ShoreStore.Order(
      "product.put", ["sku": .string(sku), "name": .string(sku), "price": 1], by: "Ana")
    _ = try await shoreStore.enqueue([order], for: .yacht, at: 5)
  }

  private func withDownlink(
    to shore: String, trust: Trust = Trust(), purse: Purse? = nil,
    _ body: @escaping @Sendable (Downlink) async throws -> Void
  ) async throws {
    var settings = try UplinkSettings(shore: shore, site: "yacht", key: key.text)
    settings.pace.shortest = .milliseconds(1)
    settings.pace.longest = .milliseconds(5)
    settings.trust = trust
    let downlink = Downlink(
      ledger: ledger, settings: settings, policy: ShorePolicy(),
      group: MultiThreadedEventLoopGroup.singleton, logger: .silent, purse: purse,
      holding: .seconds(2))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await downlink.run() }
      defer { group.cancelAll() }
      try await body(downlink)
    }
  }

  private func reached(
    _ downlink: Downlink, _ condition: (DownlinkStatus) -> Bool
  ) async -> DownlinkStatus {
    while !condition(downlink.status) { await Task.yield() }
    return downlink.status
  }

  @Test func `shore is believed by its pinned key, and shown the hub's own certificate`()
    async throws
  {
    try papers.expired("shore")
    try papers.openssl(
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout hub.key -out hub.pem "
        + "-days 2 -subj /CN=yacht")
    try await put("rope")

    try await withSecureShore(shoreStore, papers, client: "hub.pem") { shore in
      let trust = Trust(
        pin: papers.file("shore.pem"), certificate: papers.file("hub.pem"),
        key: papers.file("hub.key"))
      try await withDownlink(to: shore, trust: trust) { downlink in
        _ = await reached(downlink) { $0.applied == 1 }
      }
    }
  }

  @Test func `a server with another key than the pinned one is asked nothing`() async throws {
    try papers.expired("shore")
    try papers.expired("other")
    try await put("rope")

    try await withSecureShore(shoreStore, papers) { shore in
      try await withDownlink(to: shore, trust: Trust(pin: papers.file("other.pem"))) { downlink in
        let status = await reached(downlink) { $0.lastError != nil }
        #expect(status.lastError == "\(Trouble.wrongServer)")
      }
    }

    #expect(try ledger.store.changeCursor().number == 0)
    #expect(try shoreStore.status().first?.lastContact == nil)
  }

  @Test func `what comes down is paid from the same purse, and stops where that is empty`()
    async throws
  {
    let purse = try Purse(Budget(hour: 4000), in: ledger.store)
    try await put("rope")

    try await withShore(shoreStore) { shore in
      try await withDownlink(to: shore, purse: purse) { downlink in
        _ = await reached(downlink) { $0.applied == 1 }
        let first = try #require(purse.allowances.first)
        #expect(first.spent > 500)

        purse.pay(4000)
        _ = await reached(downlink) { $0.state == .waiting }
        try await put("tar")
        downlink.hasten()
        _ = await reached(downlink) { $0.state == .waiting }
        #expect(downlink.status.applied == 1)
      }
    }

    let again = try Purse(Budget(hour: 4000), in: ledger.store)
    #expect(again.left(for: .first) == 0)
    #expect(try #require(again.wait(for: .first)) <= .seconds(3600))
  }

  @Test func `a way that is lost ends the question at once`() async throws {
    try await withShore(shoreStore) { shore in
      try await withDownlink(to: shore) { downlink in
        _ = await reached(downlink) { $0.lastContact != nil || $0.state == .listening }
        downlink.linkChanged(.lost)
        try await put("rope")
        _ = await reached(downlink) { $0.applied == 1 }
      }
    }
  }
}
