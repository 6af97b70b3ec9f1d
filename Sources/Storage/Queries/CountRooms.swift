import GRDB
import Inventory

/// A count session as somebody who joins late finds it.
package struct CountState: Sendable, Equatable {
  package struct Scan: Sendable, Equatable {
    package var line: Int64
    package var code: String?
    package var product: Int64?
    package var quantity: Int64
    package var user: Int64?
    package var userName: String?
    package var time: Int64
  }

  package var id: Int64
  package var room: String
  package var status: CountStatus
  package var completedBy: String?
  package var completedSeq: Int64?
  /// The scans that stand, oldest first.
  package var scans: [Scan]
}

extension Store {
  /// The open session of `room`, else the last one there was; `nil` where there was none that
  /// `identity` may see. At most `limit` of its latest scans.
  package func countState(
    room: String, for identity: Identity, limit: Int = 10_000
  ) async throws(StoreError) -> CountState? {
    let room = CountRoom.normalised(room)
    do {
      return try await pool.read { db in
        let row = try Row.fetchOne(
          db.cachedStatement(
            sql: """
              SELECT c.id, c.status, u.login, c.completed_seq, l.branch
              FROM count c LEFT JOIN user u ON u.id = c.completed_by
                LEFT JOIN location l ON l.id = c.location
              WHERE c.room = ? ORDER BY c.status = 'open' DESC, c.id DESC LIMIT 1
              """), arguments: [room])
        guard let row, let status = CountStatus(rawValue: row[1]),
          Roles.crew.contains(identity.role), identity.belongs(to: row[4])
        else { return nil }
        let id: Int64 = row[0]
        let scans = try Row.fetchAll(
          db.cachedStatement(
            sql: """
              SELECT l.id, l.code, l.product, l.quantity, l.user, u.login, l.time
              FROM count_line l LEFT JOIN user u ON u.id = l.user
              WHERE l.count = ? AND \(CountLine.stands) ORDER BY l.id DESC LIMIT ?
              """), arguments: [id, limit])
        return CountState(
          id: id, room: room, status: status, completedBy: row[2], completedSeq: row[3],
          scans: scans.reversed().map {
            CountState.Scan(
              line: $0[0], code: $0[1], product: $0[2], quantity: $0[3], user: $0[4],
              userName: $0[5], time: $0[6])
          })
      }
    } catch {
      throw StoreError(error, path: path)
    }
  }
}
