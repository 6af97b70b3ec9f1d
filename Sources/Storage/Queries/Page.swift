import GRDB
import Inventory

/// Some rows of a listing, each one JSON object as text, and where to go on.
package struct Page: Sendable {
  package var items: [String]
  /// The cursor of the next page; `nil` on the last.
  package var next: Int64?

  package init(items: [String], next: Int64?) {
    self.items = items
    self.next = next
  }
}

/// What to read of a listing.
package struct PageRequest: Sendable {
  package enum Value: Sendable { case integer(Int64), text(String) }
  package enum Order: String, Sendable, CaseIterable { case oldest, newest }

  package var cursor: Int64?
  package var limit: Int
  package var order: Order
  package var filters: [String: Value]

  package static let largestLimit = 1000

  package init(
    cursor: Int64? = nil, limit: Int = 100, order: Order = .oldest, filters: [String: Value] = [:]
  ) {
    self.cursor = cursor
    self.limit = limit
    self.order = order
    self.filters = filters
  }
}

extension Store {
  /// Rows of `listing` that `identity` may see. Cursors are row ids, so that a page never repeats or
  /// skips a row that was there when its reader began.
  package func page(
    _ listing: Listing, _ request: PageRequest, for identity: Identity?
  ) throws(StoreError) -> Page {
    try read { try Self.page($0, listing, request, for: identity) }
  }

  /// One row by id, hidden ones too; `nil` where it is not there or not for `identity` to see.
  package func item(
    _ listing: Listing, id: Int64, for identity: Identity?
  ) throws(StoreError) -> String? {
    try read { db in
      var query = Query(listing, for: identity)
      query.add("\(listing.id) = ?", id)
      return try query.run(db, suffix: "LIMIT 1").first?.json
    }
  }

  static func page(
    _ db: Database, _ listing: Listing, _ request: PageRequest, for identity: Identity?
  ) throws -> Page {
    let limit = min(max(request.limit, 1), PageRequest.largestLimit)
    var query = Query(listing, for: identity)
    if let hidden = listing.hidden { query.add(hidden) }
    for filter in listing.filters where request.filters[filter.name] != nil {
      if Listing.isCounter(identity?.role),
        listing.columns.contains(where: { $0.isLevel && $0.name == filter.name })
      {
        query.add("NOT \(Listing.isBlind(listing.id))")
      }
      switch request.filters[filter.name] {
      case .integer(let value): query.addFilter(filter.sql, value)
      case .text(let value): query.addFilter(filter.sql, value)
      case nil: break
      }
    }
    if let cursor = request.cursor {
      query.add("\(listing.id) \(request.order == .oldest ? ">" : "<") ?", cursor)
    }
    let direction = request.order == .oldest ? "ASC" : "DESC"
    let rows = try query.run(db, suffix: "ORDER BY \(listing.id) \(direction) LIMIT \(limit + 1)")
    let page = rows.prefix(limit)
    return Page(items: page.map(\.json), next: rows.count > limit ? page.last?.id : nil)
  }
}

/// The SELECT of a listing with its conditions. Conditions come from `Listing`, values are bound.
private struct Query {
  let listing: Listing
  let role: Role?
  var conditions: [String] = []
  var arguments: [(any DatabaseValueConvertible)?] = []

  init(_ listing: Listing, for identity: Identity?) {
    self.listing = listing
    role = identity?.role
    guard let identity else {
      // Not signed in: what a guest may see, and nothing that is scoped.
      if case .open = listing.scope {} else { conditions.append("0") }
      return
    }
    if case .addressee(let roles, _, let user) = listing.scope {
      add("(\(roles) & ?) <> 0", Int64(Roles(identity.role).rawValue))
      add("(\(user) IS NULL OR \(user) = ?)", identity.user)
    }
    if let product = listing.levelsOf, Listing.isCounter(identity.role) {
      conditions.append("NOT \(Listing.isBlind(product))")
    }
    guard identity.role != .admin else { return }
    switch listing.scope {
    case .open: break
    case .branch(let branch): add(branch: branch, of: identity)
    case .branches(let first, let second):
      let members = "(SELECT branch FROM user_branch WHERE user = ?)"
      conditions.append(
        """
        (\(first) IS NULL OR \(second) IS NULL OR \(first) IN \(members)
          OR \(second) IN \(members))
        """)
      arguments += [identity.user, identity.user]
    case .branchOrCustomer(let branch, let customer):
      if identity.role == .customer {
        add("\(customer) = ?", identity.customer ?? 0)
      } else {
        add(branch: branch, of: identity)
      }
    case .addressee(_, let branch, _): add(branch: branch, of: identity)
    case .owner(let user): add("\(user) = ?", identity.user)
    }
  }

  mutating func add(_ condition: String) {
    conditions.append(condition)
  }

  mutating func add(_ condition: String, _ value: some DatabaseValueConvertible) {
    conditions.append(condition)
    arguments.append(value)
  }

  /// A filter names its value `?1`, as often as it likes; numbered anew among the others here.
  mutating func addFilter(_ condition: String, _ value: some DatabaseValueConvertible) {
    let pieces = condition.split(separator: "?1", omittingEmptySubsequences: false)
    conditions.append(pieces.joined(separator: "?"))
    for _ in 1..<pieces.count { arguments.append(value) }
  }

  private mutating func add(branch: String, of identity: Identity) {
    add(
      "(\(branch) IS NULL OR \(branch) IN (SELECT branch FROM user_branch WHERE user = ?))",
      identity.user)
  }

  func run(_ db: Database, suffix: String) throws -> [(id: Int64, json: String)] {
    let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    let statement = try db.cachedStatement(
      sql: """
        SELECT \(listing.id), \(listing.json(for: role)) FROM \(listing.from) \(condition) \(suffix)
        """)
    var rows: [(id: Int64, json: String)] = []
    let cursor = try Row.fetchCursor(statement, arguments: StatementArguments(arguments))
    while let row = try cursor.next() { rows.append((row[0], row[1])) }
    return rows
  }
}
