/// Who a request or connection is, as the hub's own rows say at the time of asking.
package struct Identity: Sendable, Hashable {
  package var user: Int64
  package var name: String
  package var role: Role
  /// The branches that the user belongs to. Admins see all branches whatever stands here.
  package var branches: Set<Int64>
  /// The customer that a user with the role `customer` is.
  package var customer: Int64?
  package var session: Int64
  /// The name that the device gave at sign-in: operation ids are unique per user and device.
  package var device: String

  package init(
    user: Int64, name: String, role: Role, branches: Set<Int64> = [], customer: Int64? = nil,
    session: Int64, device: String = ""
  ) {
    self.user = user
    self.name = name
    self.role = role
    self.branches = branches
    self.customer = customer
    self.session = session
    self.device = device
  }

  /// Whether the identity works in `branch`; what belongs to no branch is open to the whole crew.
  package func belongs(to branch: Int64?) -> Bool {
    guard let branch else { return true }
    return role == .admin || branches.contains(branch)
  }
}
