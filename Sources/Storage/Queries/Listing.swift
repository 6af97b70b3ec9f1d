import Inventory

/// A list that the API serves: its columns, filters and readers, from which the SQL, the pages and
/// the API's description are made.
package struct Listing: Sendable {
  package enum Kind: Sendable { case integer, text, boolean, json }

  package struct Column: Sendable {
    package var name: String
    package var kind: Kind
    package var about: String
    package var readers: Roles
    /// Whether it tells a level, and so is null to counters while that is being counted blind.
    var isLevel: Bool
    var sql: String

    init(
      _ name: String, _ kind: Kind, _ sql: String, _ about: String, to readers: Roles = .everyone,
      isLevel: Bool = false
    ) {
      self.isLevel = isLevel
      self.name = name
      self.kind = kind
      self.sql = sql
      self.about = about
      self.readers = readers
    }
  }

  package struct Filter: Sendable {
    package var name: String
    package var kind: Kind
    package var about: String
    /// A condition with `?1` for the value.
    var sql: String

    init(_ name: String, _ kind: Kind, _ sql: String, _ about: String) {
      self.name = name
      self.kind = kind
      self.sql = sql
      self.about = about
    }
  }

  /// Which rows an identity may see beyond having one of the listing's roles.
  enum Scope: Sendable {
    case open
    /// The SQL of the branch that a row belongs to; `NULL` is common ground.
    case branch(String)
    /// The SQL of two branches; a row is seen by the crew of either.
    case branches(String, String)
    /// The same as `branch`, and the SQL of the customer whose own rows a customer may see.
    case branchOrCustomer(String, String)
    /// Notifications: meant for the reader's role, branch and person.
    case addressee(roles: String, branch: String, user: String)
    /// Rows of the reader's own; admins see all.
    case owner(String)
  }

  package var name: String
  package var about: String
  package var readers: Roles
  var from: String
  var id: String
  var scope: Scope
  package var columns: [Column]
  package var filters: [Filter]
  /// Left out of the listing, still served when asked for by id.
  var hidden: String?
  /// The SQL of the product whose rows as a whole tell levels: they are left out for counters while
  /// it is being counted blind.
  var levelsOf: String?
}

extension Listing {
  func json(for role: Role?) -> String {
    let visible = columns.filter { column in
      role.map { column.readers.contains($0) } ?? column.readers.contains(.guest)
    }
    let members = visible.map { column in
      let value =
        switch column.kind {
        case .integer, .text: column.sql
        case .boolean: "json(IIF(\(column.sql), 'true', 'false'))"
        case .json: "json(\(column.sql))"
        }
      if column.isLevel, Self.isCounter(role) {
        return "'\(column.name)', IIF(\(Self.isBlind(id)), NULL, \(value))"
      }
      return "'\(column.name)', \(value)"
    }
    return "json_object(\(members.joined(separator: ", ")))"
  }
}

extension Listing {
  /// Whether a blind count keeps levels from that role: all but those who may complete it.
  static func isCounter(_ role: Role?) -> Bool {
    role.map { !CompleteCount.performers.contains($0) } ?? false
  }

  /// SQL for how many blind counts are open.
  static let blindCounts = "SELECT COUNT(*) FROM count WHERE status = 'open' AND blind = 1"

  /// SQL for whether `product` is being counted blind.
  static func isBlind(_ product: String) -> String {
    "\(product) IN (SELECT product FROM blind_product)"
  }
}
