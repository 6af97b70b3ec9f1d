import Access
import Inventory
import Realtime
import Storage
import Wire

/// BMS's clients, in its server's namespaces and in those that they ask for.
struct BMSTongue: SocketTongue {
  static let namespaces = ["/ws", "/ws-admin", "/ws-pos", "/main", "/admin", "/pos"]

  let noToken = "Authentication error: No token provided"
  let badToken = "Authentication error: Invalid token"

  /// The document's own rule, which its server forgot: the admin namespace is for admins.
  func mayEnter(_ namespace: String, _ identity: Identity) -> Bool {
    switch namespace {
    case "/ws-admin", "/admin": identity.role == .admin
    default: Roles.crew.contains(identity.role)
    }
  }

  func rendition(in namespace: String, offsets: Bool) -> Rendition {
    (offsets ? Self.recovering : Self.plain)[namespace] ?? Self.none
  }

  func conversation(on socket: HubSocket) -> any SocketConversation { BMSConversation(socket) }

  private static let plain = renditions(offsets: false)
  private static let recovering = renditions(offsets: true)
  private static let none = Rendition { _, _ in [] }

  private static func renditions(offsets: Bool) -> [String: Rendition] {
    namespaces.reduce(into: [:]) {
      $0[$1] = SocketRendition.make($1, offsets: offsets, BMS.messages)
    }
  }
}

/// A room of BMS's, and what it brings. Its clients write some names with a dash.
enum BMSRoom: Hashable {
  case branch(Int64)
  case user(Int64)
  case notifications(Int64)
  case role(Role)
  case branchAdmin(Int64)
  case system
  case terminals

  init?(_ name: String) {
    switch name {
    case "system:notifications", "system:alerts":
      self = .system
      return
    case "pos-terminal", "sync-updates":
      self = .terminals
      return
    default: break
    }
    let separator = name.lastIndex { $0 == ":" || $0 == "-" }
    guard let separator else { return nil }
    let rest = name[name.index(after: separator)...]
    // One spelling a room, and so no more of them than there are rooms.
    let id = Int64(rest).flatMap { $0 > 0 && String($0) == rest ? $0 : nil }
    switch (name[..<separator], id) {
    case ("branch", let id?): self = .branch(id)
    case ("user", let id?): self = .user(id)
    case ("notifications", let id?): self = .notifications(id)
    case ("branch-admin", let id?): self = .branchAdmin(id)
    case ("user-role", nil):
      guard let role = Role(rawValue: String(rest)) else { return nil }
      self = .role(role)
    default: return nil
    }
  }

  /// Rooms are for those whom they concern.
  func admits(_ identity: Identity) -> Bool {
    switch self {
    case .branch(let branch): identity.belongs(to: branch)
    case .user(let user), .notifications(let user): identity.user == user
    case .role(let role): identity.role == role
    case .branchAdmin(let branch): identity.role == .admin && identity.belongs(to: branch)
    case .system: Namespace.system.readers.contains(identity.role)
    case .terminals: true
    }
  }

  /// What its members listen to. Of a topic each hears what their branch may.
  var topics: [String] {
    switch self {
    case .branch: ["inventory", "products", "orders", "customers"]
    case .user(let user): ["user:\(user)"]
    case .notifications(let user): [Topics.notifications, "notifications:\(user)"]
    case .role, .branchAdmin: []
    case .system: ["system"]
    case .terminals: [Topics.sync]
    }
  }
}

/// Seed 004's client events.
final class BMSConversation: SocketConversation {
  private let socket: HubSocket
  private var joined: [(name: String, room: BMSRoom)] = []

  init(_ socket: HubSocket) {
    self.socket = socket
  }

  private var receiver: Receiver { socket.receiver }
  var rooms: [String] { joined.map(\.name) }

  func began(rooms: [String]) {
    guard let identity = receiver.identity else { return }
    guard socket.admitsArrival() else {
      socket.complain("Too many connections. Please try again later.")
      return socket.sendAway("Too many connections.")
    }
    for name in rooms.isEmpty ? Self.ownRooms(of: identity) : rooms { _ = join(name) }
    // A crew without branches works in the whole house.
    let branch = identity.branches.sorted().first
    socket.emit(
      "connected",
      [
        "message": "WebSocket connection established", "timestamp": socket.now,
        "namespace": .string(receiver.place),
        "user": .compact([
          "id": .string("\(identity.user)"), "email": .string(identity.name),
          "name": .string(identity.name), "role": .string(identity.role.rawValue.uppercased()),
          "branchId": branch.map { .string("\($0)") },
        ]),
        "rooms": .array(self.rooms.map(JSON.string)),
      ])
  }

  private static func ownRooms(of identity: Identity) -> [String] {
    var rooms = identity.branches.sorted().flatMap { branch in
      ["branch:\(branch)"] + (identity.role == .admin ? ["branch-admin:\(branch)"] : [])
    }
    // The house is the branch of whoever has none.
    if rooms.isEmpty { rooms = ["branch:all"] }
    rooms += [
      "user:\(identity.user)", "notifications:\(identity.user)",
      "user-role:\(identity.role.rawValue)",
    ]
    if identity.role == .admin { rooms += ["system:notifications", "system:alerts"] }
    return rooms
  }

  func heard(_ event: String, _ data: JSON, answer: ((JSON) -> Void)?) {
    switch event {
    case "join-room": joinRoom(data, answer)
    case "leave-room": leaveRoom(data, answer)
    case "get-rooms":
      say(
        "rooms-list",
        ["rooms": .array(rooms.map(JSON.string)), "count": .int(Int64(rooms.count))], answer)
    case "ping": say("pong", ["timestamp": socket.now], answer)
    case "subscribe-events":
      guard let types = data["eventTypes"], types.elements != nil else {
        return socket.complain("eventTypes must be a list")
      }
      say("subscribed", ["eventTypes": types], answer)
    case "sync-status-update", "manual-sync-trigger", "sync-result", "sync-error":
      tellTerminal(event, data, answer)
    default: break
    }
  }

  private func say(_ event: String, _ data: JSON, _ answer: ((JSON) -> Void)?) {
    socket.emit(event, data)
    answer?(data)
  }

  private func joinRoom(_ data: JSON, _ answer: ((JSON) -> Void)?) {
    guard data.members != nil else { return socket.complain("Failed to join room") }
    guard let name = data["roomId"]?.text, !name.isEmpty else {
      return socket.complain("Room ID is required")
    }
    guard join(name) else { return socket.complain("Failed to join room") }
    say("room-joined", ["roomId": .string(name)], answer)
  }

  private func join(_ name: String) -> Bool {
    guard let identity = receiver.identity else { return false }
    let room: BMSRoom
    if name == "branch:all" {
      guard identity.branches.isEmpty else { return false }
      room = .branch(0)
    } else {
      guard let found = BMSRoom(name), found.admits(identity) else { return false }
      room = found
    }
    guard !joined.contains(where: { $0.name == name }) else { return true }
    guard joined.count < socket.hub.limits.subscriptions else { return false }
    joined.append((name, room))
    _ = socket.hub.entered(name, limit: .max)
    receiver.listen(
      to: room.topics.filter(receiver.mayListen(to:)), in: socket.rendition)
    return true
  }

  private func leaveRoom(_ data: JSON, _ answer: ((JSON) -> Void)?) {
    guard data.members != nil else { return socket.complain("Failed to leave room") }
    guard let name = data["roomId"]?.text, !name.isEmpty else { return }
    leave(name)
    say("room-left", ["roomId": .string(name)], answer)
  }

  private func leave(_ name: String) {
    guard let index = joined.firstIndex(where: { $0.name == name }) else { return }
    let left = joined.remove(at: index)
    socket.hub.left(name)
    let kept = Set(joined.flatMap(\.room.topics))
    for topic in left.room.topics where !kept.contains(topic) {
      receiver.unlisten(to: topic, in: socket.rendition)
    }
  }

  func ended() {
    for (name, _) in joined { socket.hub.left(name) }
  }

  /// What a terminal tells of its synchronization is a command like any other.
  private func tellTerminal(_ event: String, _ data: JSON, _ answer: ((JSON) -> Void)?) {
    guard let fields = BMS.terminalReport(event, data) else {
      return socket.complain("Invalid payload")
    }
    socket.perform("pos.sync", fields) { outcome in
      switch outcome {
      case .done: answer?(["received": true])
      case .refused(let refusal): self.socket.complain(refusal.message)
      }
    }
  }

  func ending(_ farewell: Farewell) {
    switch farewell {
    case .sessionEnded, .rightsChanged, .tooManyMessages:
      socket.emit("force-disconnect", ["reason": .string(farewell.reason)])
    case .stopping, .tooSlow: break
    }
  }
}
