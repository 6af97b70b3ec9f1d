import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct CustomEventTests {
  let hub: Hub
  let admin: Author
  let staff: Author

  init() async throws {
    hub = try Hub()
    admin = try await hub.signedIn(.admin, name: "boss")
    staff = try await hub.signedIn(.staff, name: "sam")
    try await hub.perform(
      "event.define",
      [
        "name": "custom:anchor_watch", "readers": ["admin", "staff"], "performers": ["staff"],
        "maxSize": 40,
      ], by: admin)
  }

  private func emit(_ data: JSON, room: String? = nil, by author: Author) async throws -> Refusal? {
    try await hub.refusal(
      "event.emit", .compact(["name": "anchor_watch", "data": data, "room": .text(room)]),
      by: author)
  }

  @Test func `a declared event is stored with its readers and who sent it`() async throws {
    #expect(try await emit(["drift": 12, "from": "the captain"], room: "bridge", by: staff) == nil)

    let event = try #require(try hub.events().last)
    #expect(event.type == "custom:anchor_watch")
    #expect(event.audience == Audience(roles: Roles(.admin, .staff)))
    #expect(
      event.topics == [
        "inventory", "inventory:custom:anchor_watch", "inventory:custom:anchor_watch:bridge",
      ])
    #expect(
      try JSON(parsing: event.data)
        == ["drift": 12, "from": ["userId": .int(event.user ?? 0), "userName": "sam"]])
  }

  @Test func `nobody sends what is not declared, not theirs, too long or retired`() async throws {
    let manager = try await hub.signedIn(.manager)
    #expect(try await emit(["drift": 1], by: manager)?.code == .forbidden)
    #expect(
      try await emit(["drift": .string(String(repeating: "x", count: 40))], by: staff)?.code
        == .tooLarge)
    #expect(
      try await hub.refusal("event.emit", ["name": "other", "data": [:]], by: staff)?.code
        == .notFound)
    #expect(
      try await hub.refusal("event.emit", ["name": "order:created", "data": [:]], by: staff)?.code
        == .notFound)

    try await hub.perform("event.retire", ["name": "anchor_watch"], by: admin)
    #expect(try await emit(["drift": 1], by: staff)?.code == .notFound)
    #expect(
      try await hub.refusal("event.retire", ["name": "anchor_watch"], by: admin)?.code == .notFound)

    try await hub.perform("event.define", ["name": "anchor_watch"], by: admin)
    #expect(try await emit(["drift": 1], by: manager) == nil)
  }

  @Test func `only admins declare, and no wider than the namespace is heard`() async throws {
    #expect(
      try await hub.refusal("event.define", ["name": "a"], by: staff)?.code == .forbidden)
    let refusal = try await hub.refusal(
      "event.define", ["name": "a", "readers": ["customer"]], by: admin)
    #expect(refusal?.field == "readers")
    #expect(refusal?.message == "readers may be admin, manager, staff in inventory.")
    #expect(
      try await hub.refusal(
        "event.define", ["name": "a", "namespace": "products", "readers": ["customer"]],
        by: admin) == nil)
    #expect(
      try await hub.refusal("event.define", ["name": "a b"], by: admin)?.code == .invalidField)
  }
}
