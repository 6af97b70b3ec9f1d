import Inventory
import Testing
import Wire

/// A generator that gives the same run every time (SplitMix64, Steele and others, 2014).
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct HybridClockTests {
  private static func clock(_ time: Int64 = 0, _ count: Int64 = 0) -> HybridClock {
    HybridClock(latest: Stamp(time: time, count: count, side: .aboard))
  }

  @Test(
    arguments: [
      // The clock goes on, stands still, goes back a little, and goes back by years.
      (1000, 2000, 2000, 0), (1000, 1000, 1000, 1), (1000, 400, 1000, 1),
      (HybridClock.drift + 1000, 999, 999, 0),
    ] as [(Int64, Int64, Int64, Int64)])
  func `a stamp is later than the one before, until that one proves wrong`(
    latest: Int64, now: Int64, time: Int64, count: Int64
  ) {
    var clock = Self.clock(latest)

    #expect(clock.tick(now: now) == Stamp(time: time, count: count, side: .aboard))
  }

  @Test func `what is edited after a stamp was seen is later than it`() {
    var clock = Self.clock(1000)
    let seen = Stamp(time: 5000, count: 7, side: .ashore)

    clock.witness(seen, now: 2000)

    #expect(clock.tick(now: 2000) > seen)
  }

  @Test func `a stamp from the far future is not learnt from`() {
    var clock = Self.clock(1000)

    clock.witness(Stamp(time: 4_102_444_800_000, side: .ashore), now: 2000)
    clock.witness(Stamp(time: .max, side: .ashore), now: -5)

    #expect(clock.tick(now: 2000) == Stamp(time: 2000, side: .aboard))
  }

  @Test func `stamps only ever grow while the clock is sound, whatever else is seen`() {
    var random = Seeded(state: 7)
    var clock = Self.clock(1_000_000)
    var last = clock.latest
    for _ in 0..<10_000 {
      let now = Int64.random(in: 900_000...1_100_000, using: &random)
      if Bool.random(using: &random) {
        clock.witness(
          Stamp(
            time: .random(in: 0...(1 << 50), using: &random),
            count: .random(in: 0...9, using: &random), side: .ashore), now: now)
      } else {
        let next = clock.tick(now: now)
        #expect(next > last)
        last = next
      }
    }
  }
}

@Suite struct StampTests {
  @Test(
    arguments: [
      // Shore's clock is a year ahead, a year behind, and right: the edit is ten seconds old.
      (31_536_010_000, 31_536_020_000), (10_000, 20_000), (-31_536_010_000, -31_536_000_000),
    ] as [(Int64, Int64)])
  func `an edit is as old here as it was there`(time: Int64, sent: Int64) {
    let stamp = Stamp(time: time, count: 3, side: .ashore)

    #expect(
      stamp.translated(sent: sent, received: 500_000)
        == Stamp(time: 490_000, count: 3, side: .ashore))
  }

  @Test(arguments: [(9_000_000, 1000), (.max, .min), (.max, 0), (.min, .max)] as [(Int64, Int64)])
  func `no stamp comes from the future`(time: Int64, sent: Int64) {
    let stamp = Stamp(time: time, count: 3, side: .ashore)

    #expect(stamp.translated(sent: sent, received: 5000).time <= 5000)
    #expect(stamp.read(at: 5000).time <= 5000)
  }
}

@Suite struct FieldMergeTests {
  private static func edit(_ value: Int64, _ time: Int64, _ side: Side = .ashore) -> FieldEdit {
    FieldEdit(
      value: .int(value), stamp: Stamp(time: time, side: side), author: side.rawValue)
  }

  @Test(
    arguments: [
      (edit(1, 50), nil, false, .applies),
      (edit(1, 50), edit(2, 90, .aboard), true, .applies),
      (edit(2, 50), edit(2, 90, .aboard), false, .agrees),
      (edit(1, 90), edit(2, 50, .aboard), false, .supersedes),
      (edit(1, 50), edit(2, 90, .aboard), false, .yields),
      (edit(1, 50), edit(2, 50, .aboard), false, .supersedes),
    ] as [(FieldEdit, FieldEdit?, Bool, FieldMerge)])
  func `seen edits are replaced, unseen ones are outbid by the later stamp`(
    arriving: FieldEdit, standing: FieldEdit?, hasSeen: Bool, outcome: FieldMerge
  ) {
    #expect(FieldMerge(of: arriving, on: standing, hasSeen: hasSeen) == outcome)
  }

  /// What stands when `edits` arrive one after the other, none of them knowing any other.
  private static func survivor(of edits: [FieldEdit]) -> FieldEdit? {
    edits.reduce(nil) { standing, arriving in
      switch FieldMerge(of: arriving, on: standing, hasSeen: false) {
      case .applies, .supersedes: arriving
      case .agrees, .yields: standing
      }
    }
  }

  @Test func `whatever order edits come in, however often, the same one stands`() {
    var random = Seeded(state: 42)
    for _ in 0..<2000 {
      let edits = (0..<Int.random(in: 1...6, using: &random)).map { index in
        Self.edit(
          Int64(index), .random(in: 0...3, using: &random),
          Bool.random(using: &random) ? .aboard : .ashore)
      }
      // One side never stamps two edits alike.
      let distinct = edits.reduce(into: [FieldEdit]()) { kept, edit in
        if !kept.contains(where: { $0.stamp == edit.stamp }) { kept.append(edit) }
      }
      let expected = distinct.max { $0.stamp < $1.stamp }?.value

      #expect(Self.survivor(of: distinct)?.value == expected)
      #expect(Self.survivor(of: distinct.shuffled(using: &random))?.value == expected)
      #expect(Self.survivor(of: distinct + distinct.shuffled(using: &random))?.value == expected)
    }
  }

  @Test func `a conflict is told in plain words`() {
    let disagreement = Disagreement(
      kind: .product, name: "Impeller kit", field: "price",
      aboard: FieldEdit(
        value: 1350, stamp: Stamp(time: 2, side: .aboard), author: "Ben"),
      ashore: FieldEdit(
        value: 1290, stamp: Stamp(time: 1, side: .ashore), author: "Ana"),
      kept: .aboard, currency: "EUR")

    #expect(
      disagreement.words == "product Impeller kit: price: ashore 12.90 EUR by Ana, "
        + "aboard 13.50 EUR by Ben; the one made aboard stands")
  }

  @Test(arguments: [(0, "0.00 EUR"), (5, "0.05 EUR"), (1290, "12.90 EUR"), (-207, "-2.07 EUR")])
  func `money is written as people read it`(amount: Int64, words: String) {
    #expect(Money.words(amount, "EUR") == words)
  }
}
