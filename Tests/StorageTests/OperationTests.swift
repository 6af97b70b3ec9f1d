import Inventory
import Testing
import Wire

@testable import Storage

/// Once, exactly.
@Suite struct OperationTests {
  @Test func `a repeated operation returns the first result and changes nothing`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let add: JSON = ["productId": .int(kit), "locationId": .int(room), "quantity": 3]

    let first = try await hub.submit("stock.add", add, operation: "a-1")
    try await hub.adjust(kit, at: room, by: 10)
    let head = try hub.head
    let second = try await hub.submit("stock.add", add, operation: "a-1")

    #expect(second == first)
    #expect(first.data == #"{"locationStock":3}"#)
    #expect(try hub.level(kit, at: room) == 13)
    #expect(try hub.head == head)
  }

  @Test func `a repeated operation returns a refusal too, although it would now succeed`()
    async throws
  {
    let hub = try Hub()
    let kit = try await hub.product(forbidsNegative: true)
    let room = try await hub.location()
    let take: JSON = ["productId": .int(kit), "locationId": .int(room), "quantity": 3]

    let first = await #expect(throws: Refusal.self) {
      try await hub.submit("stock.remove", take, operation: "a-1")
    }
    try await hub.adjust(kit, at: room, by: 10)
    let second = await #expect(throws: Refusal.self) {
      try await hub.submit("stock.remove", take, operation: "a-1")
    }

    #expect(first?.code == .insufficientStock)
    #expect(first?.field == "quantity")
    #expect(second == first)
    #expect(try hub.level(kit, at: room) == 10)
  }

  @Test func `results are remembered over a restart`() async throws {
    let hub = try Hub()
    let kit = try await hub.product(forbidsNegative: true)
    let room = try await hub.location()
    let add: JSON = ["productId": .int(kit), "locationId": .int(room), "quantity": 3]
    let take: JSON = ["productId": .int(kit), "locationId": .int(room), "quantity": 4]
    let done = try await hub.submit("stock.add", add, operation: "done")
    let refused = await #expect(throws: Refusal.self) {
      try await hub.submit("stock.remove", take, operation: "refused")
    }

    let reopened = try await hub.reopened()

    #expect(try await reopened.submit("stock.add", add, operation: "done") == done)
    await #expect(throws: try #require(refused)) {
      try await reopened.submit("stock.remove", take, operation: "refused")
    }
    #expect(try reopened.level(kit, at: room) == 3)
  }

  @Test func `the same id with another command is refused and harms nothing`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let add: JSON = ["productId": .int(kit), "locationId": .int(room), "quantity": 3]
    let first = try await hub.submit("stock.add", add, operation: "a-1", fingerprint: 1)

    let refusal = await #expect(throws: Refusal.self) {
      try await hub.submit("stock.remove", add, operation: "a-1", fingerprint: 2)
    }

    #expect(refusal?.code == .operationReused)
    #expect(try hub.level(kit, at: room) == 3)
    #expect(try await hub.submit("stock.add", add, operation: "a-1", fingerprint: 1) == first)
  }

  @Test func `ids are a device's own`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let (ann, bob) = (try await hub.user("ann", .staff), try await hub.user("bob", .staff))
    let add: JSON = ["productId": .int(kit), "locationId": .int(room), "quantity": 1]
    let authors: [Author] = [
      .hub, .session(try await hub.session(of: ann, device: "tablet")),
      .session(try await hub.session(of: ann, device: "phone")),
      .session(try await hub.session(of: ann)),
      .session(try await hub.session(of: bob, device: "tablet")),
    ]

    for author in authors { _ = try await hub.submit("stock.add", add, by: author, operation: "1") }
    let again = try await hub.session(of: ann, device: "tablet")
    _ = try await hub.submit("stock.add", add, by: .session(again), operation: "1")

    #expect(try hub.level(kit, at: room) == 5, "a new session of the same device is no new device")
  }

  @Test func `a storm of retries of one operation books it once`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let add: JSON = ["productId": .int(kit), "locationId": .int(room), "quantity": 1]

    let receipts = try await withThrowingTaskGroup(of: Receipt.self) { group in
      for _ in 0..<50 {
        group.addTask { try await hub.submit("stock.add", add, operation: "storm") }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }

    #expect(Set(receipts.map(\.position)).count == 1)
    #expect(try hub.level(kit, at: room) == 1)
  }

  @Test func `who may not do a thing today may do it under the same id once allowed`() async throws
  {
    let hub = try Hub()
    _ = try await hub.user("boss", .admin)
    let ann = try await hub.user("ann", .staff)
    let author = Author.session(try await hub.session(of: ann))
    let create: JSON = ["sku": "x", "name": "x"]
    await #expect(throws: Refusal(.forbidden, "Your role may not do this.")) {
      try await hub.submit("product.create", create, by: author, operation: "1")
    }

    try await hub.perform("user.update", ["userId": .int(ann), "role": "manager"])

    _ = try await hub.submit("product.create", create, by: author, operation: "1")
  }

  @Test func `an event says who did it, from where and under which operation`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let ann = try await hub.user("ann", .staff)
    let author = Author.session(try await hub.session(of: ann, device: "tablet"))
    let add: JSON = ["productId": .int(kit), "locationId": .int(room), "quantity": 1]
    let command = try Hub.command("stock.add", add)

    _ = await hub.ledger.submit(
      Submission(command, by: author, operation: "op-7", deviceTime: 1_500_000_000_000))

    let event = try #require(try hub.events().first { $0.type == "inventory:updated" })
    #expect(event.user == ann)
    #expect(event.device == "tablet")
    #expect(event.operation == "op-7")
    #expect(event.deviceTime == 1_500_000_000_000)
    #expect(event.time == 1_764_547_200_000)
    #expect(
      event.topics == ["inventory", "inventory:location:\(room)", "inventory:product:\(kit)"])
  }
}
