import Testing

@testable import Uplink

struct LinksTests {
  @Test(
    arguments: [
      (["eth0 10.0.0.2"], Links.Change.none), (["eth0 10.0.0.2", "wlan0 10.1.0.2"], .gained),
      ([], .lost), (["wlan0 10.1.0.2"], .lost),
    ] as [([String], Links.Change)])
  func `a renewal is no change, a lost address is one`(present: [String], change: Links.Change) {
    #expect(Links(["eth0 10.0.0.2"]).change(to: Links(Set(present))) == change)
  }

  @Test func `the first address of all is a gain`() {
    #expect(Links([]).change(to: Links(["eth0 10.0.0.2"])) == .gained)
  }

  @Test func `the kernel lets it listen`() throws {
    let watch = try #require(LinkWatch { _ in })

    watch.stop()
  }

  @Test func `rings between two looks count once, and none is lost`() async {
    let doorbell = Doorbell()

    doorbell.ring(.committed)
    doorbell.ring(.committed)
    doorbell.ring(.restarted)

    #expect(await doorbell.wait(atMost: .seconds(3600)) == [.committed, .restarted])
    #expect(doorbell.look() == [])
  }

  @Test func `a wait ends with the first ring, with its time, or with its task`() async {
    let doorbell = Doorbell()

    let rung = Task { await doorbell.wait(atMost: .seconds(3600)) }
    doorbell.ring(.committed)
    #expect(await rung.value.contains(.committed))

    #expect(await doorbell.wait(atMost: .zero) == .timer)

    let cancelled = Task { await doorbell.wait(atMost: .seconds(3600)) }
    cancelled.cancel()
    #expect(await cancelled.value.contains(.cancelled))
  }
}
