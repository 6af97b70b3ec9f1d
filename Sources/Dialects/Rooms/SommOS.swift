import Access
import Inventory
import NIOCore
import Realtime
import Wire

/// SommOS's rooms: the names that its clients join, and what of the hub's log each brings.
enum Room: String, CaseIterable {
  case inventory = "inventory_updates"
  case procurement = "procurement_updates"
  case pairing = "pairing_recommendations"

  var topics: [String] {
    switch self {
    case .inventory: ["inventory", "products"]
    case .procurement: ["inventory:procurement"]
    case .pairing: ["inventory:pairing"]
    }
  }

  /// Proposals are inventory, too, and nothing to those who joined for movements.
  var rendition: Rendition {
    switch self {
    case .inventory: RoomsDialect.sommos
    case .procurement, .pairing: RoomsDialect.proposals
    }
  }
}

extension RoomsDialect {
  /// The flat messages of seed 000: `{"type":…,"data":{"type":…,…,"timestamp":ISO},"timestamp":ISO}`.
  static let sommos = Rendition { event, _ in
    SommOS.messages(event, SommOS.message(Told(event)))
  }

  /// The same of what the hub proposes: what to buy, what goes together.
  static let proposals = Rendition { event, _ in
    SommOS.messages(event, SommOS.proposal(Told(event)))
  }
}

/// What SommOS's clients call the hub's events.
private enum SommOS {
  static func messages(_ event: Event, _ told: (type: String, data: JSON)?) -> [[UInt8]] {
    guard let (type, data) = told else { return [] }
    let time = ISO8601.json(event.time)
    var inner = data
    inner["timestamp"] = time
    let message: JSON = ["type": .string(type), "data": inner, "timestamp": time]
    return [message.encodedBytes]
  }

  static func proposal(_ told: Told) -> (type: String, data: JSON)? {
    switch told.type {
    case .procurementProposed:
      ("procurement_update", ["type": "proposed", "proposal": told.data, "userId": told.user])
    case .procurementDecided:
      ("procurement_update", ["type": "decided", "proposal": told.data, "userId": told.user])
    case .pairingRecommended:
      (
        "pairing_recommendation",
        ["type": "recommended", "pairing": told.data, "userId": told.user]
      )
    default: nil
    }
  }

  static func message(_ told: Told) -> (type: String, data: JSON)? {
    switch told.type {
    case .inventoryUpdated: movement(told)
    case .inventoryBulkUpdated:
      (
        "inventory_update",
        ["type": "bulk_update", "updates": told["updates"], "userId": told.user]
      )
    case .inventorySync:
      ("inventory_update", ["type": "sync", "syncData": told.data, "userId": told.user])
    case .productCreated:
      (
        "inventory_action",
        ["type": "add", "item": item(told, quantity: .int(0)), "userId": told.user]
      )
    case .productDeleted:
      (
        "inventory_action",
        [
          "type": "remove", "itemId": told["productId"], "itemName": told["productName"],
          "userId": told.user,
        ]
      )
    case .systemMaintenance:
      (
        "system_notification",
        [
          "type": "maintenance", "message": told["message"],
          "scheduledTime": told["scheduledAt"].integer.map(ISO8601.json) ?? .null,
        ]
      )
    case .systemAlert: security(told)
    case .systemNotification
    where told["category"].text == SendNotification.Category.security.rawValue:
      security(told)
    case .systemNotification:
      (
        "system_notification",
        ["type": "update", "message": told["message"], "version": told["version"]]
      )
    default: nil
    }
  }

  private static func security(_ told: Told) -> (type: String, data: JSON) {
    (
      "system_notification",
      ["type": "security", "message": told["message"], "severity": told["severity"]]
    )
  }

  private static func movement(_ told: Told) -> (type: String, data: JSON)? {
    if told["movedTo"].text != nil { return nil }
    if let from = told["movedFrom"].text {
      return (
        "inventory_action",
        [
          "type": "move", "itemId": told["productId"], "fromLocation": .string(from),
          "newLocation": told["locationName"], "userId": told.user,
        ]
      )
    }
    let change = told["difference"]
    var item = item(told, quantity: told["locationStock"])
    if told["locationStock"].integer == change.integer, (change.integer ?? 0) > 0 {
      return ("inventory_action", ["type": "add", "item": item, "userId": told.user])
    }
    item["quantityChange"] = change
    return (
      "inventory_update",
      [
        "type": "update", "item": item,
        "changes": ["quantity": told["locationStock"], "quantityChange": change],
        "userId": told.user,
      ]
    )
  }

  /// `vintage_id` tells wines apart by year and place, which here is the stock's row.
  private static func item(_ told: Told, quantity: JSON) -> JSON {
    .compact([
      "id": told["productId"], "name": told["productName"],
      "vintage_year": told.data["attributes"]?["vintage"] ?? .null,
      "location": told["locationName"], "quantity": quantity, "wine_id": told["productId"],
      "vintage_id": told["stockId"],
    ])
  }
}

/// Joining and leaving rooms.
extension RoomsConnection {
  func greetSommOS(_ now: Int64) {
    let limits = hub.limits
    send([
      "type": "connection_established",
      "clientId": .string("client_\(now)_\(receiver.id)"), "timestamp": ISO8601.json(now),
      "serverInfo": [
        "version": "1.0.0", "maxClients": .int(Int64(limits.connections)),
        "heartbeatInterval": .int(hub.heartbeat.silence.nanoseconds / 1_000_000),
      ],
    ])
    hearNotifications()
  }

  /// SommOS sends its system's notifications to every connection.
  func hearNotifications() {
    receiver.listen(to: notifications, in: RoomsDialect.sommos)
  }

  /// The topics of what is told to people: to all, to some roles, to this one.
  var notifications: [String] {
    [Topics.notifications]
      + (receiver.identity.map { ["\(Topics.notifications):\($0.user)"] } ?? [])
  }

  func joinDefaultRoom() {
    guard !hasChosenRooms, mayJoin(.inventory), !rooms.contains(.inventory) else { return }
    enter(.inventory)
    isInDefaultRoom = true
  }

  func leaveDefaultRoom() {
    hasChosenRooms = true
    guard isInDefaultRoom else { return }
    isInDefaultRoom = false
    leave(.inventory)
  }

  func joinRoom(_ name: JSON?) {
    guard let name, !name.isNull, name.text != "" else { return }
    guard let room = name.text.flatMap(Room.init), mayJoin(room) else {
      return complain("No permission to join this room")
    }
    hasChosenRooms = true
    if room == .inventory { isInDefaultRoom = false }
    enter(room)
  }

  func leaveRoom(_ name: JSON?) {
    guard let name, !name.isNull, name.text != "" else { return }
    guard let name = name.text, name.utf8.count <= 256 else {
      return complain("There is no such room")
    }
    hasChosenRooms = true
    if let room = Room(rawValue: name) { leave(room) }
    send(["type": "room_left", "room": .string(name), "timestamp": ISO8601.json(hub.now())])
  }

  func tellRooms() {
    send([
      "type": "rooms_list",
      "rooms": .array(Room.allCases.filter(rooms.contains).map { .string($0.rawValue) }),
    ])
  }

  private func mayJoin(_ room: Room) -> Bool {
    room.topics.allSatisfy(receiver.mayListen(to:))
  }

  private func enter(_ room: Room) {
    if rooms.insert(room).inserted { _ = hub.entered(room.rawValue, limit: .max) }
    receiver.listen(to: room.topics, in: room.rendition)
    send([
      "type": "room_joined", "room": .string(room.rawValue), "timestamp": ISO8601.json(hub.now()),
    ])
  }

  /// The connection has closed, or speaks for somebody else.
  func leaveRooms() {
    for room in rooms { leave(room) }
  }

  private func leave(_ room: Room) {
    guard rooms.remove(room) != nil else { return }
    hub.left(room.rawValue)
    for topic in room.topics { receiver.unlisten(to: topic, in: room.rendition) }
  }
}
