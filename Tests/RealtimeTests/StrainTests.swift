import Realtime
import Testing

@Suite struct StrainTests {
  private func relief(_ delays: [(at: Int, late: Int)], at now: Int) -> Strain.Relief {
    var strain = Strain()
    for (time, late) in delays {
      strain.delivered(after: .milliseconds(late), at: .milliseconds(10_000 + time))
    }
    return strain.relief(at: .milliseconds(10_000 + now))
  }

  @Test(
    arguments: [
      ([], 0, .none), ([(0, 0)], 0, .none), ([(0, 250)], 0, .none),
      ([(0, 251)], 0, .passingIsDropped), ([(0, 1000)], 0, .passingIsDropped),
      ([(0, 1001)], 0, .newcomersAreRefused),
      // A loop that keeps up says nothing of one that does not.
      ([(0, 1001), (1, 0)], 2, .newcomersAreRefused),
      ([(0, 1001), (1, 300)], 2, .newcomersAreRefused),
      ([(0, 300), (1, 1001)], 2, .newcomersAreRefused),
      // It ends by itself, and begins to count anew with each bad sign.
      ([(0, 1001)], 1999, .newcomersAreRefused), ([(0, 1001)], 2000, .none),
      ([(0, 1001), (1500, 1001)], 3000, .newcomersAreRefused),
      ([(0, 1001), (1500, 300)], 2500, .none),
      ([(0, 1001), (2500, 300)], 2600, .passingIsDropped),
    ] as [([(at: Int, late: Int)], Int, Strain.Relief)])
  func `what is given up follows the delay at once, and comes back after a while`(
    delays: [(at: Int, late: Int)], now: Int, expected: Strain.Relief
  ) {
    #expect(relief(delays, at: now) == expected)
  }
}
