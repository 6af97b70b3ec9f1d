package struct CreateUser: SecretBearing {
  package static let name = "user.create"
  package static let about = "Add a person who may sign in."
  package static let performers = Roles.admins

  package var login: String
  package var title: String
  package var role: Role
  package var branches: [Int64]
  package var customer: Int64?
  package var secret: Secret?

  package init(_ fields: inout Fields) throws(Refusal) {
    login = try fields.text(
      "name", 1...64, "The name to sign in with; unique, capitals do not count.")
    title = try fields.optionalText("displayName", 1...100, "What people call them.") ?? ""
    role = try fields.choice("role", "What they may do.")
    branches = try fields.ids("branchIds", "The branches that they work in.") ?? []
    customer = try fields.optionalID("customerId", "For the role customer: which one.")
    secret = try fields.password()
  }
}

package struct UpdateUser: Command {
  package static let name = "user.update"
  package static let about = "Change a person's role, branches or name, or keep them out."
  package static let performers = Roles.admins

  package var user: Int64
  package var title: String?
  package var role: Role?
  package var branches: [Int64]?
  package var customer: Int64??
  package var isActive: Bool?

  package init(_ fields: inout Fields) throws(Refusal) {
    user = try fields.id("userId", "The person.")
    title = try fields.optionalText("displayName", 1...100, "What people call them.")
    role = try fields.optionalChoice("role", "What they may do.")
    branches = try fields.ids("branchIds", "All the branches that they work in.")
    customer = try fields.clearableID("customerId", "For the role customer: which one.")
    isActive = try fields.flag("active", "false ends all their sessions at once.")
  }
}

package struct SetPassword: SecretBearing {
  package static let name = "user.password"
  package static let about = """
    Set a person's password and end their other sessions. Admins for anyone, the others for themselves.
    """
  package static let performers = Roles.everyone

  package var user: Int64
  package var secret: Secret?

  package init(_ fields: inout Fields) throws(Refusal) {
    user = try fields.id("userId", "The person.")
    secret = try fields.password(required: true)
  }
}

package struct SetPIN: SecretBearing {
  package static let name = "user.pin"
  package static let about = """
    Set one's PIN for paired devices, or take it away. Admins may take away anybody's.
    """
  package static let performers = Roles.everyone

  package var user: Int64
  package var secret: Secret?

  package init(_ fields: inout Fields) throws(Refusal) {
    user = try fields.id("userId", "The person.")
    secret = try fields.optionalDigits("pin", 4...8, "Without it the person has none.")
      .map(Secret.plain)
  }
}

package struct EndSession: Command {
  package static let name = "session.end"
  package static let about =
    "Sign a session out; its open connections are closed. One's own, or anyone's for admins."
  package static let performers = Roles.everyone

  package var session: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    session = try fields.id("sessionId", "The session.")
  }
}

extension Fields {
  /// Long enough to resist guessing, short enough not to serve as an attack on the hash.
  fileprivate mutating func password(required: Bool = false) throws(Refusal) -> Secret? {
    let about = "8 to 200 characters. Never logged, stored only as a scrypt hash."
    if required { return .plain(try text("password", 8...200, about)) }
    return try optionalText("password", 8...200, about).map(Secret.plain)
  }
}

package struct UpdateDevice: Command {
  package static let name = "device.update"
  package static let about = "Rename a device, or shut it out: its sessions end at once."
  package static let performers = Roles.admins

  package var device: Int64
  package var title: String?
  package var isActive: Bool?

  package init(_ fields: inout Fields) throws(Refusal) {
    device = try fields.id("deviceId", "The device.")
    title = try fields.optionalText("name", 1...100, "What people call it.")
    isActive = try fields.flag("active", "Whether it may be used.")
  }
}
