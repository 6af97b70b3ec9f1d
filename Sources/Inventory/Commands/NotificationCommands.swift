package struct SendNotification: Command {
  package static let name = "notification.send"
  package static let about = "Tell people something: all, some roles, one branch or one user."
  package static let performers = Roles.managers

  package enum Kind: String, Sendable, CaseIterable { case notification, alert, maintenance }

  package var kind: Kind
  package var title: String
  package var message: String
  package var severity: Severity
  package var roles: [Role]?
  package var user: Int64?
  package var branch: Int64?
  package var link: String?
  package var scheduledAt: Int64?
  package var duration: Int64?
  package var version: String?
  package var category: Category?

  package enum Category: String, Sendable, CaseIterable {
    case system, inventory, transaction, user, security
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    kind = try fields.optionalChoice("kind", "What kind of message.") ?? .notification
    title = try fields.text("title", 1...200, "The headline.")
    message = try fields.text("message", 0...2000, "The text.")
    severity = try fields.optionalChoice("severity", "How grave.") ?? .info
    roles = try fields.choices(
      "targetRoles", "Who is told, by role; if left out everybody, and admins of an alert.")
    user = try fields.optionalID("userId", "The one user who is told.")
    branch = try fields.optionalID("branchId", "The one branch whose crew is told.")
    link = try fields.optionalText("actionUrl", 0...500, "Where to look.")
    scheduledAt = try fields.moment("scheduledAt", "When it happens, in milliseconds since 1970.")
    duration = try fields.optionalQuantity("duration", "How long it takes, in minutes.")
    version = try fields.optionalText("version", 1...40, "The version that an update brings.")
    category = try fields.optionalChoice("category", "What it is about.")
  }
}

package struct ReadNotification: Command {
  package static let name = "notification.read"
  package static let about = "Mark a notification as read by oneself."
  package static let performers = Roles.everyone

  package var notification: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    notification = try fields.id("notificationId", "The notification.")
  }
}
