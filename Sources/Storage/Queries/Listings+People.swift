import Inventory

extension Listing {
  static let branches = Listing(
    name: "branches", about: "Branches.", readers: .crew, from: "branch b", id: "b.id",
    scope: .branch("b.id"),
    columns: [
      Column("id", .integer, "b.id", "The branch's id."),
      Column("name", .text, "b.name", "What people call it."),
      Column("active", .boolean, "b.active", "Whether it is open."),
    ], filters: [])

  static let users = Listing(
    name: "users", about: "People who may sign in.", readers: .admins, from: "user u",
    id: "u.id", scope: .open,
    columns: [
      Column("id", .integer, "u.id", "The person's id."),
      Column("name", .text, "u.login", "The name to sign in with."),
      Column("displayName", .text, "u.name", "What people call them."),
      Column("role", .text, "u.role", "What they may do."),
      Column(
        "branchIds", .json,
        "(SELECT json_group_array(branch) FROM user_branch WHERE user = u.id)",
        "The branches that they work in."),
      Column("customerId", .integer, "u.customer", "The customer that they are."),
      Column("active", .boolean, "u.active", "Whether they may sign in."),
      Column("hasPassword", .boolean, "u.password IS NOT NULL", "Whether a password is set."),
      Column("hasPin", .boolean, "u.pin IS NOT NULL", "Whether a PIN is set."),
    ], filters: [Filter("name", .text, "u.login = ?1", "The name to sign in with.")])

  static let devices = Listing(
    name: "devices", about: "Devices that people have signed in on.", readers: .admins,
    from: "device d", id: "d.id", scope: .open,
    columns: [
      Column("id", .integer, "d.id", "The device's id."),
      Column("name", .text, "d.name", "What people call it."),
      Column("active", .boolean, "d.active", "Whether it may be used."),
      Column("firstSeen", .integer, "d.first_seen", "When it first signed in."),
      Column("lastSeen", .integer, "d.last_seen", "When it last signed in."),
      Column("paired", .boolean, "d.secret IS NOT NULL", "Whether PINs count on it."),
    ], filters: [])

  static let sessions = Listing(
    name: "sessions", about: "Open sessions; one's own, or all for admins.", readers: .everyone,
    from: "session s LEFT JOIN device d ON d.id = s.device JOIN user u ON u.id = s.user",
    id: "s.id", scope: .owner("s.user"),
    columns: [
      Column("id", .integer, "s.id", "The session's id."),
      Column("userId", .integer, "s.user", "Whose."),
      Column("userName", .text, "u.login", "Their name."),
      Column("deviceId", .integer, "s.device", "On which device."),
      Column("deviceName", .text, "d.name", "Its name."),
      Column("kind", .text, "s.kind", "person or script."),
      Column("started", .integer, "s.started", "When it was signed in."),
    ], filters: [], hidden: "s.ended IS NULL")

  static let notifications = Listing(
    name: "notifications", about: "Messages meant for the reader.", readers: .everyone,
    from: "notification n", id: "n.id",
    scope: .addressee(roles: "n.roles", branch: "n.branch", user: "n.user"),
    columns: [
      Column("id", .integer, "n.id", "The notification's id."),
      Column("kind", .text, "n.kind", "notification, alert or maintenance."),
      Column("title", .text, "n.title", "The headline."),
      Column("message", .text, "n.message", "The text."),
      Column("severity", .text, "n.severity", "How grave."),
      Column("actionUrl", .text, "n.link", "Where to look."),
      Column("scheduledAt", .integer, "n.scheduled_at", "When it happens."),
      Column("duration", .integer, "n.duration", "How long it takes, in minutes."),
      Column("version", .text, "n.version", "The version that an update brings."),
      Column("category", .text, "n.category", "What it is about."),
      Column("time", .integer, "n.time", "When it was sent."),
    ], filters: [])

  static let tray = Listing(
    name: "needs-a-person", about: "Events that shore refused, with its reason.",
    readers: .managers, from: "shore_refusal r JOIN event e ON e.seq = r.seq", id: "r.seq",
    scope: .branch("e.branch"),
    columns: [
      Column("id", .integer, "r.seq", "The event's seq."),
      Column("code", .text, "r.code", "Shore's code."),
      Column("message", .text, "r.message", "Shore's reason."),
      Column("type", .text, "e.type", "The event's type."),
      Column("data", .json, "e.data", "What it says."),
      Column("time", .integer, "r.time", "When it was refused."),
      Column("retrying", .boolean, "r.retry", "Whether it is to be sent once more."),
    ], filters: [])
}
