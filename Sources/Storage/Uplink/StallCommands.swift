import GRDB
import Inventory
import Wire

/// The hub's own: tells the crew, once for each time, that nothing gets ashore although something
/// waits, and once that it goes on again.
package struct NoteUplinkStall: LedgerCommand {
  package static let name = "sync.note"
  package static let about = "Note that the uplink stands still, or goes on."
  package static let performers = Roles()

  package enum Change: Sendable, Hashable {
    case stalled(minutes: Int64, waiting: Int64, reason: String)
    case resumed
  }

  package var change: Change

  package init(_ change: Change) { self.change = change }
  package init(_ fields: inout Fields) throws(Refusal) { change = .resumed }

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let isAlarmed = try entry.integer("SELECT value FROM meta WHERE key = 'sync.alarm'") == 1
    switch change {
    case .stalled(let minutes, let waiting, let reason):
      guard !isAlarmed else { return [:] }
      try set(1, entry)
      let message = "\(waiting) events wait for shore, and none got there for \(minutes) minutes. "
      try tell(
        .alert, "Nothing gets ashore", message + reason, severity: .warning, as: .syncStalled,
        [
          "minutes": .int(minutes), "pending": .int(waiting), "reason": .string(reason),
        ], in: entry)
    case .resumed:
      guard isAlarmed else { return [:] }
      try set(0, entry)
      try tell(
        .notification, "Shore is reached again", "What waited is on its way.", severity: .info,
        as: .syncResumed, [:], in: entry)
    }
    return [:]
  }

  private func set(_ value: Int64, _ entry: LedgerTransaction) throws {
    try entry.execute(
      """
      INSERT INTO meta (key, value) VALUES ('sync.alarm', ?)
      ON CONFLICT DO UPDATE SET value = excluded.value
      """, [value])
  }

  /// One message for people, one event for programs.
  private func tell(
    _ kind: SendNotification.Kind, _ title: String, _ message: String, severity: Severity,
    as type: EventType, _ data: JSON, in entry: LedgerTransaction
  ) throws {
    let fields: JSON = [
      "kind": .string(kind.rawValue), "title": .string(title), "message": .string(message),
      "severity": .string(severity.rawValue),
      "targetRoles": .array(Role.allCases.filter(Roles.crew.contains).map { .string($0.rawValue) }),
    ]
    _ = try SendNotification(data: fields).apply(in: entry)
    try entry.append(type, readers: .crew, data)
  }
}

extension Store {
  /// Whether the crew has been told that the uplink stands still.
  package func isUplinkAlarmed() throws(StoreError) -> Bool {
    try read { db in
      try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'sync.alarm'") == 1
    }
  }

  /// Since which powered time something waits for shore and nothing gets there; `nil` while it moves.
  package func stalledSince() throws(StoreError) -> Int64? {
    try read { db in
      try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = 'sync.stalledSince'")
    }
  }

  package func noteStalled(since powered: Int64?) throws(StoreError) {
    try write { db in
      if let powered {
        try db.execute(
          sql: """
            INSERT INTO meta (key, value) VALUES ('sync.stalledSince', ?)
            ON CONFLICT DO UPDATE SET value = excluded.value
            """, arguments: [powered])
      } else {
        try db.execute(sql: "DELETE FROM meta WHERE key = 'sync.stalledSince'")
      }
    }
  }
}
