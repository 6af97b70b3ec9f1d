import Inventory
import Testing
import Wire

/// What of an event leaves the crew.
@Suite struct OutwardTests {
  private static func event(_ type: String, _ data: JSON) -> Event {
    Event(
      seq: 7, type: type, lane: .normal, audience: Audience(roles: .everyone), topics: ["products"],
      user: 3, device: "tablet", operation: "op", time: 1, data: data.encoded)
  }

  @Test func `a product is told without what is the house's own, at any depth`() throws {
    let attributes: JSON = ["vintage": 2015, "minimum": "mine"]
    let told = try #require(
      Self.event(
        "product:updated",
        [
          "productId": 1, "userName": "ann", "minimum": 4,
          "changes": ["price": 5, "minimum": 4, "forbidsNegative": true],
          "product": ["id": 1, "name": "Rum", "minimum": 4, "attributes": attributes],
        ]
      ).outward)

    #expect(
      try JSON(parsing: told.data) == [
        "productId": 1, "changes": ["price": 5],
        "product": ["id": 1, "name": "Rum", "attributes": attributes],
      ])
    #expect((told.seq, told.type) == (7, "product:updated"))
    #expect(told.user == nil && told.device == nil && told.operation == nil)
  }

  @Test func `a change that is the house's own altogether is not told`() {
    let event = Self.event("product:updated", ["productId": 1, "changes": ["minimum": 4]])

    #expect(event.outward == nil)
  }

  @Test(arguments: EventType.allCases.filter { !$0.readers.contains(.customer) })
  func `what the crew alone may hear has nothing for others`(type: EventType) {
    // Of payments customers hear their own, though the namespace is for managers.
    guard type.namespace != .payments else { return }

    let data: JSON = ["productId": 1, "orderId": 1, "message": "m", "status": "s"]
    if type.readers.isDisjoint(with: Roles(.guest)) {
      #expect(Self.event(type.rawValue, data).outward == nil)
    }
  }

  @Test func `what the site has declared open itself is told whole, but for who sent it`() {
    let told = Self.event("custom:arrived", ["port": "Palma", "minimum": 1, "from": ["userId": 3]])
      .outward

    #expect(told?.data == #"{"port":"Palma","minimum":1}"#)
    #expect(told?.user == nil)
  }
}
