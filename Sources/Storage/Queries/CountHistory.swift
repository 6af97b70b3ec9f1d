import GRDB
import Inventory

/// What was scanned in a room and stands, for a device that joins late.
package struct CountHistory: Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    package var id: Int64
    package var code: String?
    package var user: Int64?
    package var userName: String?
    package var time: Int64
    package var deviceTime: Int64?

    package init(
      id: Int64, code: String?, user: Int64?, userName: String?, time: Int64, deviceTime: Int64?
    ) {
      self.id = id
      self.code = code
      self.user = user
      self.userName = userName
      self.time = time
      self.deviceTime = deviceTime
    }
  }

  /// The open session; `nil` where the room has none.
  package var count: Int64?
  package var branch: Int64?
  /// Oldest first.
  package var lines: [Line] = []
  /// What the log held when this was read.
  package var position: Position
}

extension Store {
  package func countHistory(room: String) throws(StoreError) -> CountHistory {
    try read { db in
      var history = CountHistory(position: try Self.position(db))
      let open = try Row.fetchOne(
        db,
        sql: """
          SELECT c.id, l.branch FROM count c LEFT JOIN location l ON l.id = c.location
          WHERE c.room = ? AND c.status = 'open'
          """, arguments: [room])
      guard let open else { return history }
      history.count = open[0]
      history.branch = open[1]
      history.lines = try Row.fetchAll(
        db,
        sql: """
          SELECT l.id, l.code, l.user, u.login, l.time, l.device_time
          FROM count_line l LEFT JOIN user u ON u.id = l.user
          WHERE l.count = ? AND \(CountLine.stands) ORDER BY l.id
          """, arguments: [history.count]
      ).map { row in
        CountHistory.Line(
          id: row[0], code: row[1], user: row[2], userName: row[3], time: row[4],
          deviceTime: row[5])
      }
      return history
    }
  }
}
