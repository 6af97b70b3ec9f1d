/// What a person may do and hear. The hub's own user row decides it, never a message.
package enum Role: String, Sendable, CaseIterable {
  case admin, manager, staff, customer, guest

  var bit: UInt8 {
    switch self {
    case .admin: 1
    case .manager: 2
    case .staff: 4
    case .customer: 8
    case .guest: 16
    }
  }
}

/// A set of roles; its raw value is stored with every event as that event's audience.
package struct Roles: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package init(_ roles: Role...) { rawValue = roles.reduce(0) { $0 | $1.bit } }

  package func contains(_ role: Role) -> Bool { rawValue & role.bit != 0 }

  package var names: [String] { Role.allCases.filter(contains).map(\.rawValue) }

  package static let admins = Roles(.admin)
  package static let managers = Roles(.admin, .manager)
  package static let crew = Roles(.admin, .manager, .staff)
  package static let signedIn = Roles(.admin, .manager, .staff, .customer)
  package static let everyone = Roles(.admin, .manager, .staff, .customer, .guest)
}
