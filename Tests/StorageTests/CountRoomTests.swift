import Inventory
import Testing
import Wire

@testable import Storage

/// Count rooms as the clients of the car audit use them.
@Suite struct CountRoomTests {
  let hub: Hub
  let count: Int64

  init() async throws {
    hub = try Hub()
    count = try await hub.id("countId", "count.open", ["room": "Alfa Romeo/09/2025"])
  }

  private func scan(_ code: String, unique: Bool = false, by author: Author = .hub) async throws
    -> Refusal?
  {
    try await hub.refusal(
      "count.scan", ["countId": .int(count), "code": .string(code), "unique": .bool(unique)],
      by: author)
  }

  private func unscan(_ code: String, by author: Author) async throws -> JSON? {
    try? await hub.perform(
      "count.unscan", ["countId": .int(count), "code": .string(code)], by: author)["cancelled"]
  }

  @Test func `however the month is written, it is the same room`() async throws {
    for room in ["Alfa Romeo/9/2025", " Alfa Romeo /009/2025", "Alfa Romeo/09/2025"] {
      #expect(
        try await hub.perform("count.open", ["room": .string(room)])
          == ["countId": .int(count), "opened": false])
    }
    #expect(try hub.told(.countOpened).map { $0["room"] } == ["Alfa Romeo/9/2025"])
    #expect(try hub.events().last?.topics == ["inventory", "inventory:count:Alfa Romeo/9/2025"])
  }

  @Test func `a code that stands is refused where each may be scanned once`() async throws {
    #expect(try await scan("A1", unique: true) == nil)
    #expect(
      try await scan("A1", unique: true)
        == Refusal(
          .duplicate, "Barcode A1 has already been scanned in Alfa Romeo/9/2025.", field: "code"))
    #expect(try await scan("A1") == nil)
    #expect(try await scan("A2", unique: true) == nil)

    _ = try await unscan("A1", by: .hub)
    _ = try await unscan("A1", by: .hub)
    #expect(try await scan("A1", unique: true) == nil)
  }

  @Test func `staff take back their own scans of a code, managers anybody's after their own`()
    async throws
  {
    let (sam, sue) = (
      try await hub.signedIn(.staff, name: "sam"), try await hub.signedIn(.staff, name: "sue")
    )
    let mia = try await hub.signedIn(.manager, name: "mia")
    for author in [sam, sam, mia, sam] { _ = try await scan("A1", by: author) }

    #expect(try await unscan("A1", by: sue) == nil)
    #expect(try await unscan("A1", by: sam) == 4)
    #expect(try await unscan("A1", by: mia) == 3)
    #expect(try await unscan("A1", by: mia) == 2)
    #expect(try await unscan("A1", by: sam) == 1)
    #expect(try await unscan("A1", by: mia) == nil)
  }

  @Test func `a completed room is not opened again where it may be counted once only`()
    async throws
  {
    let mia = try await hub.signedIn(.manager, name: "mia")
    try await hub.perform("count.complete", ["countId": .int(count)], by: mia)
    let words = "Monthly inventory for Alfa Romeo/9/2025 is already completed."

    #expect(
      try await hub.refusal("count.open", ["room": "Alfa Romeo/9/2025", "once": true])
        == Refusal(.alreadyCompleted, words, field: "room"))
    #expect(
      try await hub.refusal("count.complete", ["countId": .int(count)])
        == Refusal(.alreadyCompleted, words, field: "countId"))
    #expect(try await scan("A1")?.code == .alreadyCompleted)
    #expect(try await hub.refusal("count.open", ["room": "Alfa Romeo/9/2025"]) == nil)
  }

  @Test func `who comes late finds what stands, and who completed it`() async throws {
    let sam = try await hub.signedIn(.staff, name: "sam")
    for code in ["A1", "A2", "A3"] { _ = try await scan(code, by: sam) }
    _ = try await unscan("A2", by: sam)

    let open = try hub.store.countHistory(room: "Alfa Romeo/09/2025")
    #expect(open.count == count)
    #expect(open.lines.map(\.code) == ["A1", "A3"])
    #expect(open.lines.allSatisfy { $0.userName == "sam" })
    #expect(open.completedBy == nil)
    #expect(try hub.store.countHistory(room: "Fiat/9/2025").count == nil)

    try await hub.perform(
      "count.complete", ["countId": .int(count)], by: try await hub.signedIn(.manager, name: "mia"))
    let done = try hub.store.countHistory(room: "Alfa Romeo/9/2025")
    #expect(done.count == nil)
    #expect(done.completedBy == "mia")
    #expect(done.position.seq == (try hub.head))
  }

  @Test func `a cancelled count says who cancelled it`() async throws {
    try await hub.perform(
      "count.cancel", ["countId": .int(count)], by: try await hub.signedIn(.manager, name: "mia"))

    #expect(try hub.told(.countCancelled).last?["cancelledBy"] == "mia")
    #expect(try hub.store.countHistory(room: "Alfa Romeo/9/2025").completedBy == nil)
  }
}
