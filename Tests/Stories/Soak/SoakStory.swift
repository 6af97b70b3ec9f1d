import Foundation
import LinkRelay
import Testing
import Wire

extension WholeProcess {
  /// Everything that can go wrong between a hub and shore, again and again. Forty misfortunes among
  /// the other tests; `QUARTERMASTER_SOAK_CUTS=1000` for a night's worth, in some twenty minutes.
  @Suite(.serialized)
  struct Soak {
    private static let cuts =
      ProcessInfo.processInfo.environment["QUARTERMASTER_SOAK_CUTS"].flatMap { Int($0) } ?? 40

    @Test(.timeLimit(.minutes(60)))
    func
      `after cuts, kills of either end and sticks, shore is equal to the hub and to the devices`()
      async throws
    {
      let shore = try await Shore()
      let hub = try Hub()
      try await hub.start(shore.arguments)
      let place = try await Cellar.open(in: hub, stock: 1_000_000)
      let sticks = try await Ferry.enrol(hub, shore)
      let writers = (0..<8).map { number in
        Writer(
          name: "device-\(number)", token: place.staff, products: place.products,
          location: place.location)
      }
      var met: [Misfortune: Int] = [:]

      try await withThrowingTaskGroup(of: Void.self) { devices in
        for writer in writers { devices.addTask { await writer.work(at: hub) } }
        defer { for writer in writers { writer.leave() } }
        for _ in 0..<Self.cuts {
          let misfortune = Misfortune.allCases.randomElement() ?? .cut
          met[misfortune, default: 0] += 1
          try await meet(misfortune, hub, shore, sticks)
          try await Task.sleep(for: .milliseconds(.random(in: 20...300)))
          shore.link.restore()
          shore.link.change(to: Bool.random() ? .perfect : .threeG)
          try await Task.sleep(for: .milliseconds(.random(in: 0...300)))
        }
        for writer in writers { writer.finishWriting() }
        try await eventually("every change is confirmed") {
          writers.allSatisfy(\.isIdle)
        }
      }
      // Nobody helps the queue now: it starts again by itself. A connection that was forgotten ends,
      // as it would when the exchange has lasted too long.
      shore.link.cut()
      shore.link.change(to: .perfect)
      shore.link.restore()
      try await hub.allAshore(within: .seconds(330))
      #expect(try await hub.stop() == .exited(0))

      try await hub.compare(with: writers, stock: 1_000_000)
      #expect(try await hub.command("verify").ending == .exited(0))
      let aboard = try await hub.command("export", "events").succeeded()
      let ashore = try await shore.export()
      #expect(aboard == ashore && !aboard.isEmpty)
      let held = Set(try ashore.lines.compactMap { try JSON(parsing: $0)["seq"]?.integer })
      let confirmed = Set(writers.flatMap(\.books.acks.values))
      #expect(confirmed.subtracting(held) == [])
      #expect(try await hub.status()["needsAPerson"] == 0)
      let words = met.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($1) x \($0)" }
      print(
        "\(Self.cuts) misfortunes (\(words.joined(separator: ", "))), \(confirmed.count) changes, "
          + "\(shore.link.connections) connections, \(shore.link.passed) bytes ashore")
    }

    private enum Misfortune: String, CaseIterable {
      case cut, cutAfter, stall, forget, portal, killShore, killHub, stopHub, stick
    }

    private func meet(
      _ misfortune: Misfortune, _ hub: Hub, _ shore: Shore, _ sticks: Ferry
    ) async throws {
      switch misfortune {
      case .cut: shore.link.cut()
      case .cutAfter: shore.link.cut(after: .random(in: 1...5_000))
      case .stall: shore.link.stall()
      case .forget: shore.link.forget()
      case .portal: shore.link.answer("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nWelcome")
      case .killShore: try await shore.killAndRestart()
      case .killHub:
        try await hub.kill()
        try await hub.start(shore.arguments)
      case .stopHub:
        try await hub.stop()
        try await hub.start(shore.arguments)
      case .stick: try await sticks.travel()
      }
    }
  }
}

/// A stick that goes ashore beside the live link, with the luck that sticks have.
private struct Ferry {
  let hub: Hub
  let shore: Shore

  static func enrol(_ hub: Hub, _ shore: Shore) async throws -> Ferry {
    let own = try await hub.command("courier", "certificate", "--site", Shore.site).succeeded()
    let other = try await shore.command("courier", "certificate").succeeded()
    let (site, far) = (
      try hub.folder.write("site.crt", own), try hub.folder.write("far.crt", other)
    )
    _ = try await hub.command("courier", "trust", far).succeeded()
    _ = try await shore.command("courier", "trust", Shore.site, site).succeeded()
    return Ferry(hub: hub, shore: shore)
  }

  func travel() async throws {
    let stick = hub.folder.file("stick.cms")
    let receipt = hub.folder.file("receipt-\(Int.random(in: 0..<3)).cms")
    _ = try await hub.command("courier", "export", stick).succeeded()
    if Int.random(in: 0..<4) == 0 { return }
    _ = try await shore.command("courier", "import", stick, "--receipt", receipt).succeeded()
    // One of the last three receipts, this one or an older one, or none.
    let back = hub.folder.file("receipt-\(Int.random(in: 0..<3)).cms")
    guard FileManager.default.fileExists(atPath: back) else { return }
    _ = try await hub.command("courier", "receipt", back).succeeded()
  }
}
