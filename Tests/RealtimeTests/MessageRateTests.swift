import NIOCore
import Realtime
import Testing

@Suite struct MessageRateTests {
  private typealias Verdict = MessageRate.Verdict

  private static func verdicts(
    _ types: [String], _ rate: inout MessageRate, at second: Int64 = 0
  ) -> [Verdict] {
    let allowance = MessageRate.Allowance(total: 1000, others: 3, types: ["command": 5])
    return types.map {
      rate.admit($0, within: allowance, now: .uptimeNanoseconds(100_000_000_000) + .seconds(second))
    }
  }

  @Test func `types without a figure of their own are counted together, for a minute`() {
    var rate = MessageRate()

    let mixed = Self.verdicts(["ping", "auth", "", "ping", "command"], &rate)
    let later = Self.verdicts(["ping", "command"], &rate, at: 60)

    #expect(mixed == [.admitted, .admitted, .admitted, .over, .admitted])
    #expect(later == [.admitted, .admitted])
  }

  @Test func `ten times the allowance is abuse`() {
    var rate = MessageRate()

    let pings = Self.verdicts(Array(repeating: "ping", count: 31), &rate)

    #expect(pings[3..<30].allSatisfy { $0 == .over })
    #expect(pings[30] == .farOver)
  }
}
