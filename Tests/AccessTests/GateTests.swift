import Foundation
import HubFixtures
import Inventory
import Storage
import Testing
import Wire

@testable import Access

/// The gate on a real file, with one user who has a password.
struct Fixture: Sendable {
  let folder: Folder
  let store: Store
  let gate: Gate
  let password = "anchor chain"

  init(_ limits: Limits = Limits(), in folder: Folder? = nil) async throws {
    self.folder = try folder ?? Folder()
    store = try Store(directory: self.folder.path)
    gate = try Gate(
      ledger: Ledger(store: store, logger: .silent),
      tokens: await Tokens(key: SecretFile.key(at: self.folder.path + "/token.key")),
      passwords: .quick, rules: Rules(limits: limits), logger: .silent)
  }

  @discardableResult
  func perform(_ name: String, _ data: JSON) async throws -> JSON {
    let type = try #require(Catalogue.command(named: name))
    var command = try type.init(data: data)
    if let bearer = command as? any LedgerCommand & SecretBearing {
      command = await gate.sealed(bearer)
    }
    switch await gate.ledger.submit(Submission(command, by: .hub)) {
    case .done(let receipt): return try JSON(parsing: receipt.data)
    case .refused(let refusal): throw refusal
    }
  }

  @discardableResult
  func user(_ name: String = "Ana", _ role: Role = .staff) async throws -> Int64 {
    try #require(
      try await perform(
        "user.create",
        ["name": .string(name), "role": .string(role.rawValue), "password": .string(password)])[
          "userId"]?.integer)
  }

  func signIn(
    _ name: String = "Ana", _ password: String? = nil, device: String? = nil,
    address: String = "10.0.0.1"
  ) async throws -> Gate.SignIn {
    try await gate.signIn(
      login: name, password: password ?? self.password,
      device: Gate.Device(key: device, name: device), address: address)
  }

  func setUp(_ code: String, _ data: JSON) async throws -> Gate.SignIn {
    try await gate.setUp(code: code, data: data, device: Gate.Device(), address: "10.0.0.1")
  }
}

/// The code with which `body` was refused; `nil` when it was not.
func refusal(_ body: () async throws -> Void) async throws -> Refusal.Code? {
  do {
    try await body()
    return nil
  } catch let refusal as Refusal {
    return refusal.code
  }
}

@Suite struct SignInTests {
  @Test func `the right password opens a session that the token names`() async throws {
    let hub = try await Fixture()
    let user = try await hub.user()

    let signIn = try await hub.signIn(device: "tablet-7")
    let identity = try await hub.gate.identity(token: signIn.token)

    #expect(identity == signIn.identity)
    #expect(identity.user == user)
    #expect(identity.role == .staff)
    #expect(identity.device == "tablet-7")
    #expect(hub.gate.takeUsedSessions() == [identity.session])
    #expect(hub.gate.takeUsedSessions().isEmpty)
  }

  @Test func `a wrong password, an unknown user and one kept out get the same answer`()
    async throws
  {
    let hub = try await Fixture()
    let user = try await hub.user()
    try await hub.user("Ben")
    try await hub.perform("user.update", ["userId": .int(user + 1), "active": false])
    try await hub.perform("user.create", ["name": "Eve", "role": "staff"])

    var refusals: Set<Refusal> = []
    for (name, password) in [
      ("Ana", "wrong"), ("Nobody", hub.password), ("Ben", hub.password), ("Eve", ""),
      ("Eve", hub.password), ("ana' OR '1'='1", hub.password), ("Ana", "Anchor chain"),
    ] {
      do {
        _ = try await hub.signIn(name, password)
        Issue.record("\(name) got in")
      } catch let refusal as Refusal {
        refusals.insert(refusal)
      }
    }

    #expect(refusals.count == 1)
    #expect(refusals.first?.code == .unauthenticated)
  }

  @Test func `guessing is limited by address, and others are not held up`() async throws {
    var limits = Limits()
    limits.signInAttemptsPerMinute = 3
    let hub = try await Fixture(limits)
    try await hub.user()

    for _ in 0..<3 {
      #expect(
        try await refusal { _ = try await hub.signIn("Ana", "wrong") } == .unauthenticated)
    }

    #expect(try await refusal { _ = try await hub.signIn() } == .rateLimited)
    #expect(try await refusal { _ = try await hub.setUp("AAAA-AAAA", [:]) } == .rateLimited)
    _ = try await hub.signIn(address: "10.0.0.2")
  }

  @Test func `many wrong passwords for one user are told once a minute, not each`() async throws {
    let hub = try await Fixture()
    let user = try await hub.user()
    func alerts() async throws -> [JSON] {
      // What was submitted before is committed when this is answered.
      try await hub.perform("inventory.sync", ["reason": "wait"])
      return try hub.store.events(after: 0, limit: 100).filter { $0.type == "security:alert" }
        .map { try JSON(parsing: $0.data) }
    }

    for _ in 0..<4 { _ = try await refusal { _ = try await hub.signIn("Ana", "wrong") } }
    for _ in 0..<9 { _ = try await refusal { _ = try await hub.signIn("nobody", "wrong") } }
    #expect(try await alerts().isEmpty)
    for _ in 0..<4 { _ = try await refusal { _ = try await hub.signIn("Ana", "wrong") } }

    // To the admins, and to the person whose account it is.
    let told = try await alerts()
    #expect(told.count == 2)
    #expect(told.allSatisfy { $0["alertType"] == "sign_in_refused" })
    #expect(told.allSatisfy { $0["affectedUserId"] == .int(user) })
    #expect(told.first?["message"] == "5 sign-ins as Ana were refused within a minute.")
  }

  @Test func `signing out ends the session, and no other one`() async throws {
    let hub = try await Fixture()
    try await hub.user()
    let (here, there) = (try await hub.signIn(), try await hub.signIn())

    try await hub.gate.signOut(here.identity)

    #expect(
      try await refusal { _ = try await hub.gate.identity(token: here.token) } == .sessionEnded)
    #expect(try await hub.gate.identity(token: there.token) == there.identity)
    let queued = await hub.gate.submit(
      CommandRequest(command: "location.create", data: ["name": "A"], operation: nil),
      from: here.identity)
    guard case .refused(let refused) = queued else {
      Issue.record("a command of an ended session was done")
      return
    }
    #expect(refused.code == .sessionEnded)
  }

  @Test func `a user or a device that is shut out is out at once, and may come back`()
    async throws
  {
    let hub = try await Fixture()
    let user = JSON.int(try await hub.user())
    let first = try await hub.signIn(device: "tablet")

    try await hub.perform("device.update", ["deviceId": 1, "active": false])
    #expect(
      try await refusal { _ = try await hub.gate.identity(token: first.token) } == .sessionEnded)
    #expect(try await refusal { _ = try await hub.signIn(device: "tablet") } == .forbidden)
    try await hub.perform("device.update", ["deviceId": 1, "active": true])
    let second = try await hub.signIn(device: "tablet")

    try await hub.perform("user.update", ["userId": user, "active": false])
    #expect(
      try await refusal { _ = try await hub.gate.identity(token: second.token) } == .sessionEnded)
    try await hub.perform("user.update", ["userId": user, "active": true])
    _ = try await hub.signIn(device: "tablet")
  }

  @Test func `the role is read from the rows each time`() async throws {
    let hub = try await Fixture()
    let user = try await hub.user()
    let signIn = try await hub.signIn()

    try await hub.perform("user.update", ["userId": .int(user), "role": "manager"])

    #expect(try await hub.gate.identity(token: signIn.token).role == .manager)
  }

  @Test func `an idle session ends in powered time, and use keeps it open`() async throws {
    let hub = try await Fixture()
    try await hub.user()
    let (idle, used) = (try await hub.signIn(), try await hub.signIn())
    let limit = Store.sessionIdleLimit.milliseconds

    try hub.gate.ledger.beat(poweredFor: limit - 1)
    _ = hub.gate.takeUsedSessions()
    _ = await hub.gate.submit(
      CommandRequest(command: "location.create", data: ["name": "A"], operation: nil),
      from: used.identity)
    try hub.store.touched(sessions: hub.gate.takeUsedSessions())
    try hub.gate.ledger.beat(poweredFor: limit)

    #expect(
      try await refusal { _ = try await hub.gate.identity(token: idle.token) } == .sessionEnded)
    #expect(try await hub.gate.identity(token: used.token).session == used.identity.session)
  }

  @Test func `another password ends the other sessions`() async throws {
    let hub = try await Fixture()
    let user = try await hub.user()
    let (here, there) = (try await hub.signIn(), try await hub.signIn())

    let outcome = await hub.gate.submit(
      CommandRequest(
        command: "user.password", data: ["userId": .int(user), "password": "another chain"],
        operation: "p"), from: here.identity)

    guard case .done = outcome else {
      Issue.record("\(outcome)")
      return
    }
    _ = try await hub.gate.identity(token: here.token)
    #expect(
      try await refusal { _ = try await hub.gate.identity(token: there.token) } == .sessionEnded)
    #expect(try await refusal { _ = try await hub.signIn() } == .unauthenticated)
    _ = try await hub.signIn("Ana", "another chain")
  }

  @Test func `no secret is kept in the log or the file`() async throws {
    let hub = try await Fixture()
    try await hub.user()
    _ = try await hub.signIn()

    for suffix in ["", "-wal"] {
      let path = hub.folder.path + "/" + Store.fileName + suffix
      let bytes = FileManager.default.contents(atPath: path) ?? Data()
      #expect(bytes.range(of: Data(hub.password.utf8)) == nil)
    }
  }
}

@Suite struct SetUpTests {
  private let admin: JSON = ["name": "Skipper", "password": "anchor chain"]

  @Test func `the code makes the first admin, once`() async throws {
    let hub = try await Fixture()
    let code = try #require(hub.gate.openSetupCode)

    let signIn = try await hub.setUp(code.lowercased().replacing("-", with: " "), admin)

    #expect(signIn.identity.role == .admin)
    #expect(hub.gate.openSetupCode == nil)
    #expect(try await refusal { _ = try await hub.setUp(code, admin) } == .wrongState)
    #expect(try await Fixture(in: hub.folder).gate.openSetupCode == nil)
  }

  @Test func `a wrong code makes nobody, and what is asked for beside it counts for nothing`()
    async throws
  {
    let hub = try await Fixture()
    let code = try #require(hub.gate.openSetupCode)
    var guest = admin
    guest["role"] = "guest"

    for wrong in ["", "-", "AAAA-AAAA", String(code.dropLast()), code + "A"] {
      #expect(try await refusal { _ = try await hub.setUp(wrong, admin) } == .unauthenticated)
    }
    #expect(
      try await refusal { _ = try await hub.setUp(code, ["name": "Skipper"]) } == .invalidField)
    #expect(try await hub.setUp(code, guest).identity.role == .admin)
  }

  @Test func `two who know the code make one admin`() async throws {
    let hub = try await Fixture()
    let code = try #require(hub.gate.openSetupCode)

    let codes = try await withThrowingTaskGroup(of: Refusal.Code?.self) { group in
      for name in ["a", "b", "c"] {
        group.addTask {
          try await refusal {
            _ = try await hub.setUp(code, ["name": .string(name), "password": "anchor chain"])
          }
        }
      }
      return try await group.reduce(into: [Refusal.Code?]()) { $0.append($1) }
    }

    #expect(codes.count { $0 == nil } == 1)
    #expect(codes.count { $0 == .wrongState } == 2)
  }

  @Test func `codes differ and hold no letters that are taken for others`() async throws {
    var codes: Set<String> = []
    for _ in 0..<20 { codes.insert(try #require(try await Fixture().gate.openSetupCode)) }

    #expect(codes.count == 20)
    #expect(codes.allSatisfy { code in code.count == 9 && !code.contains { "IO01".contains($0) } })
  }
}
