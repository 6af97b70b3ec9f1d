import Inventory
import Wire

/// One connection that has signed in: who is aboard, and on what device.
package struct Presence: Sendable {
  package var connection: Int64
  package var user: Int64
  package var name: String
  package var role: Role
  package var device: String
  package var address: String
  /// Where it connected: a path, a Socket.IO namespace, or `count:` and a count room.
  package var place: String
  /// The hub's clock, milliseconds since 1970.
  package var since: Int64

  package var json: JSON {
    [
      "connectionId": .int(connection), "userId": .int(user), "userName": .string(name),
      "role": .string(role.rawValue), "device": .string(device), "address": .string(address),
      "place": .string(place),
      "since": .int(since),
    ]
  }
}

/// The ids in an event about a person or a session.
struct SessionEvent {
  var session: Int64?
  var user: Int64?

  init?(_ event: Event) {
    guard let data = try? JSON(parsing: event.data) else { return nil }
    session = data["sessionId"]?.integer
    user = data["userId"]?.integer
  }
}
