import Foundation
import LinkRelay
import Synchronization
import Testing
import Wire

extension WholeProcess {
  @Suite(.serialized)
  struct Killed {
    private let kills = 32

    @Test(.timeLimit(.minutes(15)))
    func
      `killed at random moments under 32 writing devices, the hub keeps what it confirmed, once`()
      async throws
    {
      let shore = try await Shore()
      let hub = try Hub()
      try await hub.start(shore.arguments)
      let place = try await Cellar.open(in: hub, stock: Self.firstStock)
      let fuse = Fuse()
      let writers = (0..<32).map { number in
        Writer(
          name: "device-\(number)", token: place.staff, products: place.products,
          location: place.location, onConfirmation: { fuse.burn() })
      }
      let followers = (0..<4).map { _ in Follower(token: place.staff) }

      try await withThrowingTaskGroup(of: Void.self) { devices in
        for follower in followers { devices.addTask { await follower.listen(to: hub) } }
        try await eventually("the followers listen") { followers.allSatisfy(\.hasBegun) }
        for writer in writers { devices.addTask { await writer.work(at: hub) } }
        let weather = Weather()
        let blowing = Task { try await weather.blow(over: shore) }
        defer {
          weather.calm()
          for writer in writers { writer.leave() }
          for follower in followers { follower.leave() }
        }
        for _ in 0..<kills { try await killAndRestart(hub, shore, writers, fuse) }
        for writer in writers { writer.finishWriting() }
        try await eventually("every change is confirmed") {
          writers.allSatisfy(\.isIdle)
        }
        for writer in writers { writer.repeatLast(3) }
        try await eventually("every repeated change is confirmed") { writers.allSatisfy(\.isIdle) }
        weather.calm()
        try await blowing.value
        shore.link.restore()
        try await hub.allAshore()
        let head = Int64(try await hub.sql(Self.lastInventorySeq).first ?? "") ?? 0
        try await eventually("the followers have heard all") {
          followers.allSatisfy { $0.heard.seqs.last == head }
        }
      }
      #expect(try await hub.stop() == .exited(0))

      try await hub.compare(with: writers, stock: Self.firstStock)
      try await compare(hub, followers)
      let verdict = try await hub.command("verify")
      #expect(verdict.ending == .exited(0) && verdict.output.hasPrefix("All is well"))
      let aboard = try await hub.command("export", "events").succeeded()
      let ashore = try await shore.export()
      #expect(aboard == ashore && !aboard.isEmpty)
      tell(hub, shore, writers)
    }

    /// So much that no alert follows a movement: a confirmation then names the movement's own seq.
    private static let firstStock: Int64 = 1_000_000

    private static let lastInventorySeq =
      "SELECT MAX(seq) FROM event WHERE topics LIKE '[\"inventory\"%'"

    /// Lets the hub live for a random while, mostly until it has confirmed something. Every other
    /// time it dies the moment that a device hears a confirmation: one that came too early is found
    /// out then.
    private func killAndRestart(
      _ hub: Hub, _ shore: Shore, _ writers: [Writer], _ fuse: Fuse
    ) async throws {
      let before = confirmed(writers)
      if Int.random(in: 0..<5) > 0 {
        try await eventually("something is confirmed") {
          confirmed(writers) > before
        }
      }
      try await Task.sleep(for: .milliseconds(.random(in: 0...500)))
      if Bool.random(), let program = hub.program {
        fuse.light(under: program)
        _ = try await program.end()
      }
      try await hub.kill()
      // Now and then it dies again while it is getting up.
      if Int.random(in: 0..<6) == 0 {
        let program = try hub.launch(shore.arguments)
        try await Task.sleep(for: .milliseconds(.random(in: 5...150)))
        program.signal(SIGKILL)
        _ = try await program.end()
      }
      // One event loop or two: devices must not see a difference.
      try await hub.start(shore.arguments + ["--event-loops", "\(Int.random(in: 1...2))"])
    }

    private func confirmed(_ writers: [Writer]) -> Int {
      writers.reduce(0) { $0 + $1.books.acks.count }
    }

    /// Each follower has heard all that there was to hear, in order, once.
    private func compare(_ hub: Hub, _ followers: [Follower]) async throws {
      let log = try await hub.sql(
        "SELECT seq FROM event WHERE topics LIKE '[\"inventory\"%' ORDER BY seq"
      ).compactMap { Int64($0) }
      for follower in followers {
        let heard = follower.heard
        #expect(heard.seqs == log.filter { $0 > heard.start })
        #expect(heard.outcomes["live"] == 1 && heard.outcomes["snapshot_required"] == nil)
      }
    }

    private func tell(_ hub: Hub, _ shore: Shore, _ writers: [Writer]) {
      let retries = writers.reduce(0) { $0 + $1.books.retries }
      print(
        "\(kills) kills, \(confirmed(writers)) changes confirmed, \(retries) sent again, "
          + "\(shore.link.outages) outages of link or shore, \(shore.link.passed) bytes ashore")
    }
  }
}

/// Kills the hub on the thread that hears a confirmation.
private final class Fuse: Sendable {
  private let program = Mutex<Program?>(nil)

  func light(under program: Program) { self.program.withLock { $0 = program } }

  func burn() {
    let program = program.withLock { program in
      defer { program = nil }
      return program
    }
    program?.signal(SIGKILL)
  }
}

/// The link to shore comes and goes, and shore itself falls and gets up.
private final class Weather: Sendable {
  private let isOver = Atomic(false)

  /// It ends with what it is about: a shore that falls gets up before.
  func calm() { isOver.store(true, ordering: .relaxed) }

  func blow(over shore: Shore) async throws {
    while !isOver.load(ordering: .relaxed) {
      switch Int.random(in: 0..<8) {
      case 0...2: shore.link.cut()
      case 3, 4: shore.link.cut(after: .random(in: 1...20_000))
      case 5, 6: shore.link.stall()
      default: try await shore.killAndRestart()
      }
      try? await Task.sleep(for: .milliseconds(.random(in: 30...400)))
      shore.link.restore()
      try? await Task.sleep(for: .milliseconds(.random(in: 50...400)))
    }
  }
}
