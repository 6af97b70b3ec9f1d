import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct AdminTests {
  @Test func `the last admin stays an admin and stays in`() async throws {
    let hub = try Hub()
    let (ann, bob) = (try await hub.user("ann", .admin), try await hub.user("bob", .admin))
    func update(_ user: Int64, _ change: JSON) async throws -> Refusal? {
      var data = change
      data["userId"] = .int(user)
      return try await hub.refusal("user.update", data)
    }
    let lastAdmin = Refusal(.inUse, "This is the last admin; make another user an admin first.")

    #expect(try await update(bob, ["active": false]) == nil)
    #expect(try await update(ann, ["active": false]) == lastAdmin)
    #expect(try await update(ann, ["role": "manager"]) == lastAdmin)
    #expect(try await update(ann, ["role": "admin", "displayName": "Ann"]) == nil)
    #expect(try await update(bob, ["active": true]) == nil)
    #expect(try await update(ann, ["role": "staff"]) == nil)
    #expect(try await update(bob, ["role": "guest"]) == lastAdmin)
  }

  @Test func `of two admins who dismiss each other at once one remains`() async throws {
    let hub = try Hub()
    let (ann, bob) = (try await hub.user("ann", .admin), try await hub.user("bob", .admin))
    let authors: [(Author, Int64)] = [
      (.session(try await hub.session(of: ann)), bob),
      (.session(try await hub.session(of: bob)), ann),
    ]

    try await withThrowingTaskGroup { group in
      for (author, other) in authors {
        group.addTask {
          _ = try await hub.refusal(
            "user.update", ["userId": .int(other), "active": false], by: author)
        }
      }
      try await group.waitForAll()
    }

    #expect(try hub.integer("SELECT COUNT(*) FROM user WHERE role = 'admin' AND active = 1") == 1)
  }

  @Test func `the hub is set up once`() async throws {
    let hub = try Hub()
    #expect(try hub.store.hasUsers() == false)
    var fields = Fields(JSON.Members([("name", "boss"), ("role", "guest")]))
    let setUp = try SetUpHub(&fields)

    guard case .done = await hub.ledger.submit(Submission(setUp, by: .hub)) else {
      throw StoreError.corrupt("not set up")
    }
    let again = await hub.ledger.submit(Submission(setUp, by: .hub))

    #expect(try hub.store.hasUsers())
    #expect(try hub.text("SELECT role FROM user") == "admin")
    guard case .refused(let refusal) = again else { throw StoreError.corrupt("\(again)") }
    #expect(refusal.code == .wrongState)
  }

  @Test func `names to sign in with are unique whatever their capitals`() async throws {
    let hub = try Hub()
    _ = try await hub.user("Ann", .staff)

    let refusal = try await hub.refusal("user.create", ["name": "aNN", "role": "staff"])

    #expect(refusal == Refusal(.duplicate, "There is a user called aNN already.", field: "name"))
    #expect(try hub.store.account(login: "ANN")?.user == 1)
    #expect(try hub.store.account(login: "bob") == nil)
  }

  @Test func `a secret that nobody sealed is not stored`() async throws {
    let hub = try Hub()

    let refusal = try await hub.refusal(
      "user.create", ["name": "ann", "role": "staff", "password": "correct horse"])

    #expect(refusal?.code == .internalError)
    #expect(refusal?.message.contains("correct horse") == false)
    #expect(try hub.store.hasUsers() == false)
  }
}

@Suite struct SessionTests {
  let hub: Hub
  let ann: Int64

  init() async throws {
    hub = try Hub()
    _ = try await hub.user("boss", .admin)
    ann = try await hub.user("ann", .staff)
  }

  private func setPassword(of user: Int64, by author: Author) async throws -> Refusal? {
    var command = try SetPassword(
      data: ["userId": .int(user), "password": "correct horse"])
    command.secret = .sealed("a hash")
    guard case .refused(let refusal) = await hub.ledger.submit(Submission(command, by: author))
    else { return nil }
    return refusal
  }

  @Test func `an identity is what the rows say at the moment`() async throws {
    let (north, south) = (try await hub.branch("North"), try await hub.branch("South"))
    let session = try await hub.session(of: ann, device: "tablet")
    #expect(
      try hub.store.identity(session: session)
        == Identity(user: ann, name: "ann", role: .staff, session: session, device: "tablet"))

    try await hub.perform(
      "user.update",
      [
        "userId": .int(ann), "role": "manager",
        "branchIds": [.int(north), .int(south), .int(north)],
      ])

    #expect(
      try hub.store.identity(session: session)
        == Identity(
          user: ann, name: "ann", role: .manager, branches: [north, south], session: session,
          device: "tablet"))
    #expect(try hub.store.identity(session: 99) == nil)
  }

  @Test func `a new password ends the person's other sessions only`() async throws {
    let (mine, other) = (
      try await hub.session(of: ann), try await hub.session(of: ann, device: "x")
    )
    let boss = try await hub.session(of: 1)

    #expect(try await setPassword(of: ann, by: .session(mine)) == nil)

    #expect(try hub.store.identity(session: mine) != nil)
    #expect(try hub.store.identity(session: other) == nil)
    #expect(try hub.store.identity(session: boss) != nil)
    #expect(
      try hub.told(.sessionEnded) == [
        ["sessionId": .int(other), "userId": .int(ann), "userName": "ann"]
      ])
    #expect(try hub.store.account(login: "ann")?.password == "a hash")
  }

  @Test func `a password set by an admin ends all the person's sessions`() async throws {
    let session = try await hub.session(of: ann)
    let boss = try await hub.session(of: 1)

    #expect(try await setPassword(of: ann, by: .session(boss)) == nil)

    #expect(try hub.store.identity(session: session) == nil)
    #expect(try hub.store.identity(session: boss) != nil)
  }

  @Test func `nobody but an admin sets another's password`() async throws {
    let session = try await hub.session(of: ann)

    let refusal = try await setPassword(of: 1, by: .session(session))

    #expect(refusal?.code == .forbidden)
    #expect(try hub.store.account(login: "boss")?.password == nil)
  }

  @Test func `no event and no result holds a password's hash`() async throws {
    #expect(try await setPassword(of: ann, by: .hub) == nil)

    #expect(try hub.events().allSatisfy { !$0.data.contains("a hash") })
    #expect(try hub.integer("SELECT COUNT(*) FROM operation WHERE outcome LIKE '%a hash%'") == 0)
  }

  @Test func `keeping a person out ends all their sessions at once`() async throws {
    let sessions = [try await hub.session(of: ann), try await hub.session(of: ann, device: "x")]
    let (kit, room) = (try await hub.product(), try await hub.location())

    try await hub.perform("user.update", ["userId": .int(ann), "active": false])

    for session in sessions {
      #expect(try hub.store.identity(session: session) == nil)
      let refusal = try await hub.refusal(
        "stock.add", ["productId": .int(kit), "locationId": .int(room), "quantity": 1],
        by: .session(session))
      #expect(refusal == Refusal(.sessionEnded, "This session has ended. Sign in again."))
    }
    #expect(try hub.told(.sessionEnded).count == 2)
    await #expect(throws: Refusal(.unauthenticated, "This user may not sign in.")) {
      try await hub.session(of: ann)
    }
    try await hub.perform("user.update", ["userId": .int(ann), "active": true])
    #expect(try hub.store.identity(session: sessions[0]) == nil, "what has ended stays ended")
  }

  @Test func `shutting a device out ends its sessions and keeps it out`() async throws {
    let (tablet, phone) = (
      try await hub.session(of: ann, device: "tablet"),
      try await hub.session(of: ann, device: "phone")
    )
    let device = try #require(try hub.integer("SELECT id FROM device WHERE key = 'tablet'"))

    try await hub.perform("device.update", ["deviceId": .int(device), "active": false])

    #expect(try hub.store.identity(session: tablet) == nil)
    #expect(try hub.store.identity(session: phone) != nil)
    await #expect(throws: Refusal(.forbidden, "This device has been shut out. Ask an admin.")) {
      try await hub.session(of: ann, device: "tablet")
    }
    try await hub.perform("device.update", ["deviceId": .int(device), "active": true])
    _ = try await hub.session(of: ann, device: "tablet")
    #expect(try hub.integer("SELECT COUNT(*) FROM device") == 2)
  }

  @Test func `one ends one's own sessions, an admin anybody's`() async throws {
    let (mine, boss) = (try await hub.session(of: ann), try await hub.session(of: 1))
    func end(_ session: Int64, by author: Int64) async throws -> Refusal? {
      try await hub.refusal("session.end", ["sessionId": .int(session)], by: .session(author))
    }

    #expect(try await end(boss, by: mine)?.code == .notFound)
    #expect(try await end(99, by: mine)?.code == .notFound)
    #expect(try await end(mine, by: boss) == nil)
    #expect(try await end(mine, by: boss)?.code == .notFound)
    #expect(try await end(boss, by: mine)?.code == .sessionEnded)
  }

  @Test func `a session that nobody uses ends by powered time`() async throws {
    let limit = Store.sessionIdleLimit.milliseconds
    try hub.ledger.beat(poweredFor: 1_000)
    let (idle, used) = (try await hub.session(of: ann), try await hub.session(of: ann, device: "x"))

    try hub.ledger.beat(poweredFor: limit)
    try hub.store.touched(sessions: [used])
    #expect(try hub.store.identity(session: idle) != nil)
    try hub.ledger.beat(poweredFor: limit + 1_000)

    #expect(try hub.store.identity(session: idle) == nil)
    #expect(try hub.store.identity(session: used) != nil)
    let refusal = try await hub.refusal(
      "session.end", ["sessionId": .int(used)], by: .session(idle))
    #expect(refusal?.code == .sessionEnded)
  }
}

@Suite struct RoleTableTests {
  /// Who may do what, by the letters of admin, manager, staff, customer and guest.
  private static let table: [(String, JSON, String)] = [
    ("stock.add", ["productId": 1, "locationId": 1, "quantity": 1], "ams"),
    ("order.create", ["lines": [["productId": 1, "quantity": 1]]], "ams"),
    ("customer.create", ["name": "x"], "ams"),
    ("count.open", ["room": "r"], "ams"),
    ("product.create", ["sku": "x", "name": "x"], "am"),
    ("location.create", ["name": "x"], "am"),
    ("customer.remove", ["customerId": 1], "am"),
    ("notification.send", ["title": "x", "message": "x"], "am"),
    ("branch.create", ["name": "x"], "a"),
    ("user.create", ["name": "x", "role": "guest"], "a"),
    ("device.update", ["deviceId": 1, "name": "x"], "a"),
    ("notification.read", ["notificationId": 1], "amscg"),
  ]

  @Test(arguments: table)
  func `a role may do what the table says`(command: String, data: JSON, roles: String) async throws
  {
    for role in Role.allCases {
      let hub = try Hub()
      _ = (try await hub.product(), try await hub.location())
      _ = try await hub.id("customerId", "customer.create", ["name": "c"])
      try await hub.perform("notification.send", ["title": "x", "message": "x"])
      let author = try await hub.signedIn(role, device: "d")
      let head = try hub.head

      let refusal = try await hub.refusal(command, data, by: author)

      if roles.contains(role.rawValue.prefix(1)) {
        #expect(refusal == nil, "\(role)")
      } else {
        #expect(refusal == Refusal(.forbidden, "Your role may not do this."), "\(role)")
        #expect(try hub.head == head)
      }
    }
  }
}
