import HubFixtures
import Inventory
import Realtime
import Wire

/// What tests of `/api/ws` begin with.
extension WebSocketClient {
  /// All that the hub has sent by now, in the words of all three protocols.
  func everything() async throws -> [JSON] {
    try await send(["type": "ping", "id": "everything"])
    var messages: [JSON] = []
    while true {
      let message = try await receiveAny()
      if message["id"]?.text == "everything" { return messages }
      messages.append(message)
    }
  }

  /// Sends, and takes all that comes of it.
  func answers(to message: JSON) async throws -> [JSON] {
    try await send(message)
    return try await everything()
  }

  /// The logged events and passing announcements among what the hub has sent by now.
  func events() async throws -> [JSON] {
    try await everything().filter { $0["namespace"] != nil }
  }

  /// Subscribes as Omni Sales' clients do, and takes the answers.
  func enter(_ namespaces: Namespace...) async throws {
    for namespace in namespaces {
      try await send(Omni.subscription(namespace.rawValue))
    }
    _ = try await everything()
  }
}

extension JSON {
  /// What SommOS's clients have a case for, or show as an error.
  var isOfSommOS: Bool {
    switch self["type"]?.text ?? "" {
    case "connection_established", "room_joined", "room_left", "rooms_list", "error",
      "inventory_update", "inventory_action", "system_notification", "procurement_update",
      "pairing_recommendation":
      true
    default: false
    }
  }

  /// Omni Sales' acknowledgements and errors: events of `system` without a namespace.
  var isOfOmniSales: Bool {
    ["system:notification", "system:alert"].contains(self["type"]?.text) && self["namespace"] == nil
  }

  var keys: [String] { members?.pairs.map(\.key) ?? [] }

  /// An id as the systems write it.
  static func text(of id: Int64) -> JSON { .string("\(id)") }

  /// Whether each member of `expected` is in this object.
  func holds(_ expected: JSON) -> Bool {
    expected.members?.pairs.allSatisfy { self[$0.key] == $0.value } ?? false
  }

  /// `2024-01-15T10:30:00.000Z`
  var isISO8601: Bool {
    guard let text, text.utf8.count == 24 else { return false }
    return text.hasSuffix("Z") && Array(text)[10] == "T"
  }

  /// A moment of this century in milliseconds.
  var isMilliseconds: Bool { (integer ?? 0) > 1_000_000_000_000 }
}

/// Omni Sales' messages.
enum Omni {
  /// What tells the hub that a client is one of theirs; the session is not the hub's to check.
  static let auth: JSON = [
    "type": "auth",
    "data": ["userId": "user_123", "role": "admin", "sessionId": "session_456", "expiresAt": 0],
  ]

  static func subscription(_ namespace: String) -> JSON {
    ["type": "subscribe", "data": ["namespace": .string(namespace)]]
  }

  static func done(_ message: String, _ severity: String, _ namespace: String) -> JSON {
    [
      "severity": .string(severity), "message": .string(message),
      "namespace": .string(namespace),
    ]
  }

  static func error(_ message: String) -> JSON {
    ["severity": "error", "message": .string(message)]
  }
}
