import Inventory
import Testing

private let nobody: Identity? = nil

private func person(
  _ role: Role, user: Int64 = 1, branches: Set<Int64> = [], customer: Int64? = nil
) -> Identity? {
  Identity(
    user: user, name: "\(role)", role: role, branches: branches, customer: customer, session: 1)
}

/// Who may hear what: the table that every delivery and every replay asks.
@Suite struct AudienceTests {
  @Test(
    arguments: [
      // No restriction but the roles.
      (Audience(roles: .everyone), nobody, true),
      (Audience(roles: .everyone), person(.guest), true),
      (Audience(roles: .everyone), person(.customer, customer: 3), true),
      (Audience(roles: .everyone), person(.staff), true),
      (Audience(roles: .signedIn), nobody, false),
      (Audience(roles: .signedIn), person(.guest), false),
      (Audience(roles: .signedIn), person(.customer), true),
      (Audience(roles: .crew), person(.customer), false),
      (Audience(roles: .crew), person(.staff), true),
      (Audience(roles: .managers), person(.staff), false),
      (Audience(roles: .managers), person(.manager), true),
      (Audience(roles: .admins), person(.manager), false),
      (Audience(roles: .admins), person(.admin), true),
      (Audience(roles: Roles(.customer)), person(.admin), false),
      (Audience(roles: Roles()), person(.admin), false),
      (Audience(roles: Roles()), nobody, false),

      // A branch: its own crew and admins.
      (Audience(roles: .crew, branch: 7), person(.staff, branches: [7]), true),
      (Audience(roles: .crew, branch: 7), person(.staff, branches: [8]), false),
      (Audience(roles: .crew, branch: 7), person(.staff), false),
      (Audience(roles: .crew, branch: 7), person(.manager, branches: [8, 7]), true),
      (Audience(roles: .crew, branch: 7), person(.manager, branches: [8]), false),
      (Audience(roles: .crew, branch: 7), person(.admin, branches: [8]), true),
      (Audience(roles: .admins, branch: 7), person(.admin), true),
      (Audience(roles: .everyone, branch: 7), nobody, false),
      (Audience(roles: .everyone, branch: 7), person(.guest, branches: [7]), false),
      (Audience(roles: .everyone, branch: 7), person(.customer, customer: 3), false),

      // A customer: of all customers this one, in whatever branch; the crew by its own rules.
      (Audience(roles: .signedIn, customer: 3), person(.customer, customer: 3), true),
      (Audience(roles: .signedIn, customer: 3), person(.customer, customer: 4), false),
      (Audience(roles: .signedIn, customer: 3), person(.customer), false),
      (Audience(roles: .signedIn, customer: 0), person(.customer), false),
      (Audience(roles: .signedIn, branch: 7, customer: 3), person(.customer, customer: 3), true),
      (Audience(roles: .signedIn, branch: 7, customer: 3), person(.staff, branches: [8]), false),
      (Audience(roles: .signedIn, branch: 7, customer: 3), person(.staff, branches: [7]), true),
      (Audience(roles: .crew, customer: 3), person(.customer, customer: 3), false),
      (Audience(roles: .everyone, customer: 3), nobody, false),
      (Audience(roles: .everyone, customer: 3), person(.guest), false),

      // A user: nobody else, not even an admin.
      (Audience(roles: .everyone, user: 5), person(.staff, user: 5), true),
      (Audience(roles: .everyone, user: 5), person(.staff, user: 6), false),
      (Audience(roles: .everyone, user: 5), person(.admin, user: 6), false),
      (Audience(roles: .everyone, user: 5), nobody, false),
      (Audience(roles: .everyone, user: 5), person(.guest, user: 5), true),
      (Audience(roles: .crew, user: 5), person(.customer, user: 5), false),
      (
        Audience(roles: .everyone, branch: 7, user: 5), person(.staff, user: 5, branches: [8]),
        false
      ),
    ] as [(Audience, Identity?, Bool)])
  func `an event is heard by those it is for and by nobody else`(
    audience: Audience, listener: Identity?, hears: Bool
  ) {
    #expect(audience.includes(listener) == hears)
  }

  @Test(
    arguments: [
      (.staff, [7], nil, true), (.staff, [7], 7, true),
      (.staff, [7], 8, false), (.manager, [], 7, false), (.admin, [], 7, true),
      (.customer, [], nil, true), (.guest, [], 7, false),
    ] as [(Role, Set<Int64>, Int64?, Bool)])
  func `a person works in the branches of their own row, an admin in all`(
    role: Role, branches: Set<Int64>, branch: Int64?, belongs: Bool
  ) {
    #expect(person(role, branches: branches)?.belongs(to: branch) == belongs)
  }
}

@Suite struct RoleTests {
  @Test(
    arguments: [
      (Roles.admins, ["admin"]), (.managers, ["admin", "manager"]),
      (.crew, ["admin", "manager", "staff"]),
      (.signedIn, ["admin", "manager", "staff", "customer"]),
      (.everyone, ["admin", "manager", "staff", "customer", "guest"]), (Roles(), []),
    ] as [(Roles, [String])])
  func `sets of roles hold the roles of their name`(roles: Roles, names: [String]) {
    #expect(roles.names == names)
    #expect(Role.allCases.filter(roles.contains).map(\.rawValue) == names)
    #expect(Roles(rawValue: roles.rawValue) == roles)
  }

  @Test(
    arguments: [
      (Namespace.orders, Roles.signedIn), (.customers, .crew), (.products, .everyone),
      (.inventory, .crew), (.payments, .managers), (.system, .admins),
    ] as [(Namespace, Roles)])
  func `each namespace has the readers of the role table`(namespace: Namespace, readers: Roles) {
    #expect(namespace.readers == readers)
  }

  @Test(arguments: EventType.allCases)
  func `no event is heard beyond its namespace but notifications`(type: EventType) {
    let notifications: Set<EventType> = [
      .systemNotification, .systemAlert, .systemMaintenance, .notificationRead,
    ]

    #expect(
      notifications.contains(type) || type.readers.isSubset(of: type.namespace.readers),
      "\(type.rawValue) is wider than \(type.namespace.rawValue)")
  }

  @Test(
    arguments: [
      ("inventory", Namespace.inventory), ("inventory:location:7", .inventory),
      ("orders:customer:3", .orders), ("system:", .system), ("inventories", nil), ("", nil),
      (":inventory", nil), ("Inventory", nil), ("notifications:5", nil),
    ] as [(String, Namespace?)])
  func `a topic lies in the namespace before its first colon`(topic: String, namespace: Namespace?)
  {
    #expect(Namespace(topic: topic) == namespace)
  }
}

@Suite struct LaneTests {
  @Test(
    arguments: [
      (EventType.inventoryLowStock, Lane.first), (.inventoryOutOfStock, .first),
      (.inventoryRestocked, .first), (.systemAlert, .first), (.orderCreated, .first),
      (.orderStatusChanged, .first), (.paymentReceived, .first), (.paymentRefunded, .first),
      (.saleCreated, .first), (.epochStarted, .first), (.inventoryUpdated, .normal),
      (.countScanAdded, .normal), (.countCompleted, .normal), (.productUpdated, .normal),
      (.transferReceived, .normal), (.userUpdated, .normal), (.sessionStarted, .bulk),
      (.notificationRead, .bulk),
    ] as [(EventType, Lane)])
  func `alerts, orders and payments go first, activity last`(type: EventType, lane: Lane) {
    #expect(type.lane == lane)
  }

  @Test func `lanes have names that lead back to them`() {
    #expect(Lane.allCases.map(\.name) == ["first", "normal", "bulk"])
    for lane in Lane.allCases {
      #expect(Lane(name: lane.name) == lane)
      #expect(Lane(rawValue: lane.rawValue) == lane)
    }
    #expect(Lane(name: "fast") == nil)
  }

  @Test func `no two events share a name`() {
    #expect(Set(EventType.allCases.map(\.rawValue)).count == EventType.allCases.count)
  }
}
