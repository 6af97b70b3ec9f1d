import Inventory
import Testing
import Wire

@testable import Storage

/// What shore refused waits for a person, and each way out of the tray leaves an event.
@Suite struct TrayTests {
  let hub: Hub
  let refused: Int64 = 1

  init() async throws {
    hub = try Hub()
    let kit = try await hub.product()
    let room = try await hub.location()
    try await hub.adjust(kit, at: room, by: 10)
    try hub.store.acknowledged(
      .normal, through: 2, refused: [ShoreRefusal(seq: 1, code: "bad_data", message: "No object.")])
  }

  private var last: Event {
    get throws { try #require(try hub.store.events(after: 0, limit: 1000).last) }
  }

  @Test func `what is to be tried once more is found, and leaves when shore has it`() async throws {
    #expect(try hub.store.nextRetry() == nil)

    try await hub.perform("tray.retry", ["trayId": .int(refused)])
    #expect(try hub.store.nextRetry()?.seq == refused)
    #expect(try last.type == "tray:retried")

    try hub.store.retried(
      refused, refusal: ShoreRefusal(seq: refused, code: "bad_data", message: "Still none."))
    #expect(try hub.store.nextRetry() == nil)
    #expect(try hub.store.shoreRefusalCount() == 1)

    try await hub.perform("tray.retry", ["trayId": .int(refused)])
    try hub.store.retried(refused, refusal: nil)
    #expect(try hub.store.shoreRefusalCount() == 0)
  }

  @Test func `what went late is sent again to a shore that was put back, if it stands`()
    async throws
  {
    try await hub.perform("tray.retry", ["trayId": .int(refused)])
    try hub.store.retried(refused, refusal: nil)
    try hub.store.rewound(.first, to: 2)
    #expect(try hub.store.nextRetry() == nil, "it is of another lane")

    try hub.store.rewound(.normal, to: 2)
    #expect(try hub.store.nextRetry()?.seq == refused)
    try hub.store.rewound(.normal, to: 2)
    #expect(try hub.store.shoreRefusalCount() == 1)

    try await hub.perform("tray.drop", ["trayId": .int(refused), "reason": "A test."])
    try hub.store.rewound(.normal, to: 2)
    #expect(try hub.store.nextRetry() == nil)
    // What shore lost itself comes by its lane.
    try hub.store.rewound(.normal, to: 0)
    #expect(try hub.store.nextRetry() == nil)
  }

  @Test func `a corrected copy is a new event that names the old one`() async throws {
    let result = try await hub.perform(
      "tray.edit", ["trayId": .int(refused), "data": ["name": "Kit"]])

    let copy = try last
    #expect(result["correctedBy"]?.integer == copy.seq)
    #expect(copy.type == "tray:corrected")
    #expect(copy.lane == .first)
    let data = try JSON(parsing: copy.data)
    #expect(data["corrects"]?.integer == refused)
    #expect(data["type"]?.text == "product:created")
    #expect(data["data"]?["name"]?.text == "Kit")
    #expect(try hub.store.shoreRefusalCount() == 0)
    #expect(try hub.store.verify().isEmpty)
  }

  @Test func `what is dropped stays in the log, with who and why`() async throws {
    try await hub.perform("tray.drop", ["trayId": .int(refused), "reason": "A test."])

    #expect(try hub.store.shoreRefusalCount() == 0)
    #expect(try hub.store.events(after: 0, limit: 1).first?.seq == refused)
    #expect(try JSON(parsing: try last.data)["reason"]?.text == "A test.")
  }

  @Test(
    arguments: [
      ("tray.retry", ["trayId": 99]), ("tray.drop", ["trayId": 99, "reason": "x"]),
      ("tray.edit", ["trayId": 99, "data": [:]]), ("tray.edit", ["trayId": 1, "data": []]),
      ("tray.edit", ["trayId": 1, "data": "{}"]), ("tray.drop", ["trayId": 1]),
    ] as [(String, JSON)])
  func `what is not there or no object is refused`(command: String, data: JSON) async throws {
    await #expect(throws: Refusal.self) { try await hub.perform(command, data) }
    #expect(try hub.store.shoreRefusalCount() == 1)
  }

  @Test func `only an admin empties the tray, and any of the crew may ask to send now`()
    async throws
  {
    let session = try await hub.session(of: try await hub.user("ben", .manager))

    await #expect(throws: Refusal.self) {
      try await hub.perform("tray.retry", ["trayId": 1], by: .session(session))
    }
    try await hub.perform("sync.now", [:], by: .session(session))
    #expect(try last.type == "sync:requested")
    let again = await #expect(throws: Refusal.self) {
      try await hub.perform("sync.now", [:], by: .session(session))
    }
    #expect(again?.code == .rateLimited)
    try hub.ledger.beat(poweredFor: 30_000)
    try await hub.perform("sync.now", [:], by: .session(session))
  }

  @Test func `a standstill is told once, and once that it is over`() async throws {
    let stall = NoteUplinkStall(.stalled(minutes: 15, waiting: 4, reason: "No link."))
    let before = try hub.store.position().seq
    for note in [stall, stall, NoteUplinkStall(.resumed), NoteUplinkStall(.resumed)] {
      _ = await hub.ledger.submit(Submission(note, by: .hub))
    }

    let told = try hub.store.events(after: before, limit: 10)
    #expect(
      told.map(\.type) == [
        "system:alert", "sync:stalled", "system:notification", "sync:resumed",
      ])
    #expect(told.allSatisfy { $0.lane == .first && $0.audience.roles == .crew })
    #expect(try !hub.store.isUplinkAlarmed())
  }

  @Test func `what the link cost is known after a restart, for a month`() async throws {
    try hub.store.spent(100, in: 5)
    try hub.store.acknowledged(.normal, through: 3, refused: [], spending: (50, 5))
    try hub.store.spent(7, in: 6)

    let hub = try await hub.reopened()

    #expect(try hub.store.linkSpending(since: 0) == [5: 150, 6: 7])
    try hub.store.spent(1, in: 5 + Store.spendingHours)
    #expect(try hub.store.linkSpending(since: 0) == [6: 7, 5 + Store.spendingHours: 1])
  }
}
