/// The six streams that a connection can subscribe to, and who may hear each.
///
/// A finer topic starts with its namespace's name: `inventory:location:7`, `orders:customer:3`.
package enum Namespace: String, Sendable, CaseIterable {
  case orders, customers, products, inventory, payments, system

  /// The role table. A customer hears only their own orders; `Audience` sees to that.
  package var readers: Roles {
    switch self {
    case .orders: .signedIn
    case .customers: .crew
    case .products: .everyone
    case .inventory: .crew
    case .payments: .managers
    case .system: .admins
    }
  }

  /// The namespace that `topic` lies in, by the part before its first colon.
  package init?(topic: String) {
    self.init(rawValue: String(topic.prefix { $0 != ":" }))
  }
}
