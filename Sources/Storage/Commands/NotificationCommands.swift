import GRDB
import Inventory
import Wire

extension SendNotification: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    try entry.require(user, in: "user", called: "user", field: "userId")
    try entry.require(branch, in: "branch", called: "branch", field: "branchId")
    try entry.requireMembership(of: branch)
    let readers = roles.map { $0.reduce(Roles()) { $0.union(Roles($1)) } } ?? unnamedReaders
    let event: EventType
    switch kind {
    case .notification: event = .systemNotification
    case .alert: event = .systemAlert
    case .maintenance: event = .systemMaintenance
    }
    let id = try entry.insert(
      """
      INSERT INTO notification (kind, title, message, severity, roles, user, branch, link,
        scheduled_at, duration, version, category, seq, time)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        kind.rawValue, title, message, severity.rawValue, Int64(readers.rawValue), user, branch,
        link, scheduledAt, duration, version, category?.rawValue, entry.head + 1, entry.time,
      ])
    try entry.append(
      event, topics: user.map { ["notifications:\($0)"] } ?? ["notifications"], branch: branch,
      hearer: user, readers: readers,
      .compact([
        "notificationId": .int(id), "title": .string(title), "message": .string(message),
        "severity": .string(severity.rawValue),
        "targetRoles": roles.map { .array($0.map { .string($0.rawValue) }) },
        "actionUrl": .text(link), "scheduledAt": .integer(scheduledAt),
        "duration": .integer(duration), "version": .text(version),
        "category": .text(category?.rawValue), "userId": .integer(user),
      ]))
    return ["notificationId": .int(id)]
  }
}

extension SendNotification {
  /// An alert to nobody in particular is for those who look after the house.
  private var unnamedReaders: Roles {
    kind == .alert && user == nil && branch == nil ? .admins : .everyone
  }
}

extension ReadNotification: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    guard let identity = entry.identity else {
      throw Refusal(.forbidden, "Only a person can have read something.")
    }
    try entry.require(
      notification, in: "notification", called: "notification", field: "notificationId")
    let isNew = try entry.integer(
      """
      INSERT INTO notification_read (notification, user, time) VALUES (?, ?, ?)
      ON CONFLICT DO NOTHING RETURNING 1
      """, [notification, identity.user, entry.time])
    if isNew != nil {
      try entry.append(
        .notificationRead, hearer: identity.user,
        ["notificationId": .int(notification), "userId": .int(identity.user)])
    }
    return ["notificationId": .int(notification)]
  }
}
