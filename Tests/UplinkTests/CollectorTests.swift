import Testing
import Uplink

@Suite struct CollectorTests {
  private static let holding = Duration.seconds(120)

  private static func collector() -> Collector {
    Collector(
      holding: holding, backoff: Backoff(shortest: .seconds(1), longest: .seconds(300)))
  }

  @Test func `one question follows the other while there is a way`() {
    var collector = Self.collector()
    #expect(collector.order(now: .zero) == .ask(holding: Self.holding))

    collector.collected(3, took: .milliseconds(5), now: .seconds(1), chance: 0.9)
    #expect(collector.order(now: .seconds(1)) == .ask(holding: Self.holding))

    collector.collected(0, took: Self.holding, now: .seconds(200), chance: 0.9)
    #expect(collector.order(now: .seconds(200)) == .ask(holding: Self.holding))
  }

  @Test func `a shore that does not hold questions is not asked without end`() {
    var collector = Self.collector()

    collector.collected(0, took: .milliseconds(5), now: .seconds(10), chance: 0.5)

    #expect(collector.order(now: .seconds(10)) == .rest(.seconds(2)))
    #expect(collector.order(now: .seconds(12)) == .ask(holding: Self.holding))
  }

  @Test func `failures are followed by longer and longer rests, up to a limit`() {
    var collector = Self.collector()
    var rests: [Duration] = []
    for _ in 0..<8 {
      collector.failed(retryAfter: nil, now: .zero, chance: 1)
      if case .rest(let rest) = collector.order(now: .zero) { rests.append(rest) }
    }

    #expect(rests == [3, 9, 27, 81, 243, 300, 300, 300].map { .seconds($0) })
  }

  @Test func `shore is left alone as long as it asks for, within reason`() {
    var collector = Self.collector()

    collector.failed(retryAfter: .seconds(60), now: .zero, chance: 0)
    #expect(collector.order(now: .zero) == .rest(.seconds(60)))
    collector.failed(retryAfter: .seconds(86_400), now: .zero, chance: 0)
    #expect(collector.order(now: .zero) == .rest(.seconds(300)))
  }

  @Test func `a new way ends the rest`() {
    var collector = Self.collector()
    collector.failed(retryAfter: nil, now: .zero, chance: 1)

    collector.restarted()

    #expect(collector.order(now: .zero) == .ask(holding: Self.holding))
    collector.failed(retryAfter: nil, now: .zero, chance: 1)
    #expect(collector.order(now: .zero) == .rest(.seconds(3)))
  }
}
