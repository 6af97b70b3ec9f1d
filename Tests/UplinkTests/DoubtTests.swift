import Inventory
import LinkRelay
import Shore
import ShoreFixtures
import Storage
import Sync
import Testing
import Uplink

/// An exchange that ends without an answer: what arrived is not paid for twice, and what did not
/// arrive goes again.
@Suite(.timeLimit(.minutes(2)))
struct DoubtTests: AtBothEnds {
  let ends: BothEnds

  init() throws { ends = try BothEnds() }

  private static func port(_ address: String) throws -> Int {
    try #require(address.split(separator: ":").last.flatMap { Int($0) })
  }

  /// Returns once the whole of what is aboard is ashore, though nobody aboard has heard of it.
  private func arrival(of events: Int) async throws {
    while try shoreStore.exported.count < events { try await Task.sleep(for: .milliseconds(5)) }
  }

  private static func trouble(of uplink: Uplink) async throws {
    while uplink.status.lastError == nil { try await Task.sleep(for: .milliseconds(2)) }
  }

  /// - Returns: bytes that the batch took on its way, and that were sent after the link was back.
  private func sail(
    restarting: Bool = false, refused: Int = 0, _ events: [Event]
  ) async throws -> (batch: Int, again: Int) {
    try hub.append(Self.noise(1...500))
    return try await withShore(shoreStore) { [hub, key, shoreStore] address in
      let relay = try await Relay(to: try Self.port(address))
      defer { relay.close() }
      return try await hub.withUplink(
        to: "http://127.0.0.1:\(relay.port)", key: key, exchangeTimeout: .seconds(1)
      ) { uplink in
        await hub.progress { $0[.normal] == 500 }
        let before = relay.passed
        relay.mute()
        try hub.append(events)
        uplink.nudge()
        try await arrival(of: 500 + events.count - refused)
        let batch = relay.passed - before
        try await Self.trouble(of: uplink)
        return try await withShore(shoreStore) { other in
          // Nothing passes from here on, or the other shore might know of it after all.
          relay.cut()
          if restarting { relay.lead(to: try Self.port(other)) }
          let mark = relay.passed
          relay.restore()
          uplink.syncNow()
          await hub.progress { $0[.normal] == 500 + Int64(events.count) }
          return (batch, relay.passed - mark)
        }
      }
    }
  }

  @Test func `a batch whose answer is lost is asked for, not sent again`() async throws {
    let (batch, again) = try await sail(Self.noise(501...900))

    #expect(batch > 30_000)
    #expect(again < 2000, "\(again) bytes in place of \(batch)")
    #expect(try shoreStore.exported == hub.exported)
  }

  @Test func `a shore that knows nothing of it any more gets it again, and holds it once`()
    async throws
  {
    let (batch, again) = try await sail(restarting: true, Self.noise(501...900))

    #expect(again > batch / 2)
    #expect(try shoreStore.exported == hub.exported)
    #expect(try hub.tray.isEmpty)
  }

  @Test func `what the lost answer refused goes to the tray`() async throws {
    var events = Self.noise(501...900)
    events[100] = .sample(601, data: "[]")

    let (_, again) = try await sail(refused: 1, events)

    #expect(again < 3000)
    #expect(try hub.tray == [601: "bad_data"])
  }
}
