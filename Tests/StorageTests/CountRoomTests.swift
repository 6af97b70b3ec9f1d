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

  @Test func `who comes late finds what stands, and whether it is over`() async throws {
    let sam = try await hub.signedIn(.staff, name: "sam")
    let identity = Identity(user: 9, name: "late", role: .staff, session: 9)
    for code in ["A1", "A2", "A3"] { _ = try await scan(code, by: sam) }
    _ = try await unscan("A2", by: sam)
    func state(_ room: String) async throws -> CountState? {
      try await hub.store.countState(room: room, for: identity)
    }

    let open = try await state("Alfa Romeo/09/2025")
    #expect(open?.status == .open)
    #expect(open?.scans.map(\.code) == ["A1", "A3"])
    #expect(open?.scans.allSatisfy { $0.userName == "sam" } == true)
    #expect(try await state("Fiat/9/2025") == nil)

    try await hub.perform(
      "count.complete", ["countId": .int(count)], by: try await hub.signedIn(.manager, name: "mia"))
    let done = try await state("Alfa Romeo/9/2025")
    #expect(done?.status == .completed)
    #expect(done?.completedBy == "mia")
    #expect(done?.completedSeq == (try hub.head))
    let guest = Identity(user: 9, name: "guest", role: .guest, session: 9)
    #expect(try await hub.store.countState(room: "Alfa Romeo/9/2025", for: guest) == nil)
  }

  @Test func `a count of another branch is not shown`() async throws {
    let north = try await hub.branch("North")
    let store = try await hub.location("Store", branch: north)
    try await hub.perform("count.open", ["room": "North/1/2026", "locationId": .int(store)])
    func sees(_ branches: Set<Int64>) async throws -> Bool {
      let identity = Identity(user: 9, name: "x", role: .staff, branches: branches, session: 9)
      return try await hub.store.countState(room: "North/1/2026", for: identity) != nil
    }

    #expect(try await sees([north]))
    #expect(try await sees([]) == false)
  }
}
