import Inventory
import Testing
import Uplink

struct ForwarderTests {
  typealias Order = Forwarder.Order

  var forwarder = Forwarder()

  private func drained() -> Forwarder {
    var forwarder = Forwarder()
    for lane in Lane.allCases { forwarder.drained(lane) }
    return forwarder
  }

  @Test mutating func `the fastest lane goes first, and again after every batch`() {
    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 1000))

    forwarder.acknowledged(.first, events: 1000)
    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 1000))

    forwarder.drained(.first)
    #expect(forwarder.order(now: .zero) == .send(.normal, atMost: 1000))

    forwarder.acknowledged(.normal, events: 1000)
    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 1000))
  }

  @Test mutating func `under a load that never ends each lane gets its turns, the first the most`()
  {
    var sent: [Lane: Int] = [:]
    for _ in 0..<900 {
      guard case .send(let lane, _) = forwarder.order(now: .zero) else { break }
      sent[lane, default: 0] += 1
      forwarder.acknowledged(lane, events: 1000)
    }

    #expect(sent == [.first: 720, .normal: 90, .bulk: 90])
  }

  @Test mutating func `a lane in trouble is passed over in its turn, and has it when it is well`() {
    for _ in 0..<8 { forwarder.acknowledged(.first, events: 1) }
    forwarder.failed(.bulk, reach: .lane, retryAfter: nil, now: .zero, chance: 0.5)
    forwarder.drained(.normal)

    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 1000))
    #expect(forwarder.order(now: .seconds(2)) == .send(.bulk, atMost: 1000))
  }

  @Test mutating func `a slower lane's batch does not start another slow lane before it`() {
    forwarder.drained(.first)
    forwarder.drained(.normal)

    forwarder.acknowledged(.bulk, events: 1)
    forwarder.drained(.first)
    forwarder.drained(.normal)

    #expect(forwarder.order(now: .zero) == .send(.bulk, atMost: 1000))
  }

  @Test func `with nothing left it rests, and looks again by itself`() {
    var forwarder = drained()

    #expect(forwarder.order(now: .seconds(5)) == .wait(.seconds(60)))

    forwarder.woke()
    #expect(forwarder.order(now: .seconds(65)) == .send(.first, atMost: 1000))
  }

  @Test func `a new change starts it at once`() {
    var forwarder = drained()

    forwarder.committed(now: .zero)

    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 1000))
  }

  @Test mutating func `a link that fails is left alone, longer each time`() {
    forwarder.failed(.normal, reach: .link, retryAfter: nil, now: .zero, chance: 0.5)
    #expect(forwarder.order(now: .zero) == .wait(.seconds(2)))
    #expect(forwarder.order(now: .seconds(1)) == .wait(.seconds(1)))
    #expect(forwarder.order(now: .seconds(2)) == .send(.first, atMost: 1000))

    forwarder.failed(.first, reach: .link, retryAfter: nil, now: .seconds(2), chance: 0.5)
    #expect(forwarder.order(now: .seconds(2)) == .wait(.milliseconds(3500)))
  }

  @Test mutating func `the first success ends all caution`() {
    for _ in 0..<9 {
      forwarder.failed(.first, reach: .link, retryAfter: nil, now: .zero, chance: 0.99)
    }

    forwarder.acknowledged(.first, events: 1)

    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 1000))
    forwarder.failed(.first, reach: .link, retryAfter: nil, now: .zero, chance: 0)
    #expect(forwarder.order(now: .zero) == .wait(.seconds(1)))
  }

  @Test mutating func `shore's wish to be left alone is heard, up to the longest wait`() {
    forwarder.failed(.first, reach: .link, retryAfter: .seconds(40), now: .zero, chance: 0)
    #expect(forwarder.order(now: .zero) == .wait(.seconds(40)))

    forwarder.failed(.first, reach: .link, retryAfter: .seconds(86_400), now: .zero, chance: 0)
    #expect(forwarder.order(now: .zero) == .wait(.seconds(300)))
  }

  @Test mutating func `a new change shortens a long wait, but not with every scan`() {
    forwarder.failed(.first, reach: .link, retryAfter: .seconds(200), now: .zero, chance: 0)

    forwarder.committed(now: .seconds(1))
    #expect(forwarder.order(now: .seconds(1)) == .wait(.seconds(9)))

    forwarder.committed(now: .seconds(10))
    #expect(forwarder.order(now: .seconds(10)) == .send(.first, atMost: 1000))
  }

  @Test mutating func `a new link or a person's wish ends every wait at once`() {
    forwarder.failed(.first, reach: .lane, retryAfter: .seconds(200), now: .zero, chance: 0)
    forwarder.failed(.first, reach: .link, retryAfter: .seconds(200), now: .zero, chance: 0)

    forwarder.restarted()

    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 1000))
  }

  @Test mutating func `a lane in trouble does not hold up the others`() {
    forwarder.failed(.first, reach: .lane, retryAfter: nil, now: .zero, chance: 0)
    #expect(forwarder.order(now: .zero) == .send(.normal, atMost: 1000))

    forwarder.drained(.normal)
    forwarder.drained(.bulk)
    #expect(forwarder.order(now: .zero) == .wait(.seconds(1)))
    #expect(forwarder.order(now: .seconds(1)) == .send(.first, atMost: 1000))
  }

  @Test mutating func `a batch that is too large is halved and stays so`() {
    forwarder.tooLarge(.first, events: 1000, isProven: false, now: .zero, chance: 0)
    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 500))

    forwarder.acknowledged(.first, events: 500)
    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 500))

    forwarder.restarted()
    #expect(forwarder.order(now: .zero) == .send(.first, atMost: 1000))
  }

  @Test mutating func `a single event too large for shore is withheld`() {
    forwarder.tooLarge(.first, events: 1, isProven: true, now: .zero, chance: 0)

    #expect(forwarder.order(now: .zero) == .withhold(.first))
  }

  @Test mutating func `a single event too large for a proxy is tried again later`() {
    forwarder.tooLarge(.first, events: 1, isProven: false, now: .zero, chance: 0)

    #expect(forwarder.order(now: .zero) == .send(.normal, atMost: 1000))
  }

  /// One unreadable event among many, wherever it stands.
  @Test(arguments: [1, 2, 500, 501, 700, 999, 1000])
  func `an unreadable event is found in a dozen steps and withheld alone`(poison: Int) {
    var forwarder = Forwarder()
    for lane in [Lane.normal, .bulk] { forwarder.drained(lane) }
    var next = 1
    var withheld: [Int] = []
    var steps = 0
    while next <= 1000, steps < 100 {
      steps += 1
      switch forwarder.order(now: .zero) {
      case .send(let lane, let limit):
        let count = min(limit, 1001 - next)
        if (next..<(next + count)).contains(poison), withheld.isEmpty {
          forwarder.rejected(lane, events: count, now: .zero, chance: 0)
        } else {
          forwarder.acknowledged(lane, events: count)
          next += count
        }
      case .withhold(let lane):
        withheld.append(next)
        next += 1
        forwarder.withheld(lane)
      case .wait: steps = 100
      }
    }

    #expect(withheld == [poison])
    #expect(next == 1001)
    #expect(steps <= 24)
  }

  @Test mutating func `an event that can't even be withheld waits without holding up others`() {
    forwarder.rejected(.first, events: 1, now: .zero, chance: 0)
    #expect(forwarder.order(now: .zero) == .withhold(.first))

    forwarder.failed(.first, reach: .lane, retryAfter: nil, now: .zero, chance: 0)

    #expect(forwarder.order(now: .zero) == .send(.normal, atMost: 1000))
    #expect(forwarder.order(now: .seconds(1)) == .withhold(.first))
  }

  @Test mutating func `going back for shore is done at once, twice in a row only after a wait`() {
    forwarder.rewound(.normal, now: .zero, chance: 0)
    forwarder.drained(.first)
    #expect(forwarder.order(now: .zero) == .send(.normal, atMost: 1000))

    forwarder.rewound(.normal, now: .zero, chance: 0)
    #expect(forwarder.order(now: .zero) == .send(.bulk, atMost: 1000))

    forwarder.acknowledged(.normal, events: 5)
    forwarder.drained(.first)
    forwarder.rewound(.normal, now: .zero, chance: 0)
    #expect(forwarder.order(now: .zero) == .send(.normal, atMost: 1000))
  }

  @Test func `waits stay between the shortest and the longest, whatever chance says`() {
    var backoff = Backoff()
    var waits: [Duration] = []
    var chance = 0.0
    for step in 0..<200 {
      chance = (chance + 0.37 * Double(step)).truncatingRemainder(dividingBy: 1)
      waits.append(backoff.next(chance: chance))
    }

    #expect(waits.allSatisfy { (.seconds(1) ... .seconds(300)).contains($0) })
    #expect(Set(waits).count > 20)

    backoff.reset()
    #expect(backoff.next(chance: 0) == .seconds(1))
  }
}
