import GRDB
import Inventory

extension Store {
  /// The last change from shore that this hub has carried out.
  package struct ChangeCursor: Sendable, Hashable {
    package var number: Int64
    /// The tag of that change; `nil` before the first.
    package var tag: String?

    package init(number: Int64 = 0, tag: String? = nil) {
      self.number = number
      self.tag = tag
    }
  }

  package func changeCursor() throws(StoreError) -> ChangeCursor {
    try read(Self.changeCursor)
  }

  static func changeCursor(_ db: Database) throws -> ChangeCursor {
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT number, tag FROM change_cursor"))
    return row.map { ChangeCursor(number: $0[0], tag: $0[1]) } ?? ChangeCursor()
  }

  /// Goes past a change that this hub carried out under another number before.
  package func passed(_ change: ShoreChange) throws(StoreError) {
    try write { db in
      try db.execute(
        sql: """
          INSERT INTO change_cursor (id, number, tag) VALUES (1, ?, ?)
          ON CONFLICT DO UPDATE SET number = excluded.number, tag = excluded.tag
          WHERE excluded.number = number + 1
          """, arguments: [change.number, change.tag])
    }
  }
}
