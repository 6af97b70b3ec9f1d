import Testing

@testable import LinkRelay

@Suite struct ShaperTests {
  @Test func `bytes take their time one after the other, and then the way`() {
    var shaper = Shaper(LinkConditions(roundTrip: .milliseconds(600), bitsPerSecond: 30_000))

    let first = shaper.arrival(of: 1448, at: .zero, chance: 0.5, luck: 1)
    let second = shaper.arrival(of: 1448, at: .zero, chance: 0.5, luck: 1)
    let later = shaper.arrival(of: 23, at: .seconds(60), chance: 0.5, luck: 1)

    #expect(first == .milliseconds(400 + 300))
    #expect(second == .milliseconds(800 + 300))
    #expect(later == .seconds(60) + .milliseconds(20 + 300))
    #expect(shaper.carried == 1500 + 1500 + 75)
  }

  @Test(arguments: [(0.0, 500), (0.5, 600), (1.0, 700)])
  func `jitter strays to either side`(_ chance: Double, _ milliseconds: Int) {
    var shaper = Shaper(LinkConditions.vsat)
    shaper.conditions.bitsPerSecond = nil

    let arrival = shaper.arrival(of: 1, at: .zero, chance: chance, luck: 1)

    #expect(arrival == .milliseconds(milliseconds))
  }

  @Test func `what is lost is sent again after a round trip, and counts twice`() {
    var shaper = Shaper(LinkConditions(roundTrip: .milliseconds(600), loss: 0.1))

    let arrival = shaper.arrival(of: 100, at: .zero, chance: 0.5, luck: 0.05)

    #expect(arrival == .milliseconds(300 + 600))
    #expect(shaper.carried == 304)
  }

  @Test func `a perfect link takes no time`() {
    var shaper = Shaper(.perfect)

    #expect(shaper.arrival(of: 1 << 20, at: .seconds(1), chance: 0, luck: 0) == .seconds(1))
  }
}
