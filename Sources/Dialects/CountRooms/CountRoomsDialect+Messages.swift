import Inventory
import Realtime
import Storage
import Wire

/// What a count room hears: `{"type":…,"data":{…,"timestamp":ISO}}`, fields as seed 003 has them.
extension CountRoomsDialect {
  static let rendition = Rendition { event, _ in
    messages(Told(event)).map { type, data in
      let message: JSON = ["type": .string(type), "data": data]
      return message.encodedBytes
    }
  }

  private static func messages(_ told: Told) -> [(type: String, data: JSON)] {
    guard let room = told["room"].text.flatMap({ CountRoom($0) }) else { return [] }
    var data = place(room)
    switch told.event.type {
    case "count:user_joined", "count:user_left":
      data["userId"] = told["userId"].integer.map { .string("\($0)") }
      data["userName"] = told["userName"]
      data["timestamp"] = told.time
      return [(String(told.event.type.dropFirst("count:".count)), data)]
    case EventType.countScanAdded.rawValue: return [("scan_added", scan(told, in: data))]
    case EventType.countScanRemoved.rawValue: return [("scan_removed", scan(told, in: data))]
    case EventType.countCompleted.rawValue: return ending(told, in: data)
    case EventType.countCancelled.rawValue:
      data["completedBy"] = told["cancelledBy"]
      data["message"] = .string("Tu sesión ha sido terminada porque el inventario fue cancelado.")
      data["timestamp"] = told.time
      return [("session_terminated", data)]
    default: return []
    }
  }

  private static func scan(_ told: Told, in place: JSON) -> JSON {
    let line = CountHistory.Line(
      id: told["lineId"].integer ?? 0, code: told["code"].text, user: told["userId"].integer,
      userName: told["userName"].text, time: told.event.time, deviceTime: told.event.deviceTime)
    var data = scan(line, in: place)
    // What was scanned keeps by whom and when, whoever takes it back.
    guard told.type == .countScanRemoved, let moment = told["scannedAt"].integer else {
      return data
    }
    data["scanData"] = [
      "code": told["code"], "user": told["scannedBy"], "timestamp": ISO8601.json(moment),
    ]
    return data
  }

  static func scan(_ line: CountHistory.Line, in room: CountRoom) -> JSON {
    scan(line, in: place(room))
  }

  private static func scan(_ line: CountHistory.Line, in place: JSON) -> JSON {
    var data = place
    data["userId"] = .text(line.user.map { "\($0)" }) ?? .null
    data["userName"] = .text(line.userName) ?? .null
    data["scanData"] = [
      "code": .text(line.code) ?? .null, "user": .text(line.userName) ?? .null,
      "timestamp": ISO8601.json(line.deviceTime ?? line.time),
    ]
    data["lineId"] = .int(line.id)
    data["timestamp"] = ISO8601.json(line.time)
    return data
  }

  private static func ending(_ told: Told, in place: JSON) -> [(type: String, data: JSON)] {
    let who = told["completedBy"].text ?? ""
    var (completed, terminated) = (place, place)
    completed["completedBy"] = .string(who)
    completed["inventoryId"] = told["countId"].integer.map { .string("\($0)") }
    completed["message"] =
      told["message"].text.map(JSON.string)
      ?? .string("El inventario ha sido completado por \(who).")
    completed["timestamp"] = told.time
    terminated["completedBy"] = .string(who)
    terminated["message"] = .string(
      "Tu sesión ha sido terminada porque \(who) completó el inventario.")
    terminated["timestamp"] = told.time
    return [("inventory_completed", completed), ("session_terminated", terminated)]
  }

  private static func place(_ room: CountRoom) -> JSON {
    [
      "agency": .string(room.agency), "month": .string("\(room.month)"),
      "year": .int(Int64(room.year)),
    ]
  }
}
