import GRDB
import Inventory
import Wire

extension SetPIN: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    if let identity = entry.identity, identity.user != user {
      guard identity.role == .admin, secret == nil else {
        throw Refusal(.forbidden, "A PIN is set by its owner; an admin may take it away.")
      }
    }
    try entry.require(user, in: "user", called: "user", field: "userId")
    try entry.execute(
      "UPDATE user SET pin = ?, pins_refused = 0 WHERE id = ?", [try secret?.hash, user])
    try entry.append(
      .deviceUpdated, topics: ["system:user:\(user)"],
      ["userId": .int(user), "hasPin": .bool(secret != nil)])
    return ["userId": .int(user)]
  }
}

/// The hub's own: somebody on a paired device is about to try a PIN.
///
/// The attempt counts before the PIN is looked at, in a transaction of its own, so that attempts at
/// the same time, a crash or a restart give none away. After five without a right one the person's PIN
/// sleeps, after ten the device takes none, until somebody signs in with a password.
package struct TryPIN: LedgerCommand {
  package static let name = "pin.try"
  package static let about = "Count an attempt with a PIN."
  package static let performers = Roles()
  package static let attemptsPerPerson: Int64 = 5
  package static let attemptsPerDevice: Int64 = 10

  var login: String
  var secretHash: String

  package init(login: String, secretHash: String) {
    self.login = login
    self.secretHash = secretHash
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    throw Refusal(.unknownCommand, "A PIN is tried through the unlocking route.")
  }

  /// - Returns: the device's key; `user` and `pin`, the hash, where the person has one.
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let device = try entry.row(
      "SELECT id, key, pins_refused FROM device WHERE secret = ? AND active", [secretHash])
    guard let device else {
      throw Refusal(.forbidden, "A PIN counts on a paired device only. Sign in with the password.")
    }
    let person = try entry.row(
      "SELECT id, pin, pins_refused FROM user WHERE login = ? AND active AND pin IS NOT NULL",
      [login])
    guard device[2] < Self.attemptsPerDevice,
      person.map({ $0[2] < Self.attemptsPerPerson }) ?? true
    else {
      throw Refusal(.rateLimited, "Too many wrong PINs. Sign in with the password.")
    }
    try entry.execute(
      "UPDATE device SET pins_refused = pins_refused + 1 WHERE id = ?", [device[0] as Int64])
    var answer: JSON = ["device": .string(device[1])]
    if let person {
      try entry.execute(
        "UPDATE user SET pins_refused = pins_refused + 1 WHERE id = ?", [person[0] as Int64])
      answer["user"] = .int(person[0])
      answer["pin"] = .string(person[1])
    }
    return answer
  }
}

/// The hub's own: the PIN was right. The person is signed in, and with every sign-in counts begin anew.
package struct UnlockDevice: LedgerCommand {
  package static let name = "pin.unlock"
  package static let about = "Sign in by a PIN on a paired device."
  package static let performers = Roles()

  var user: Int64
  var deviceKey: String

  package init(user: Int64, deviceKey: String) {
    self.user = user
    self.deviceKey = deviceKey
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    throw Refusal(.unknownCommand, "A PIN is tried through the unlocking route.")
  }

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    return try StartSession(user: user, deviceKey: deviceKey, deviceName: nil, kind: .person)
      .apply(in: entry)
  }
}

extension LedgerTransaction {
  func forgiveRefusedPINs(of user: Int64) throws {
    try execute("UPDATE user SET pins_refused = 0 WHERE id = ?", [user])
  }
}
