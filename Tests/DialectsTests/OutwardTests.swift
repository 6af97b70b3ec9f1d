import HubFixtures
import Inventory
import Realtime
import Storage
import Testing
import Wire

/// Who is no crew member hears no more of anything than REST shows them, in whatever protocol, live and
/// replayed.
@Suite struct OutwardTests {
  /// The names of all members, at any depth, but for free attributes.
  private static func names(_ json: JSON) -> Set<String> {
    switch json {
    case .object(let members):
      members.pairs.reduce(into: []) { names, pair in
        names.insert(pair.key)
        if pair.key != "attributes" { names.formUnion(Self.names(pair.value)) }
      }
    case .array(let elements): elements.reduce(into: []) { $0.formUnion(names($1)) }
    default: []
    }
  }

  private static func changeCatalogue(_ live: LiveHub) async throws -> Int64 {
    let admin = try await live.person(.admin)
    let author = Author.session(admin.session)
    let product = try await live.perform(
      "product.create",
      [
        "sku": "RUM", "name": "Rum", "price": 1290, "minimum": 5, "barcodes": ["4006"],
        "forbidsNegative": true, "attributes": ["vintage": 2015],
      ], by: author)["productId"]?.integer
    let id = product ?? 0
    try await live.perform(
      "product.update", ["productId": .int(id), "minimum": 7, "price": 1310], by: author)
    try await live.perform("product.update", ["productId": .int(id), "minimum": 8], by: author)
    try await live.settle()
    return id
  }

  @Test(arguments: [nil, .guest, .customer] as [Role?], [true, false])
  func `of the catalogue others hear what REST shows them`(role: Role?, omni: Bool) async throws {
    try await LiveHub.with { live in
      var person: LiveHub.Person?
      if let role { person = try await live.person(role) }
      let client = try await WebSocketClient.open(live, as: person)
      if omni { _ = try await client.answers(to: Omni.auth) }
      try await client.enter(.products)

      let product = try await Self.changeCatalogue(live)
      let heard = try await client.events()
      let late = try await WebSocketClient.open(live, as: person)
      try await late.send([
        "type": "subscribe",
        "data": ["namespace": "products", "after": ["epoch": .string(live.hub.epoch), "seq": 0]],
      ])
      let replayed = try await late.events()
      let shown = try await live.get("/api/v1/products/\(product)", as: person).json

      let types =
        ["product:created", "product:updated"]
        + (role == .customer ? ["product:price_changed"] : [])
      #expect(heard.map { $0["type"]?.text } == types)
      #expect(replayed.map { $0["type"]?.text } == types)
      // What the events call otherwise than the listing, or say of the change itself.
      let own: Set<String> = [
        "productId", "productName", "product", "changes", "oldPrice", "newPrice",
        "changePercentage",
      ]
      for event in heard + replayed {
        let told = Self.names(event["data"] ?? .null)
        #expect(told.subtracting(own).isSubset(of: Set(shown.keys)), "\(event)")
      }
      #expect(!shown.keys.contains("minimum"))
    }
  }

  @Test func `the crew hears all of it`() async throws {
    try await LiveHub.with { live in
      let client = try await WebSocketClient.open(live, as: try await live.person(.staff))
      try await client.enter(.products)

      _ = try await Self.changeCatalogue(live)

      let heard = try await client.events().compactMap { $0["data"] }
      #expect(heard.first?.holds(["minimum": 5, "userName": "admin"]) == true)
      #expect(heard.first?["product"]?["forbidsNegative"] == true)
      #expect(heard.last?["changes"] == ["minimum": 8])
    }
  }

  @Test func `of an order its customer hears no place, no remark and no hand`() async throws {
    try await LiveHub.with { live in
      let (ana, kit) = (try await live.customer("Ana"), try await live.product())
      let place = try await live.location()
      try await live.adjust(kit, at: place, by: 5)
      let person = try await live.person(.customer, name: "a", customer: ana)
      let client = try await WebSocketClient.open(live, as: person)
      let socket = try await SocketClient.open(live, as: person)
      try await socket.emit("subscribe:orders", [:], id: 1)
      _ = try await socket.acknowledgement(1)

      let order = try await live.id(
        "orderId", "order.create",
        [
          "customerId": .int(ana), "note": "sits at the bar",
          "lines": [["productId": .int(kit), "quantity": 2]],
        ])
      try await live.perform(
        "order.fulfil", ["orderId": .int(order), "locationId": .int(place)])
      try await live.settle()

      let heard = try await client.events()
      #expect(heard.map { $0["type"]?.text } == ["order:created", "order:fulfilled"])
      let shown = try await live.get("/api/v1/orders/\(order)", as: person).json
      let own: Set<String> = ["orderId", "items", "productName", "complete"]
      for event in heard {
        let told = Self.names(event["data"] ?? .null).subtracting(own)
        #expect(told.isSubset(of: Self.names(shown)), "\(event)")
      }
      #expect(
        try await socket.heard() == [
          "order.created", "order:updated", "fulfillment.created", "order:updated",
        ])
    }
  }

  @Test func `an alert to nobody in particular is for admins, in every protocol`() async throws {
    try await LiveHub.with { live in
      var clients: [Role: WebSocketClient] = [:]
      var sockets: [Role: SocketClient] = [:]
      var people: [Role: LiveHub.Person] = [:]
      for role in Role.allCases { people[role] = try await live.person(role) }
      let office = try await SocketClient.open(live, "/ws", as: try await live.signedIn("manager"))
      for (role, person) in people {
        let client = try await WebSocketClient.open(live, as: person)
        clients[role] = client
        let socket = try await SocketClient.open(live, as: person)
        try await socket.emit("subscribe:notifications", id: 1)
        _ = try await socket.acknowledgement(1)
        sockets[role] = socket
      }
      let guest = try await WebSocketClient.open(live)
      try await guest.enter(.products)

      try await live.perform(
        "notification.send", ["kind": "alert", "title": "Bilge", "message": "Water"])
      try await live.settle()

      for role in Role.allCases {
        let told = try await clients[role]?.everything() ?? []
        #expect(
          told.map { $0["type"]?.text } == (role == .admin ? ["system_notification"] : []),
          "\(role)")
        #expect(
          try await sockets[role]?.heard() == (role == .admin ? ["notification"] : []), "\(role)")
      }
      #expect(try await guest.everything().isEmpty)
      #expect(try await !office.heard().contains("system:notification"))
      let late = try await WebSocketClient.open(live)
      try await late.send([
        "type": "subscribe",
        "data": ["topic": "notifications", "after": ["epoch": .string(live.hub.epoch), "seq": 0]],
      ])
      #expect(try await late.events().isEmpty)
    }
  }

  @Test func `an alert to a branch is its crew's`() async throws {
    try await LiveHub.with { live in
      let branch = try await live.branch("Marina")
      let staff = try await WebSocketClient.open(
        live, as: try await live.person(.staff, branches: [branch]))
      let guest = try await WebSocketClient.open(live)

      try await live.perform(
        "notification.send",
        ["kind": "alert", "title": "Bilge", "message": "Water", "branchId": .int(branch)])
      try await live.settle()

      #expect(try await staff.everything().map { $0["type"]?.text } == ["system_notification"])
      #expect(try await guest.everything().isEmpty)
    }
  }
}
