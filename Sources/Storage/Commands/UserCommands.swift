import GRDB
import Inventory
import Wire

extension CreateUser: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    guard try entry.integer("SELECT 1 FROM user WHERE login = ?", [login]) == nil else {
      throw Refusal(.duplicate, "There is a user called \(login) already.", field: "name")
    }
    try entry.require(customer, in: "customer", called: "customer", field: "customerId")
    let name = title.isEmpty ? login : title
    let id = try entry.insert(
      "INSERT INTO user (login, name, role, password, customer) VALUES (?, ?, ?, ?, ?)",
      [login, name, role.rawValue, try secret?.hash, customer])
    try entry.setBranches(branches, of: id)
    try entry.append(
      .userCreated, topics: ["system:user:\(id)"],
      .compact([
        "userId": .int(id), "userName": .string(login), "displayName": .string(name),
        "role": .string(role.rawValue), "branchIds": .array(branches.map(JSON.int)),
        "customerId": .integer(customer),
      ]))
    return ["userId": .int(id)]
  }
}

extension UpdateUser: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.row("SELECT role, active, customer FROM user WHERE id = ?", [user])
    guard let row else { throw Refusal.missing("user", user, field: "userId") }
    let (oldRole, wasActive): (String, Bool) = (row[0], row[1])
    let losesAdmin =
      oldRole == Role.admin.rawValue && wasActive
      && (isActive == false || (role.map { $0 != .admin } ?? false))
    if losesAdmin {
      let others = try entry.integer(
        "SELECT 1 FROM user WHERE role = 'admin' AND active = 1 AND id <> ? LIMIT 1", [user])
      guard others != nil else {
        throw Refusal(.inUse, "This is the last admin; make another user an admin first.")
      }
    }
    if case .some(let customer) = customer {
      try entry.require(customer, in: "customer", called: "customer", field: "customerId")
    }
    try entry.execute(
      """
      UPDATE user SET name = COALESCE(?, name), role = COALESCE(?, role),
        active = COALESCE(?, active), customer = ? WHERE id = ?
      """, [title, role?.rawValue, isActive, customer ?? row[2], user])
    if let branches { try entry.setBranches(branches, of: user) }
    try entry.append(
      .userUpdated, topics: ["system:user:\(user)"],
      .compact([
        "userId": .int(user), "displayName": .text(title), "role": .text(role?.rawValue),
        "branchIds": branches.map { .array($0.map(JSON.int)) },
        "customerId": customer.map { .integer($0) ?? .null }, "active": isActive.map(JSON.bool),
      ]))
    if isActive == false { try entry.endSessions(of: user) }
    entry.forgetIdentities()
    return ["userId": .int(user)]
  }
}

extension SetPassword: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    if let identity = entry.identity, identity.role != .admin, identity.user != user {
      throw Refusal(.forbidden, "Only an admin may set another person's password.")
    }
    try entry.require(user, in: "user", called: "user", field: "userId")
    // Whoever knew the PIN may be the reason for the new password.
    try entry.execute(
      "UPDATE user SET password = ?, pin = NULL WHERE id = ?", [try secret?.hash, user])
    try entry.append(
      .userUpdated, topics: ["system:user:\(user)"],
      ["userId": .int(user), "passwordChanged": true])
    if let identity = entry.identity, identity.user != user {
      try entry.alert(.passwordSetByAnother(by: identity.name), about: user)
    }
    try entry.endSessions(of: user, except: entry.identity?.session)
    entry.forgetIdentities()
    return ["userId": .int(user)]
  }
}

extension EndSession: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let owner = try entry.integer(
      "SELECT user FROM session WHERE id = ? AND ended IS NULL", [session])
    if let identity = entry.identity, identity.role != .admin, identity.user != owner {
      throw Refusal.missing("session", session, field: "sessionId")
    }
    guard let owner else { throw Refusal.missing("session", session, field: "sessionId") }
    try entry.end(session: session, of: owner)
    if let identity = entry.identity, identity.user != owner {
      try entry.alert(
        .sessionEndedByAnother(session: session, by: identity.name), about: owner)
    }
    entry.forgetIdentities()
    return ["sessionId": .int(session)]
  }
}

/// Access has checked the person's password; from here on the session's row speaks for them.
package struct StartSession: LedgerCommand {
  package static let name = "session.start"
  package static let about = "Sign in."
  package static let performers = Roles()

  package enum Kind: String, Sendable, CaseIterable {
    /// A person who signed in.
    case person
    /// A token that an administrator made for a script.
    case script
  }

  var user: Int64
  var deviceKey: String?
  var deviceName: String?
  var kind: Kind

  package init(user: Int64, deviceKey: String?, deviceName: String?, kind: Kind) {
    self.user = user
    self.deviceKey = deviceKey
    self.deviceName = deviceName
    self.kind = kind
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    user = try fields.id("userId", "The person.")
    deviceKey = try fields.optionalText("device", 1...64, "The device's own id.")
    deviceName = try fields.optionalText("deviceName", 1...100, "What people call it.")
    kind = .person
  }

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.row("SELECT login FROM user WHERE id = ? AND active = 1", [user])
    guard let row else { throw Refusal(.unauthenticated, "This user may not sign in.") }
    let login: String = row[0]
    if kind == .person { try entry.forgiveRefusedPINs(of: user) }
    let device = try deviceKey.map { try entry.seen(device: $0, called: deviceName) }
    let id = try entry.insert(
      "INSERT INTO session (user, device, kind, started, used_powered) VALUES (?, ?, ?, ?, ?)",
      [user, device, kind.rawValue, entry.time, try Powered.now(entry.db)])
    try entry.append(
      .sessionStarted, topics: ["system:user:\(user)"],
      .compact([
        "sessionId": .int(id), "userId": .int(user), "userName": .string(login),
        "deviceId": .integer(device), "kind": .string(kind.rawValue),
      ]))
    return ["sessionId": .int(id)]
  }
}

/// The first admin, by whoever holds the set-up code; impossible once there is any user.
package struct SetUpHub: LedgerCommand, SecretBearing {
  package static let name = "hub.setup"
  package static let about = "Create the first admin."
  package static let performers = Roles()

  var admin: CreateUser

  package var secret: Secret? {
    get { admin.secret }
    set { admin.secret = newValue }
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    admin = try CreateUser(&fields)
    admin.role = .admin
  }

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    guard try entry.integer("SELECT 1 FROM user LIMIT 1") == nil else {
      throw Refusal(.wrongState, "The hub has been set up already. Sign in instead.")
    }
    return try admin.apply(in: entry)
  }
}

extension UpdateDevice: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    try entry.require(device, in: "device", called: "device", field: "deviceId")
    try entry.execute(
      "UPDATE device SET name = COALESCE(?, name), active = COALESCE(?, active) WHERE id = ?",
      [title, isActive, device])
    try entry.append(
      .deviceUpdated,
      .compact([
        "deviceId": .int(device), "deviceName": .text(title), "active": isActive.map(JSON.bool),
      ]))
    if isActive == false {
      // Whoever lets it in again pairs it again.
      try entry.execute("UPDATE device SET secret = NULL WHERE id = ?", [device])
      for row in try entry.rows(
        "SELECT id, user FROM session WHERE device = ? AND ended IS NULL", [device])
      {
        try entry.end(session: row[0], of: row[1])
      }
    }
    entry.forgetIdentities()
    return ["deviceId": .int(device)]
  }
}

extension LedgerTransaction {
  fileprivate func setBranches(_ branches: [Int64], of user: Int64) throws {
    try execute("DELETE FROM user_branch WHERE user = ?", [user])
    for branch in Set(branches).sorted() {
      try require(branch, in: "branch", called: "branch", field: "branchIds")
      try execute("INSERT INTO user_branch (user, branch) VALUES (?, ?)", [user, branch])
    }
  }

  fileprivate func endSessions(of user: Int64, except kept: Int64? = nil) throws {
    let open = try rows("SELECT id FROM session WHERE user = ? AND ended IS NULL", [user])
    for row in open where row[0] != kept { try end(session: row[0], of: user) }
  }

  fileprivate func end(session: Int64, of user: Int64) throws {
    try execute("UPDATE session SET ended = ? WHERE id = ?", [time, session])
    let login: String? = try row("SELECT login FROM user WHERE id = ?", [user])?[0]
    try append(
      .sessionEnded, topics: ["system:user:\(user)"],
      .compact([
        "sessionId": .int(session), "userId": .int(user), "userName": .text(login),
      ]))
  }

  fileprivate func seen(device key: String, called name: String?) throws -> Int64 {
    let id = try integer(
      """
      INSERT INTO device (key, name, first_seen, last_seen) VALUES (?1, COALESCE(?2, ?1), ?3, ?3)
      ON CONFLICT DO UPDATE SET last_seen = ?3, name = COALESCE(?2, name), pins_refused = 0
      RETURNING id
      """, [key, name, time])
    let active = try integer("SELECT active FROM device WHERE id = ?", [id])
    guard let id, active == 1 else {
      throw Refusal(.forbidden, "This device has been shut out. Ask an admin.")
    }
    return id
  }
}

extension Secret {
  /// Only what Access has sealed may be stored.
  var hash: String {
    get throws {
      guard case .sealed(let hash) = self else {
        throw Refusal(.internalError, "A secret reached the ledger unsealed.")
      }
      return hash
    }
  }
}
