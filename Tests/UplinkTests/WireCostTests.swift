import Inventory
import Logging
import ShoreFixtures
import Storage
import Sync
import Testing
import Wire

/// What the payloads of real commands cost on the way to shore.
@Suite struct WireCostTests {
  /// A thousand movements of forty wines in six places by five people, as a busy evening has them.
  private func evening() async throws -> [Event] {
    let directory = try TemporaryDirectory()
    let store = try Store(directory: directory.path, now: { 1_764_547_200_000 })
    let ledger = Ledger(
      store: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    func perform(_ name: String, _ data: JSON, by author: Author = .hub) async throws -> JSON {
      guard let command = Catalogue.command(named: name) else { return .null }
      switch await ledger.submit(Submission(try command.init(data: data), by: author)) {
      case .done(let receipt): return try JSON(parsing: receipt.data)
      case .refused(let refusal): throw refusal
      }
    }
    for wine in 1...40 {
      _ = try await perform(
        "product.create",
        [
          "sku": .string("WINE-\(1000 + wine * 7)"), "name": .string("Château Number \(wine)"),
          "minimum": 2, "attributes": ["vintage": .int(Int64(1980 + wine))],
        ])
    }
    for place in ["Cellar", "Bar", "Galley", "Sun deck", "Owner's deck", "Dry store"] {
      _ = try await perform("location.create", ["name": .string(place)])
    }
    var crew: [Author] = []
    for name in ["ana", "ben", "chloe", "dario", "ewa"] {
      let user = try await perform("user.create", ["name": .string(name), "role": "staff"])[
        "userId"]
      let start = StartSession(
        user: user?.integer ?? 0, deviceKey: "tablet-\(name)", deviceName: nil, kind: .person)
      if case .done(let receipt) = await ledger.submit(Submission(start, by: .hub)) {
        crew.append(.session(try JSON(parsing: receipt.data)["sessionId"]?.integer ?? 0))
      }
    }
    var random = Dice()
    for _ in 0..<1000 {
      _ = try await perform(
        "stock.adjust",
        [
          "productId": .int(random.next(40) + 1), "locationId": .int(random.next(6) + 1),
          "quantity": .int(random.next(2) == 0 ? random.next(12) + 1 : -(random.next(3) + 1)),
          "reason": "use",
        ], by: crew[Int(random.next(5))])
    }
    await ledger.close()
    let events = try store.events(after: 0, limit: 10_000)
    try store.close()
    return events.filter { $0.type == "inventory:updated" }
  }

  @Test func `a thousand real movements cost less than thirty bytes each`() async throws {
    let events = try await evening()
    let batch = try #require(
      Batch(events, lane: .normal, after: 0, lineage: .sample(("e1", 1))))

    let cost = Double(try batch.body().count) / Double(batch.events.count)

    #expect(batch.events.count == 1000)
    #expect(cost < 30, "\(cost) bytes a movement")
  }
}

/// The same throws every time.
private struct Dice {
  private var state: UInt64 = 42

  mutating func next(_ sides: UInt64) -> Int64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int64((state >> 33) % sides)
  }
}
