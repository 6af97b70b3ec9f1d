import GRDB
import Inventory
import Wire

/// Lets a device of a named person in, once and soon.
///
/// Nobody invites a person of a higher role than their own: admins anybody, managers themselves and
/// those whose role is below theirs, in their own branches. A person has one open invitation; another
/// takes its place. Its code never gets here, only the code's hash.
package struct InviteDevice: LedgerCommand {
  package static let name = "device.invite"
  package static let about = "Let a person's device in by a code."
  package static let performers = Roles.managers
  /// Counted while the hub is powered: a power cut does not use it up, a wrong clock not either.
  package static let lifetime: Duration = .seconds(600)

  var login: String
  var deviceName: String?
  var codeHash: String

  package init(login: String, deviceName: String?, codeHash: String) {
    self.login = login
    self.deviceName = deviceName
    self.codeHash = codeHash
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    throw Refusal(.unknownCommand, "A device is invited through the pairing route.")
  }

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.row("SELECT id, login, role, active FROM user WHERE login = ?", [login])
    guard let row, row[3] as Bool else {
      throw Refusal(.notFound, "There is nobody called \(login) who may sign in.", field: "name")
    }
    let (user, login): (Int64, String) = (row[0], row[1])
    guard let identity = entry.identity, try entry.mayInvite(identity, user, row[2]) else {
      throw Refusal(.forbidden, "You may not let \(login) in. Ask an admin.")
    }
    try entry.execute(
      """
      INSERT OR REPLACE INTO invitation (user, code, inviter, device_name, made_powered)
      VALUES (?, ?, ?, ?, ?)
      """, [user, codeHash, identity.user, deviceName, try Powered.now(entry.db)])
    try entry.append(
      .deviceInvited, topics: ["system:user:\(user)"],
      .compact([
        "userId": .int(user), "userName": .string(login), "deviceName": .text(deviceName),
        "invitedBy": .string(identity.name),
      ]))
    return ["userId": .int(user), "userName": .string(login)]
  }
}

/// The hub's own: a device shows the code of an invitation and is signed in as the person.
///
/// Once: the invitation is gone in the same transaction. Whether the code is unknown, used or too old
/// is not told, and whoever invited must still be one who may.
package struct PairDevice: LedgerCommand {
  package static let name = "device.pair"
  package static let about = "Sign a device in by a code."
  package static let performers = Roles()

  var codeHash: String
  var deviceKey: String
  var deviceName: String?
  /// Of what the device proves itself with from now on.
  var secretHash: String

  package init(codeHash: String, deviceKey: String, deviceName: String?, secretHash: String) {
    self.codeHash = codeHash
    self.deviceKey = deviceKey
    self.deviceName = deviceName
    self.secretHash = secretHash
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    throw Refusal(.unknownCommand, "A device is paired through the pairing route.")
  }

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.row(
      """
      SELECT i.user, i.inviter, i.device_name, u.role, b.role, b.login
      FROM invitation i JOIN user u ON u.id = i.user JOIN user b ON b.id = i.inviter
      WHERE i.code = ? AND i.made_powered > ? AND u.active AND b.active
      """,
      [codeHash, try Powered.now(entry.db) - InviteDevice.lifetime.milliseconds])
    guard let row, let inviterRole = Role(rawValue: row[4]),
      try entry.mayInvite(
        Identity(
          user: row[1], name: row[5], role: inviterRole,
          branches: try entry.branches(of: row[1]), session: 0), row[0], row[3])
    else {
      throw Refusal(.unauthenticated, "This code is not valid, or no longer. Ask for another.")
    }
    let user: Int64 = row[0]
    try entry.execute("DELETE FROM invitation WHERE user = ?", [user])
    let name: String? = row[2]
    let session = try StartSession(
      user: user, deviceKey: deviceKey, deviceName: name ?? deviceName, kind: .person
    ).apply(in: entry)
    try entry.execute(
      "UPDATE device SET secret = ?, pins_refused = 0 WHERE key = ?", [secretHash, deviceKey])
    let device = try entry.integer("SELECT id FROM device WHERE key = ?", [deviceKey])
    try entry.append(
      .deviceUpdated,
      .compact([
        "deviceId": .integer(device), "deviceName": .text(name ?? deviceName), "paired": true,
        "userId": .int(user),
      ]))
    return session
  }
}

extension LedgerTransaction {
  /// Whether `identity` may let in whoever `user` is, a person with the role of that name.
  fileprivate func mayInvite(
    _ identity: Identity, _ user: Int64, _ role: String
  ) throws -> Bool {
    switch identity.role {
    case .admin: return true
    case .manager:
      if identity.user == user { return true }
      guard let role = Role(rawValue: role), !Roles.managers.contains(role) else { return false }
      return try branches(of: user).isSubset(of: identity.branches)
    case .staff, .customer, .guest: return false
    }
  }

  fileprivate func branches(of user: Int64) throws -> Set<Int64> {
    Set(try rows("SELECT branch FROM user_branch WHERE user = ?", [user]).map { $0[0] })
  }
}
