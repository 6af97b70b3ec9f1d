import GRDB
import Inventory
import Wire

/// The tray of changes from shore that this hub refused: each way out of it is a command, and tells
/// shore so.
extension LedgerTransaction {
  fileprivate func refusedChange(_ id: Int64) throws -> Row {
    let row = try row("SELECT number, command, data FROM change_refusal WHERE id = ?", [id])
    guard let row else { throw Refusal.missing("refused change", id, field: "refusedChangeId") }
    return row
  }

  fileprivate func leaveTray(_ refusal: Int64, number: Int64, isDone: Bool) throws {
    try execute("DELETE FROM change_refusal WHERE id = ?", [refusal])
    try append(
      .changeDismissed,
      .compact([
        "refusedChangeId": .int(refusal), "change": .int(number), "by": .string(speaker),
        "carriedOut": isDone ? true : nil,
      ]))
  }
}

extension DismissChange: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.refusedChange(refusal)
    try entry.leaveTray(refusal, number: row[0], isDone: false)
    return ["refusedChangeId": .int(refusal)]
  }
}

extension RetryChange: LedgerCommand {
  /// What shore may order here does not count any more, for an admin aboard does it; what no admin
  /// may do stays refused, and so does a password that would have travelled in plain text.
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.refusedChange(refusal)
    let (name, data) = try entry.resolved(row[1], try JSON(parsing: row[2]))
    let command = try ApplyChange.read(name, data)
    try ApplyChange.requireNoSecret(in: command)
    guard type(of: command).performers.contains(.admins) else {
      throw Refusal(.forbidden, "Nobody aboard may do \(name.prefix(64)).")
    }
    let seq = entry.head + 1
    let result = try command.apply(in: entry)
    if let edits = command.edits { try entry.remember(edits, at: seq) }
    try entry.leaveTray(refusal, number: row[0], isDone: true)
    return ["refusedChangeId": .int(refusal), "result": result]
  }
}
