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
      ([], 0, .none), ([(0, 0)], 0, .none), ([(0, 500)], 0, .none),
      ([(0, 501)], 0, .passingIsDropped), ([(0, 2000)], 0, .passingIsDropped),
      ([(0, 2001)], 0, .newcomersAreRefused),
      // A loop that keeps up says nothing of one that does not.
      ([(0, 2001), (1, 0)], 2, .newcomersAreRefused),
      ([(0, 2001), (1, 600)], 2, .newcomersAreRefused),
      ([(0, 600), (1, 2001)], 2, .newcomersAreRefused),
      // It ends by itself, and begins to count anew with each bad sign.
      ([(0, 2001)], 1999, .newcomersAreRefused), ([(0, 2001)], 2000, .none),
      ([(0, 2001), (1500, 2001)], 3400, .newcomersAreRefused),
      ([(0, 2001), (1500, 600)], 2500, .none),
      ([(0, 2001), (2500, 600)], 2600, .passingIsDropped),
    ] as [([(at: Int, late: Int)], Int, Strain.Relief)])
  func `what is given up follows the delay at once, and comes back after a while`(
    delays: [(at: Int, late: Int)], now: Int, expected: Strain.Relief
  ) {
    #expect(relief(delays, at: now) == expected)
  }
}
