/// Which queue an event travels to shore in. A lane never waits for a slower one.
package enum Lane: Int64, Sendable, CaseIterable {
  /// Alerts, orders, payments.
  case first = 1
  /// Movements, counts, master data.
  case normal = 2
  /// Activity and statistics.
  case bulk = 3

  package var name: String {
    switch self {
    case .first: "first"
    case .normal: "normal"
    case .bulk: "bulk"
    }
  }

  package init?(name: String) {
    guard let lane = Lane.allCases.first(where: { $0.name == name }) else { return nil }
    self = lane
  }
}

/// Who may hear an event, decided when it is written and checked again whenever it is delivered.
package struct Audience: Sendable, Hashable {
  package var roles: Roles
  /// Only the branch's own crew (and admins) may hear it, and the customer whom it names.
  package var branch: Int64?
  /// Of all customers, only this one may hear it.
  package var customer: Int64?
  /// Only this user may hear it.
  package var user: Int64?

  package init(
    roles: Roles, branch: Int64? = nil, customer: Int64? = nil, user: Int64? = nil
  ) {
    self.roles = roles
    self.branch = branch
    self.customer = customer
    self.user = user
  }

  /// `nil` is a connection that has not signed in: it hears what a guest hears.
  package func includes(_ identity: Identity?) -> Bool {
    guard let identity else {
      return roles.contains(.guest) && branch == nil && customer == nil && user == nil
    }
    guard roles.contains(identity.role) else { return false }
    if let user, user != identity.user { return false }
    switch identity.role {
    case .admin: return true
    case .manager, .staff: return identity.belongs(to: branch)
    case .customer: return customer.map { $0 == identity.customer } ?? (branch == nil)
    case .guest: return branch == nil && customer == nil
    }
  }
}

/// One row of the event log: what happened, in the order in which it was committed.
package struct Event: Sendable, Hashable {
  /// Position in this database's log: from 1, no gaps. The order of everything.
  package var seq: Int64
  /// For example `inventory:updated`. The log may hold types that this version does not know.
  package var type: String
  package var lane: Lane
  package var audience: Audience
  /// The namespace first, then finer topics.
  package var topics: [String]
  package var user: Int64?
  package var device: String?
  package var operation: String?
  /// The hub's clock, in milliseconds since 1970. A note: it may be wrong.
  package var time: Int64
  /// The device's clock, in milliseconds since 1970. A note.
  package var deviceTime: Int64?
  /// The payload: one JSON object, encoded once when the event was written.
  package var data: String

  package init(
    seq: Int64, type: String, lane: Lane, audience: Audience, topics: [String], user: Int64? = nil,
    device: String? = nil, operation: String? = nil, time: Int64, deviceTime: Int64? = nil,
    data: String
  ) {
    self.seq = seq
    self.type = type
    self.lane = lane
    self.audience = audience
    self.topics = topics
    self.user = user
    self.device = device
    self.operation = operation
    self.time = time
    self.deviceTime = deviceTime
    self.data = data
  }
}
