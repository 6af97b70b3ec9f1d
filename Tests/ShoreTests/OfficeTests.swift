import Inventory
@testable import Shore
import ShoreFixtures
import Sync
import Testing
import Wire

/// The office's screens.
@Suite(.timeLimit(.minutes(2)))
struct OfficeTests {
  let directory: TemporaryDirectory
  let store: ShoreStore
  private static let office = ["Authorization": "Bearer operator-token-of-the-test"]

  init() throws {
    directory = try TemporaryDirectory()
    store = try ShoreStore(DataDirectory(directory.path), create: true)
    _ = try store.addSite(.yacht, at: 1)
  }

  private func receive(_ batch: Batch) async throws {
    let receipt = try await store.receive(try batch.received, from: .yacht, at: 2)
    #expect(receipt == .accepted(refused: []))
  }

  private static func listen(
    _ shore: String, after: String? = nil, _ count: Int
  ) async throws -> [Heard] {
    try await Post.listen(
      "\(shore)/v1/sites/yacht/stream",
      headers: office.merging(after.map { ["Last-Event-ID": $0] } ?? [:]) { $1 },
      until: { $0.count >= count })
  }

  private static func seqs(_ heard: [Heard]) -> [Int64] {
    heard.compactMap { $0.message["seq"]?.integer }
  }

  @Test func `a screen hears what comes in from now on`() async throws {
    try await receive(.sample(1...3))

    let heard = try await withShore(store) { shore in
      try await Post.listen("\(shore)/v1/sites/yacht/stream", headers: Self.office) { heard in
        // The first word says that the screen is live; only then something comes in.
        if heard.count == 1 {
          Task { try await receive(.sample(4...5)) }
        }
        return heard.count >= 3
      }
    }

    #expect(heard.first?.outcome == "live")
    #expect(Self.seqs(heard) == [4, 5])
    #expect(heard.last?.type == "inventory:updated")
    #expect(heard.last?.message["epoch"]?.text == "e1")
    #expect(heard.last?.message["data"]?["productId"]?.integer == 5)
  }

  @Test func `a screen that comes back hears what it missed, of each lane, and nothing twice`()
    async throws
  {
    try await receive(.sample(1...3))
    try await receive(.sample(10...11, lane: .first, after: 0))

    let (first, second, third) = try await withShore(store) { shore in
      let first = try await Self.listen(shore, after: "e1.0.1.0", 4)
      // In between a slower lane brings older events.
      try await receive(.sample(4...6))
      try await receive(.sample(12...12, lane: .first, after: 11))
      let second = try await Self.listen(shore, after: first.last?.id, 5)
      let third = try await Self.listen(shore, after: second.last?.id, 1)
      return (first, second, third)
    }

    #expect(first.first?.outcome == "replayed")
    #expect(Self.seqs(first) == [10, 11, 2, 3])
    #expect(Self.seqs(second) == [12, 4, 5, 6])
    #expect(third.map(\.outcome) == ["nothing_missed"])
  }

  @Test func `what the tray held back comes late, live or as missed, and once`() async throws {
    try await receive(.sample(1...2))
    try await receive(.sample(4...5, after: 2))

    let (live, missed, whole, nothing) = try await withShore(store) { shore in
      let live = try await Post.listen(
        "\(shore)/v1/sites/yacht/stream", headers: Self.office
      ) { heard in
        if heard.count == 1 {
          Task { try await receive(.sample(3...3, after: 2)) }
        }
        return heard.count >= 2
      }
      let missed = try await Self.listen(shore, after: live.first?.id, 2)
      let whole = try await Self.listen(shore, after: "e1.0.0.0", 6)
      return (live, missed, whole, try await Self.listen(shore, after: whole.last?.id, 1))
    }

    #expect(Self.seqs(live) == [3])
    #expect(live.map(\.id) == ["e1.0.5.0", "e1.0.5.0+1"])
    #expect(Self.seqs(missed) == [3])
    #expect(Self.seqs(whole) == [1, 2, 4, 5, 3])
    #expect(nothing.map(\.outcome) == ["nothing_missed"])
  }

  @Test func `what came late and was cut off by a restore is told no more`() async throws {
    try await receive(.sample(1...2))
    try await receive(.sample(4...5, after: 2))
    try await receive(.sample(3...3, after: 2))
    try await receive(.sample(3...4, lineage: .sample(("e1", 1), ("e2", 3))))

    let heard = try await withShore(store) { shore in
      try await Self.listen(shore, after: "e1.0.0.0", 5)
    }

    #expect(Self.seqs(heard) == [1, 2, 3, 4])
    #expect(heard.compactMap { $0.message["epoch"]?.text } == ["e1", "e1", "e2", "e2"])
  }

  @Test func `a screen whose log was cut off by a restore is told to start afresh`() async throws {
    try await receive(.sample(1...9))
    let restored = Lineage.sample(("e1", 1), ("e2", 5))
    try await receive(.sample(5...6, lineage: restored))

    let (beyond, late, within, stranger) = try await withShore(store) { shore in
      (
        try await Self.listen(shore, after: "e1.0.9.0", 1),
        // A shore that was put back to an older copy does not know of that one.
        try await Self.listen(shore, after: "e1.0.3.0+1", 1),
        try await Self.listen(shore, after: "e1.0.3.0", 4),
        try await Self.listen(shore, after: "e7.0.3.0", 1)
      )
    }

    #expect(beyond.map(\.outcome) == ["snapshot_required"])
    #expect(late.map(\.outcome) == ["snapshot_required"])
    #expect(Self.seqs(within) == [4, 5, 6])
    #expect(within.compactMap { $0.message["epoch"]?.text } == ["e1", "e2", "e2"])
    #expect(stranger.map(\.outcome) == ["snapshot_required"])
  }

  @Test(arguments: ["", "e1", "e1.1.2", "e1.1.2.x", "e1.-1.2.3", "e1.1.2.3+", "e1.1.2.3+-1"])
  func `a cursor that is none is refused`(cursor: String) async throws {
    let answer = try await withShore(store) { shore in
      try await Post.request(
        "GET", "\(shore)/v1/sites/yacht/stream",
        headers: Self.office.merging(["Last-Event-ID": cursor]) { $1 })
    }

    #expect(answer.status == 400)
  }

  @Test func `nobody else hears anything`() async throws {
    let answer = try await withShore(store) { shore in
      try await Post.request("GET", "\(shore)/v1/sites/yacht/stream")
    }

    #expect(answer.status == 401)
  }
}
