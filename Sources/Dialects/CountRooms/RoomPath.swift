import Foundation
import Inventory
import Wire

/// What a path below `/ws` says about the room.
enum RoomPath: Equatable {
  case room(CountRoom)
  /// Why it names no room, in the words of the system's own server.
  case fault(String)

  static let root = "/ws"

  /// - Parameter path: without its query; what comes after the year is passed over.
  init(_ path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.starts(with: ["", "ws", "inventory"]), parts.count >= 5 else {
      self = .fault("Invalid path - not an inventory WebSocket")
      return
    }
    let decoded = parts[3...].prefix(3).map { $0.removingPercentEncoding }
    guard !decoded.contains(nil) else {
      self = .fault("Connection error")
      return
    }
    let names = decoded.compactMap { $0 }
    guard names.count == 3,
      let room = CountRoom(
        agency: names[0], month: .string(names[1]), year: .string(names[2]))
    else {
      self = .fault("Invalid path - missing room parameters")
      return
    }
    self = .room(room)
  }

  /// Where a connection at this path is counted.
  var place: String {
    switch self {
    case .room(let room): "count:\(room.name)"
    case .fault: "no room"
    }
  }
}
