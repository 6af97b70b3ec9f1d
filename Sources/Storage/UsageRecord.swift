import GRDB
import Inventory
import Wire

/// Who did what: one thing that is counted by the day.
package struct Use: Sendable, Hashable {
  /// `nil` is somebody who has not signed in.
  package var user: Int64?
  /// A command's name, a message's type, or `connection` with its place.
  package var kind: String

  package init(user: Int64?, kind: String) {
    self.user = user
    self.kind = kind
  }
}

/// The hub's own: adds what was counted since the last time to the figures of the day.
///
/// Days are those of the hub's clock, in UTC. Where that clock is wrong, uses stand under a wrong day
/// and are counted all the same; what is dropped in the end is what was written first, not what is
/// dated first, so that a clock that once ran ahead does not keep its days for ever.
package struct RecordUsage: LedgerCommand {
  package static let name = "usage.record"
  package static let about = "Add to the figures of use."
  package static let performers = Roles()

  /// Days that are kept.
  package static let keptDays: Int64 = 400

  var uses: [Use: Int64]

  package init(_ uses: [Use: Int64]) {
    self.uses = uses
  }

  package init(_ fields: inout Fields) throws(Refusal) {
    throw Refusal(.unknownCommand, "Only the hub itself records use.")
  }

  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let day: String =
      try entry.row(
        "SELECT date(? / 1000, 'unixepoch')", [entry.time])?[0] ?? "0000-00-00"
    let isNewDay = try entry.integer("SELECT 1 FROM usage WHERE day = ? LIMIT 1", [day]) == nil
    for (use, count) in uses {
      try entry.execute(
        """
        INSERT INTO usage (day, user, kind, count) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET count = count + excluded.count
        """, [day, use.user ?? 0, use.kind, count])
    }
    if isNewDay {
      try entry.execute(
        """
        DELETE FROM usage WHERE day IN (
          SELECT day FROM usage GROUP BY day ORDER BY MIN(id) DESC LIMIT -1 OFFSET ?)
        """, [Self.keptDays])
    }
    return [:]
  }
}
