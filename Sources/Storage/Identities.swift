import GRDB
import Inventory
import Wire

extension Store {
  /// Sessions that nobody has used for so long, counted while the hub is powered, have ended.
  package static let sessionIdleLimit: Duration = .seconds(30 * 24 * 3600)

  /// Who `session` is by the rows of this moment; `nil` when it has ended or its user is kept out.
  package func identity(session: Int64) throws(StoreError) -> Identity? {
    try read { try Self.identity($0, session: session) }
  }

  static func identity(_ db: Database, session: Int64) throws -> Identity? {
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT u.id, u.login, u.role, u.customer, COALESCE(d.key, ''), s.used_powered,
            (SELECT json_group_array(branch) FROM user_branch WHERE user = u.id)
          FROM session s JOIN user u ON u.id = s.user LEFT JOIN device d ON d.id = s.device
          WHERE s.id = ? AND s.ended IS NULL AND u.active AND COALESCE(d.active, 1)
          """), arguments: [session])
    guard let row, let role = Role(rawValue: row[2]) else { return nil }
    let used: Int64 = row[5]
    guard try Powered.now(db) - used < sessionIdleLimit.milliseconds else { return nil }
    let branches: String = row[6]
    return Identity(
      user: row[0], name: row[1], role: role,
      branches: branches == "[]"
        ? [] : Set((try JSON(parsing: branches).elements ?? []).compactMap(\.integer)),
      customer: row[3], session: session, device: row[4])
  }

  /// What sign-in needs of a user, by login name.
  package struct Account: Sendable {
    package var user: Int64
    package var password: String?
    package var isActive: Bool
  }

  package func account(login: String) throws(StoreError) -> Account? {
    try read { db in
      try Row.fetchOne(
        db, sql: "SELECT id, password, active FROM user WHERE login = ?", arguments: [login]
      ).map { Account(user: $0[0], password: $0[1], isActive: $0[2]) }
    }
  }

  /// Whether anybody can sign in at all; until then the set-up code is asked for.
  package func hasUsers() throws(StoreError) -> Bool {
    try read { try Int.fetchOne($0, sql: "SELECT 1 FROM user LIMIT 1") != nil }
  }

  /// Notes that sessions are in use, which keeps them from ending for want of use.
  package func touched(sessions: Set<Int64>) throws(StoreError) {
    guard !sessions.isEmpty else { return }
    try write { db in
      let powered = try Powered.now(db)
      for session in sessions {
        try db.cachedStatement(sql: "UPDATE session SET used_powered = ? WHERE id = ?")
          .execute(arguments: [powered, session])
      }
    }
  }
}

/// Powered time: milliseconds that this hub has been running in all its life. It stands still while
/// the box is off and never jumps, so limits counted in it survive power cuts and wrong clocks.
package enum Powered {
  static func now(_ db: Database) throws -> Int64 {
    try db.cachedStatement(sql: "SELECT value FROM meta WHERE key = 'powered'").fetchInteger() ?? 0
  }

  static func note(_ db: Database, _ milliseconds: Int64) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO meta (key, value) VALUES ('powered', ?)
        ON CONFLICT DO UPDATE SET value = MAX(value, excluded.value)
        """
    ).execute(arguments: [milliseconds])
  }
}

extension Store {
  package func powered() throws(StoreError) -> Int64 {
    try read(Powered.now)
  }
}

extension Duration {
  package var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
