import GRDB
import Inventory
import Wire

/// What the hub knows to be worth a second look by a person.
package enum SecurityConcern: Sendable {
  /// Somebody has tried wrong passwords for `user`, from these many attempts on within a minute.
  case refusedSignIns(attempts: Int)
  case sessionEndedByAnother(session: Int64, by: String)
  case passwordSetByAnother(by: String)

  fileprivate var type: String {
    switch self {
    case .refusedSignIns: "sign_in_refused"
    case .sessionEndedByAnother: "session_ended"
    case .passwordSetByAnother: "password_set"
    }
  }

  fileprivate func message(about name: String) -> String {
    switch self {
    case .refusedSignIns(let attempts):
      "\(attempts) sign-ins as \(name) were refused within a minute."
    case .sessionEndedByAnother(_, let person): "A session of \(name) was ended by \(person)."
    case .passwordSetByAnother(let person): "The password of \(name) was set by \(person)."
    }
  }

  fileprivate var metadata: JSON {
    switch self {
    case .refusedSignIns(let attempts): ["attempts": .int(Int64(attempts))]
    case .sessionEndedByAnother(let session, _): ["sessionId": .int(session)]
    case .passwordSetByAnother: [:]
    }
  }
}

/// The hub's own: tells the admins, and the person whom it concerns.
package struct RaiseSecurityAlert: LedgerCommand {
  package static let name = "security.alert"
  package static let about = "Tell of something that endangers the hub or a person's account."
  package static let performers = Roles()

  var user: Int64
  var concern: SecurityConcern

  package init(_ concern: SecurityConcern, about user: Int64) {
    self.user = user
    self.concern = concern
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    throw Refusal(.unknownCommand, "Only the hub itself raises a security alert.")
  }

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    try entry.alert(concern, about: user)
    return [:]
  }
}

extension LedgerTransaction {
  func alert(_ concern: SecurityConcern, about user: Int64) throws {
    let row = try row("SELECT login, role FROM user WHERE id = ?", [user])
    guard let row else { throw Refusal.missing("user", user) }
    let data: JSON = [
      "alertType": .string(concern.type), "message": .string(concern.message(about: row[0])),
      "severity": "warning", "affectedUserId": .int(user), "metadata": concern.metadata,
    ]
    try append(.securityAlert, topics: ["notifications"], readers: .admins, data)
    // An admin has heard it with the others.
    guard row[1] as String != Role.admin.rawValue else { return }
    try append(
      .securityAlert, topics: ["notifications:\(user)"], hearer: user, readers: .everyone, data)
  }
}
