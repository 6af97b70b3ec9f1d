import HubFixtures
import Inventory
import Wire

/// Somebody in a count room, in the words of seed 003.
struct Counter {
  let web: WebSocketClient

  static func enter(
    _ live: LiveHub, as person: LiveHub.Person? = nil, room: String = "Alfa%20Romeo/10/2025"
  ) async throws -> Counter {
    Counter(
      web: try await WebSocketClient.connect(
        live, as: person, path: "/ws/inventory/\(room)"))
  }

  func send(_ type: String, _ data: JSON? = nil) async throws {
    try await web.send(.compact(["type": .string(type), "data": data]))
  }

  /// All that the hub has sent by now.
  func heard() async throws -> [JSON] {
    try await send("ping")
    var messages: [JSON] = []
    while true {
      let message = try await web.receiveAny()
      if message["type"]?.text == "pong" { return messages }
      messages.append(message)
    }
  }

  func joined() async throws {
    try await send("user_joined", Self.claim)
    _ = try await heard()
  }

  /// What the shipped client says of itself, which is nobody's business.
  static let claim: JSON = [
    "agency": "Fiat", "month": "1", "year": 1999, "userId": "user123", "userName": "John Doe",
  ]

  static func scan(_ code: String) -> JSON {
    var data = claim
    data["scanData"] = [
      "code": .string(code), "user": "John Doe", "timestamp": "2025-01-15T10:30:00.000Z",
    ]
    return data
  }

  static func place(_ more: KeyValuePairs<String, JSON> = [:]) -> JSON {
    var data: JSON = ["agency": "Alfa Romeo", "month": "10", "year": 2025]
    for (key, value) in more { data[key] = value }
    return data
  }

  /// Two people in one room, and a third in another.
  static func room(
    _ live: LiveHub, _ body: (_ mia: Counter, _ sam: Counter, _ other: Counter) async throws -> Void
  ) async throws {
    let mia = try await live.person(.manager, name: "mia")
    let sam = try await live.person(.staff, name: "sam")
    try await body(
      try await .enter(live, as: mia), try await .enter(live, as: sam),
      try await .enter(live, as: sam, room: "Fiat/10/2025"))
  }
}
