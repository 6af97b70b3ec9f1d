import Inventory
import Testing

@testable import Uplink

struct BudgetTests {
  let budget = Budget(hour: 1000, day: 5000, month: 20_000)

  @Test func `without a limit everything may go`() {
    #expect(Spending([5: 1 << 40]).left(of: Budget(), for: .bulk, at: 5) == nil)
  }

  @Test func `the last fifth is kept for what is urgent`() {
    let spending = Spending([5: 800])

    #expect(spending.left(of: budget, for: .normal, at: 5) == 0)
    #expect(spending.left(of: budget, for: .first, at: 5) == 200)
    #expect(spending.opens(of: budget, for: .normal, at: 5) == 6)
    #expect(spending.opens(of: budget, for: .first, at: 5) == nil)
  }

  @Test func `the tightest span counts, and spans slide`() {
    var spending = Spending()
    for hour in 0..<6 { spending.spend(800, in: Int64(hour)) }

    // 4,800 in a day, of which all but the first lane may use 4,000.
    #expect(spending.left(of: budget, for: .normal, at: 6) == 0)
    #expect(spending.left(of: budget, for: .first, at: 6) == 200)
    // Not before so much of it is a day old that something is left.
    #expect(spending.opens(of: budget, for: .normal, at: 6) == 25)
  }

  @Test func `what is older than a month is forgotten`() {
    var spending = Spending([0: 20_000])
    spending.spend(1, in: 719)
    #expect(spending.left(of: budget, for: .first, at: 719) == 0)
    spending.spend(1, in: 720)
    #expect(spending.spent(inLast: 10_000, at: 720) == 2)
  }
}

struct LinkMeterTests {
  /// Exchanges over a link of `rate` bytes a second and `roundTrip`, 25 bytes an event.
  private func settled(rate: Double, roundTrip: Duration) -> (meter: LinkMeter, took: Duration) {
    var meter = LinkMeter(largest: 4000)
    var took = Duration.zero
    for _ in 0..<30 {
      let bytes = meter.batch * 25
      took = roundTrip + .seconds(Double(bytes) / rate)
      meter.exchanged(events: meter.batch, bytes: Int64(bytes), took: took)
    }
    return (meter, took)
  }

  @Test(arguments: [(3750.0, 600), (12_500, 1200), (16_000, 100)] as [(Double, Int64)])
  func `a batch takes a few seconds of the link, whatever the link`(
    rate: Double, milliseconds: Int64
  ) {
    let (meter, took) = settled(rate: rate, roundTrip: .milliseconds(milliseconds))

    #expect((.seconds(3) ... .seconds(13)).contains(took), "\(took)")
    #expect((LinkMeter.smallest...4000).contains(meter.batch))
  }

  @Test func `a fast link gets the largest batches, a breaking one ever smaller ones`() {
    var (meter, _) = settled(rate: 1e8, roundTrip: .milliseconds(1))
    #expect(meter.batch == 4000)

    for _ in 0..<20 { meter.broke() }
    #expect(meter.batch == LinkMeter.smallest)
  }

  @Test func `a dead link is given up sooner than a slow one would need`() {
    let (meter, _) = settled(rate: 16_000, roundTrip: .milliseconds(100))

    let limit = meter.limit(for: 64_000, atMost: .seconds(240))
    #expect((.seconds(30) ... .seconds(55)).contains(limit), "\(limit)")
    #expect(meter.limit(for: 10_000_000, atMost: .seconds(240)) == .seconds(240))
  }

  @Test func `a link of which nothing is known gets what the slowest would need`() {
    let meter = LinkMeter(largest: 4000)

    #expect(meter.limit(for: 0, atMost: .seconds(240)) == .seconds(23))
    #expect(meter.limit(for: 1200, atMost: .seconds(240)) == .seconds(29))
  }

  @Test func `a batch that broke gets its half in the time of the whole`() {
    var (meter, _) = settled(rate: 16_000, roundTrip: .milliseconds(100))
    let before = meter.limit(for: 64_000, atMost: .seconds(1000))

    meter.broke()

    #expect(meter.limit(for: 32_000, atMost: .seconds(1000)) == before)
  }

  @Test func `a handful beside another batch says nothing of the round trip`() {
    var (meter, _) = settled(rate: 16_000, roundTrip: .milliseconds(100))
    let before = meter.roundTrip

    meter.exchanged(events: 1, bytes: 400, took: .seconds(3), isAlone: false)

    #expect(meter.roundTrip == before)
  }
}

struct StallWatchTests {
  let minute: Int64 = 60_000

  @Test func `people are told once when nothing moves, and once when it does`() {
    var watch = StallWatch(patience: .seconds(900))

    #expect(watch.looked(powered: 0, pending: 5, isPlanned: false) == .none)
    #expect(watch.looked(powered: 14 * minute, pending: 6, isPlanned: false) == .none)
    #expect(watch.looked(powered: 15 * minute, pending: 6, isPlanned: false) == .raise(minutes: 15))
    #expect(watch.looked(powered: 99 * minute, pending: 6, isPlanned: false) == .none)

    watch.progressed()
    #expect(watch.looked(powered: 100 * minute, pending: 3, isPlanned: false) == .clear)
    #expect(watch.looked(powered: 101 * minute, pending: 0, isPlanned: false) == .none)
  }

  @Test func `progress, an empty queue and a budget are no standstill`() {
    var watch = StallWatch(patience: .seconds(60))

    _ = watch.looked(powered: 0, pending: 5, isPlanned: false)
    watch.progressed()
    #expect(watch.looked(powered: 2 * minute, pending: 5, isPlanned: false) == .none)
    #expect(watch.looked(powered: 2 * minute, pending: 0, isPlanned: false) == .none)
    #expect(watch.looked(powered: 9 * minute, pending: 5, isPlanned: false) == .none)
    #expect(watch.looked(powered: 99 * minute, pending: 5, isPlanned: true) == .none)
  }

  @Test func `a restart forgets neither since when nor that people know`() {
    var fresh = StallWatch(patience: .seconds(900), since: 0)
    #expect(fresh.looked(powered: 16 * minute, pending: 1, isPlanned: false) == .raise(minutes: 16))

    var told = StallWatch(patience: .seconds(900), since: 0, isAlarmed: true)
    #expect(told.looked(powered: 16 * minute, pending: 1, isPlanned: false) == .none)
    #expect(told.looked(powered: 17 * minute, pending: 0, isPlanned: false) == .clear)
  }
}

struct MannersTests {
  @Test func `a trickle of changes over a dear link makes one request`() {
    var pace = Forwarder.Pace()
    pace.gathering = LinkProfile(.satellite).gathering
    var forwarder = Forwarder(pace: pace)
    for lane in Lane.allCases { forwarder.drained(lane) }

    forwarder.committed(now: .zero)
    // What hurries goes at once.
    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 1000))
    forwarder.drained(.first)
    forwarder.committed(now: .seconds(30))
    forwarder.drained(.first)
    #expect(forwarder.order(now: .seconds(30)) == .wait(.seconds(30)))
    #expect(forwarder.order(now: .seconds(60)) == .send(.normal, atMost: 1000))
  }

  @Test func `a lane that is barred waits, and holds up no other`() {
    var forwarder = Forwarder()

    let barred: [Lane: Duration] = [.normal: .seconds(40), .bulk: .seconds(3600)]
    #expect(forwarder.order(now: .zero, barred: barred) == .send(.first, atMost: 1000))
    forwarder.drained(.first)
    #expect(forwarder.order(now: .zero, barred: barred) == .wait(.seconds(40)))
    #expect(forwarder.order(now: .seconds(40), barred: barred) == .send(.normal, atMost: 1000))
  }

  @Test func `a hook's word leaves the link alone, a person's wish does not`() {
    var forwarder = Forwarder()

    forwarder.linkDown(now: .zero)
    #expect(forwarder.order(now: .seconds(9)) == .wait(.seconds(291)))
    forwarder.restarted()
    #expect(forwarder.order(now: .seconds(9)) == .send(.first, atMost: 1000))
  }

  @Test(
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000), ("Sunday, 06-Nov-94 08:49:37 GMT", nil),
      ("", nil), ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
    ] as [(String, Int64?)])
  func `shore's clock is read from its answers`(text: String, milliseconds: Int64?) {
    #expect(HTTPDate.milliseconds(text) == milliseconds)
  }

  @Test func `what the bus says means a way gained, a way lost, or nothing`() {
    #expect(BusSignals.networkManager(state: 70) == .gained)
    #expect(BusSignals.networkManager(state: 20) == .lost)
    #expect(BusSignals.networkManager(state: 40) == nil)
    #expect(BusSignals.meaning(of: ("OnlineState", "online")) == .gained)
    #expect(BusSignals.meaning(of: ("Connectivity", "4")) == .gained)
    #expect(BusSignals.meaning(of: ("Connectivity", "2")) == nil)
  }
}
