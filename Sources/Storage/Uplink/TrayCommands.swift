import GRDB
import Inventory
import Wire

/// The tray of what shore refused: each way out of it is a command, and leaves an event.
extension LedgerTransaction {
  fileprivate func refused(_ seq: Int64) throws -> Event {
    guard try integer("SELECT 1 FROM shore_refusal WHERE seq = ?", [seq]) != nil,
      let row = try row("SELECT \(Event.columns) FROM event WHERE seq = ?", [seq])
    else { throw Refusal(.notFound, "There is no event \(seq) in the tray.", field: "trayId") }
    return try Event(row)
  }

  fileprivate func leaveTray(_ seq: Int64) throws {
    try execute("DELETE FROM shore_refusal WHERE seq = ?", [seq])
  }
}

extension RetryRefused: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let event = try entry.refused(seq)
    try entry.execute("UPDATE shore_refusal SET retry = 1 WHERE seq = ?", [seq])
    try entry.append(.trayRetried, ["trayId": .int(seq), "type": .string(event.type)])
    return ["trayId": .int(seq)]
  }
}

extension EditRefused: LedgerCommand {
  /// The copy goes to whom the first one was meant for, under a type of its own: it says what shore
  /// should believe, and moves no stock.
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let event = try entry.refused(seq)
    try entry.leaveTray(seq)
    let copy = try entry.append(
      .trayCorrected, topics: event.topics, branch: event.audience.branch,
      customer: event.audience.customer, hearer: event.audience.user,
      readers: event.audience.roles,
      .compact([
        "corrects": .int(seq), "type": .string(event.type), "data": data, "reason": .text(reason),
      ]))
    return ["trayId": .int(seq), "correctedBy": .int(copy)]
  }
}

extension DropRefused: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let event = try entry.refused(seq)
    try entry.leaveTray(seq)
    try entry.append(
      .trayDropped,
      ["trayId": .int(seq), "type": .string(event.type), "reason": .string(reason)])
    return ["trayId": .int(seq)]
  }
}

extension SyncNow: LedgerCommand {
  private static let pause: Int64 = 30_000

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let now = try Powered.now(entry.db)
    let last = try entry.integer("SELECT value FROM meta WHERE key = 'sync.requested'")
    // The powered time of a database is never behind what it noted itself.
    guard last.map({ now - $0 >= Self.pause }) ?? true else {
      throw Refusal(
        .rateLimited, "Somebody asked for that just now. Once in half a minute is enough.")
    }
    try entry.execute(
      """
      INSERT INTO meta (key, value) VALUES ('sync.requested', ?)
      ON CONFLICT DO UPDATE SET value = excluded.value
      """, [now])
    try entry.append(.syncRequested, [:])
    return [:]
  }
}
