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
  /// Who completed the room's last session, where none is open any more.
  package var completedBy: String?
  /// Oldest first.
  package var lines: [Line] = []
  /// What the log held when this was read.
  package var position: Position
}

extension Store {
  package func countHistory(room: String) throws(StoreError) -> CountHistory {
    let room = CountRoom.normalised(room)
    return try read { db in
      var history = CountHistory(position: try Self.position(db))
      let open = try Row.fetchOne(
        db,
        sql: """
          SELECT c.id, l.branch, c.status, u.login FROM count c
            LEFT JOIN location l ON l.id = c.location LEFT JOIN user u ON u.id = c.completed_by
          WHERE c.room = ? ORDER BY c.status = 'open' DESC, c.id DESC LIMIT 1
          """, arguments: [room])
      guard let open else { return history }
      history.branch = open[1]
      guard open[2] == CountStatus.open.rawValue else {
        history.completedBy = open[3]
        return history
      }
      history.count = open[0]
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

  /// The agency's open monthly count in which `code` was scanned last and stands.
  package func openCount(
    of agency: String, holding code: String
  ) throws(StoreError) -> Int64? {
    try read { db in
      let open = try Row.fetchAll(
        db,
        sql: """
          SELECT c.id, c.room FROM count c JOIN count_line l ON l.count = c.id
          WHERE c.status = 'open' AND l.code = ? AND \(CountLine.stands) ORDER BY l.id DESC
          """, arguments: [code])
      return open.first { CountRoom($0[1] as String)?.agency == CountRoom.agency(agency) }?[0]
    }
  }
}
