import GRDB
import Inventory
import Wire

/// Carries out one change from shore, and notes in the same transaction that it has been.
///
/// A change that comes twice does nothing the second time. One that the hub refuses goes to the
/// tray, with the reason told to both sides, and the next one follows. Only a fault of the hub's own
/// (a full disk) leaves the change where it is, to be tried again; a fault that does not go away
/// ends on the tray, too.
package struct ApplyChange: LedgerCommand {
  package static let name = "change.apply"
  package static let about = "Carry out a change from shore."
  package static let performers = Roles()

  var change: ShoreChange
  var policy: ShorePolicy
  /// What shore's clock showed when it sent the change.
  var sent: Int64
  /// Why it is not even tried: it has failed too often already.
  var hopeless: Refusal?

  package init(
    _ change: ShoreChange, policy: ShorePolicy, sent: Int64, hopeless: Refusal? = nil
  ) {
    self.change = change
    self.policy = policy
    self.sent = sent
    self.hopeless = hopeless
  }

  /// Under it the change is carried out once, whatever its number.
  package var tag: String { change.tag }

  package init(_ fields: inout Fields) throws(Refusal) {
    throw Refusal(.unknownCommand, "Only the way down brings changes from shore.")
  }

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let cursor = try entry.changeCursor()
    guard change.number > cursor.number else { return ["applied": false] }
    guard change.number == cursor.number + 1 else {
      throw Refusal(
        .unavailable, "Change \(change.number) from shore came before \(cursor.number + 1).")
    }
    entry.speaker = "\(change.author) (ashore)"
    try entry.execute(
      "INSERT OR REPLACE INTO change_cursor (id, number, tag) VALUES (1, ?, ?)",
      [change.number, change.tag])
    var answer: JSON = ["applied": true]
    let refusal = try hopeless ?? entry.attempt { answer["result"] = try carryOut(entry) }
    guard let refusal else { return answer }
    guard !refusal.isTemporary || hopeless != nil else { throw refusal }
    try entry.putOnTray(change, refusal)
    return ["applied": false, "code": .string(refusal.code.rawValue)]
  }

  private func carryOut(_ entry: LedgerTransaction) throws -> JSON {
    guard policy.commands.contains(change.command) else {
      throw Refusal(.forbidden, "Shore may not issue \(change.command.prefix(64)) here.")
    }
    let (name, data) = try entry.resolved(change.command, change.data)
    let command = try Self.read(name, data)
    try Self.requireNoSecret(in: command)
    try requireManageable(command, entry)
    guard let edits = command.edits else { return try command.apply(in: entry) }
    return try entry.merge(edits, of: change, sent: sent) { kept throws in
      var data = kept
      data[edits.record.kind.idField] = .int(edits.record.id)
      return try Self.read(name, .object(data)).apply(in: entry)
    }
  }

  static func read(_ name: String, _ data: JSON) throws -> any LedgerCommand {
    guard let type = Catalogue.command(named: name) else {
      throw Refusal(.unknownCommand, "There is no command \(name.prefix(64)).")
    }
    return try type.init(data: data)
  }

  /// A password would lie in shore's queue and travel in plain text.
  static func requireNoSecret(in command: any LedgerCommand) throws {
    if let bearer = command as? any SecretBearing, bearer.secret != nil {
      throw Refusal(.forbidden, "Shore may not set passwords; set it aboard.", field: "password")
    }
  }

  private func requireManageable(
    _ command: any LedgerCommand, _ entry: LedgerTransaction
  ) throws {
    guard !policy.mayManageAdmins else { return }
    let (role, user): (Role?, Int64?)
    switch command {
    case let command as CreateUser: (role, user) = (command.role, nil)
    case let command as UpdateUser: (role, user) = (command.role, command.user)
    case let command as EndSession:
      (role, user) = (
        nil, try entry.integer("SELECT user FROM session WHERE id = ?", [command.session])
      )
    default: return
    }
    let isAdmin = try user.flatMap {
      try entry.integer("SELECT role = 'admin' FROM user WHERE id = ?", [$0])
    }
    guard role != .admin, isAdmin != 1 else {
      throw Refusal(.forbidden, "Shore may neither make admins nor change them here.")
    }
  }
}

extension LedgerTransaction {
  package typealias ChangeCursor = Store.ChangeCursor

  func changeCursor() throws -> ChangeCursor { try Store.changeCursor(db) }

  /// `product.put` names a product by its sku: an edit where the hub knows it, else a new one.
  func resolved(_ command: String, _ data: JSON) throws -> (name: String, data: JSON) {
    guard command == ShorePolicy.putProduct else { return (command, data) }
    guard let sku = data["sku"]?.text else { throw Refusal.invalid("sku", "is missing") }
    guard
      let product = try integer("SELECT id FROM product WHERE sku = ? AND archived = 0", [sku])
    else { return (CreateProduct.name, data) }
    var data = data
    data["sku"] = nil
    data["productId"] = .int(product)
    return (UpdateProduct.name, data)
  }

  fileprivate func putOnTray(_ change: ShoreChange, _ refusal: Refusal) throws {
    let id = try insert(
      """
      INSERT INTO change_refusal (number, author, command, data, code, message, time)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """,
      [
        change.number, change.author, change.command, change.data.encoded, refusal.code.rawValue,
        refusal.message, time,
      ])
    try append(
      .changeRefused,
      [
        "refusedChangeId": .int(id), "change": .int(change.number), "tag": .string(change.tag),
        "command": .string(change.command), "by": .string(change.author),
        "code": .string(refusal.code.rawValue), "message": .string(refusal.message),
      ])
  }
}
