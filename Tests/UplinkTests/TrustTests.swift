import Foundation
import Inventory
import Shore
import ShoreFixtures
import Storage
import Sync
import Testing

@testable import Uplink

/// TLS between the hub and shore: whom the hub believes, and what a wrong clock has to do with it.
@Suite(.timeLimit(.minutes(2)))
struct TrustTests: AtBothEnds {
  let ends: BothEnds
  let papers: Papers

  init() throws {
    ends = try BothEnds()
    papers = try Papers()
  }

  private func trouble(_ trust: Trust, clock: Int64 = 1_800_000_000_000) async throws -> String {
    let found = AsyncStream<String>.makeStream()
    try await withSecureShore(shoreStore, papers) { [hub, key] shore in
      try await hub.withUplink(to: shore, key: key, trust: trust, clock: { clock }) { uplink in
        while uplink.status.lastError == nil { await Task.yield() }
        found.continuation.yield(uplink.status.lastError ?? "")
      }
    }
    #expect(try hub.store.shoreCursor(.normal) == 0)
    for await words in found.stream { return words }
    return ""
  }

  @Test func `with its key pinned shore is believed, whatever its certificate's dates say`()
    async throws
  {
    try papers.expired("shore")
    try hub.append(1...10)

    try await withSecureShore(shoreStore, papers) { [hub, key, papers] shore in
      // A hub whose clock starts in 1970.
      try await hub.withUplink(
        to: shore, key: key, trust: Trust(pin: papers.file("shore.pem")), clock: { 1000 }
      ) { _ in
        await hub.progress { $0[.normal] == 10 }
      }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `a server with another key than the pinned one gets nothing`() async throws {
    try papers.expired("shore")
    try papers.expired("other")
    try hub.append(1...10)

    #expect(try await trouble(Trust(pin: papers.file("other.pem"))) == "\(Trouble.wrongServer)")
    #expect(try shoreStore.status().first?.lastContact == nil)
  }

  @Test func `without a pin it is not believed, and a clock that can't be right is named`()
    async throws
  {
    try papers.expired("shore")
    try hub.append([.sample(1)])

    #expect(try await trouble(Trust()) == "\(Trouble.untrusted)")
    #expect(try await trouble(Trust(), clock: 1000).contains("the hub's clock is wrong"))
  }

  @Test func `a hub shows its own certificate where shore asks for one`() async throws {
    try papers.expired("shore")
    try papers.openssl(
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout hub.key -out hub.pem "
        + "-days 2 -subj /CN=yacht")
    try hub.append(1...10)

    try await withSecureShore(shoreStore, papers, client: "hub.pem") { [hub, key, papers] shore in
      let trust = Trust(
        pin: papers.file("shore.pem"), certificate: papers.file("hub.pem"),
        key: papers.file("hub.key"))
      try await hub.withUplink(to: shore, key: key, trust: trust) { _ in
        await hub.progress { $0[.normal] == 10 }
      }
    }

    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `papers that are missing or half there are told at the start`() throws {
    var settings = try UplinkSettings(shore: "https://shore", site: "yacht", key: key.text)
    for trust in [
      Trust(pin: papers.file("none.pem")), Trust(authority: papers.file("none.pem")),
      Trust(certificate: papers.file("none.pem")),
    ] {
      settings.trust = trust
      #expect(throws: Trust.Fault.self) { try settings.check() }
    }
  }
}
