import ShoreFixtures
import Sync
import Testing
import Wire

struct LineageTests {
  @Test func `an event's epoch is the last that starts at or before it`() {
    let lineage = Lineage.sample(("e1", 1), ("e2", 151), ("e3", 151), ("e4", 200))

    #expect(
      [0, 1, 150, 151, 199, 200].map { lineage.epoch(of: $0) } == [
        nil, "e1", "e1", "e3", "e3", "e4",
      ])
    #expect(lineage.spans.map(\.epoch) == ["e1", "e3", "e4"])
    #expect(lineage.spans.map(\.seqs) == [1...150, 151...199, 200...Int64.max])
  }

  @Test(arguments: [
    (Lineage.sample(("e1", 1)), Lineage.Change.none),
    (.sample(("e1", 1), ("e2", 151)), .turned(through: 150)),
    (.sample(("x1", 1)), .stranger),
    (.sample(("e1", 2)), .stranger),
  ])
  func `a restore turns the log, another hub's log is a stranger`(
    told: Lineage, change: Lineage.Change
  ) {
    #expect(Lineage.sample(("e1", 1)).change(to: told) == change)
  }

  @Test func `two restores from one backup turn where the earlier one does`() {
    let known = Lineage.sample(("e1", 1), ("e2", 151))

    #expect(known.change(to: .sample(("e1", 1), ("e3", 180))) == .turned(through: 150))
    #expect(known.change(to: .sample(("e1", 1), ("e3", 90))) == .turned(through: 89))
    #expect(known.change(to: .sample(("e1", 1))) == .turned(through: 150))
  }

  @Test func `epochs out of order, twice or unnamed are no lineage`() {
    let entries: [[Lineage.Entry]] = [
      [], [.init(epoch: "", firstSeq: 1)], [.init(epoch: "e1", firstSeq: 0)],
      [.init(epoch: "e1", firstSeq: 2), .init(epoch: "e2", firstSeq: 1)],
      [.init(epoch: "e1", firstSeq: 1), .init(epoch: "e1", firstSeq: 2)],
    ]

    #expect(entries.allSatisfy { Lineage($0) == nil })
  }

  @Test func `a lineage survives the wire`() {
    let lineage = Lineage.sample(("e1", 1), ("e2", 151))

    #expect(Lineage(lineage.json) == lineage)
    #expect(lineage.json.encoded == #"[["e1",1],["e2",151]]"#)
  }

  @Test(arguments: ["", ".", "..", "a/b", "a b", "ä", String(repeating: "a", count: 65)])
  func `a name that is no path segment is no site's`(name: String) {
    #expect(SiteName(name) == nil)
  }

  @Test(arguments: [[], [0], [0xFF], [1, 2, 3], Array(0...255)] as [[UInt8]])
  func `bytes survive being written as text`(bytes: [UInt8]) {
    #expect(Base64URL.bytes(Base64URL.text(bytes)) == bytes)
    #expect(Hex.bytes(Hex.text(bytes)) == bytes)
    #expect(Hex.bytes("0") == nil)
    #expect(Hex.bytes("zz") == nil)
  }
}
