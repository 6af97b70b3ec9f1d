import ArgumentParser

/// The dialects that subscribers may speak, and how each comes to hear of changes.
enum Tongue: String, CaseIterable, ExpressibleByArgument {
  /// The hub's own at `/api/ws`, which Omni Sales' clients share.
  case native
  case sommos
  case countRooms = "count-rooms"
  case oda, bms
  /// What a server in the place of the hub is spoken to with: it repeats each text to all who are connected.
  case peer

  static let allCases = [native, sommos, countRooms, oda, bms]

  init?(argument: String) {
    self.init(rawValue: argument)
    if self == .peer { return nil }
  }

  var path: String {
    switch self {
    case .native, .sommos: "/api/ws"
    case .countRooms: "/ws/inventory/\(Self.room)"
    case .oda, .bms: "/socket.io/?EIO=4&transport=websocket"
    case .peer: "/"
    }
  }

  static let room = "Bench/1/2026"

  /// What a device says as soon as it is connected.
  func opening(token: String) -> [String] {
    switch self {
    case .native: [#"{"type":"subscribe","data":{"namespace":"inventory"}}"#]
    case .sommos: [#"{"type":"join_room","room":"inventory_updates"}"#, #"{"type":"get_rooms"}"#]
    case .countRooms: [#"{"type":"ping"}"#]
    case .oda: [#"40{"token":"\#(token)"}"#]
    case .bms: [#"40/ws,{"token":"\#(token)"}"#]
    case .peer: []
    }
  }

  /// How the message begins that says that a device listens.
  var live: StaticString {
    switch self {
    case .native: #"{"type":"subscribed""#
    case .sommos: #"{"type":"rooms_list""#
    case .countRooms: #"{"type":"pong""#
    case .oda: #"42["inventory:subscribed""#
    case .bms: #"42/ws,["connected""#
    // Whoever is connected listens.
    case .peer: ""
    }
  }

  /// How the message begins that tells of a change.
  var change: StaticString {
    switch self {
    case .native, .peer: #"{"type":"inventory:updated""#
    case .sommos: #"{"type":"inventory_update""#
    case .countRooms: #"{"type":"scan_added""#
    case .oda: #"42["inventory:updated""#
    case .bms: #"42/ws,["inventory:updated""#
    }
  }

  /// What a device says to what it hears, such as a heartbeat.
  func answers(to message: UnsafeRawBufferPointer, token: String) -> [String] {
    switch self {
    case .native, .sommos, .countRooms, .peer: []
    case .oda where message.begins(with: "40{"): [#"42["subscribe:inventory",{}]"#]
    case .oda, .bms: message.count == 1 && message.begins(with: "2") ? ["3"] : []
    }
  }
}
