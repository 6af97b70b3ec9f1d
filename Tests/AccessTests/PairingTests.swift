import Foundation
import HubFixtures
import Inventory
import Storage
import Testing
import Wire

@testable import Access

@Suite struct PairingTests {
  private func hub() async throws -> (hub: Fixture, admin: Identity, manager: Identity) {
    let hub = try await Fixture()
    for (name, role) in [
      ("ada", Role.admin), ("max", .manager), ("mia", .manager), ("ben", .staff),
    ] {
      try await hub.user(name, role)
    }
    return (hub, try await hub.signIn("ada").identity, try await hub.signIn("max").identity)
  }

  private func pair(
    _ hub: Fixture, _ code: String, device: String? = "tablet-1", address: String = "10.0.0.9"
  ) async throws -> Gate.Paired {
    try await hub.gate.pair(
      code: code, device: Gate.Device(key: device, name: "Galley tablet"), address: address)
  }

  @Test func `a code signs the named person in on the device that shows it`() async throws {
    let (hub, admin, _) = try await hub()
    let invitation = try await hub.gate.invite(login: "BEN", deviceName: nil, from: admin)

    // As people type it.
    let paired = try await pair(hub, invitation.code.lowercased().replacing("-", with: " "))

    let identity = try await hub.gate.identity(token: paired.signIn.token)
    #expect(identity.name == "ben" && identity.role == .staff && identity.device == "tablet-1")
    #expect(invitation.userName == "ben")
    #expect(invitation.code.count == 11)
  }

  @Test func `a code counts once, even for two at the same moment`() async throws {
    let (hub, admin, _) = try await hub()
    let code = try await hub.gate.invite(login: "ben", deviceName: nil, from: admin).code

    let outcomes = try await withThrowingTaskGroup(of: Refusal.Code?.self) { group in
      for number in 0..<4 {
        group.addTask {
          try await refusal { _ = try await self.pair(hub, code, device: "t\(number)") }
        }
      }
      return try await group.reduce(into: [Refusal.Code?]()) { $0.append($1) }
    }

    #expect(outcomes.count { $0 == nil } == 1)
    #expect(outcomes.count { $0 == .unauthenticated } == 3)
    #expect(try await refusal { _ = try await pair(hub, code) } == .unauthenticated)
  }

  @Test func `a code ends after ten minutes of powered time`() async throws {
    let (hub, admin, _) = try await hub()
    let early = try await hub.gate.invite(login: "ben", deviceName: nil, from: admin).code
    try hub.gate.ledger.beat(poweredFor: 599_999)
    _ = try await pair(hub, early)

    let late = try await hub.gate.invite(login: "ben", deviceName: nil, from: admin).code
    try hub.gate.ledger.beat(poweredFor: 599_999 + 600_000)
    #expect(try await refusal { _ = try await pair(hub, late) } == .unauthenticated)
  }

  @Test func `another code takes the place of the one before`() async throws {
    let (hub, admin, _) = try await hub()
    let first = try await hub.gate.invite(login: "ben", deviceName: nil, from: admin).code
    let second = try await hub.gate.invite(login: "ben", deviceName: nil, from: admin).code

    #expect(try await refusal { _ = try await pair(hub, first) } == .unauthenticated)
    _ = try await pair(hub, second)
  }

  @Test func `nobody lets in a person of a role that is not below theirs`() async throws {
    let (hub, admin, manager) = try await hub()
    let staff = try await hub.signIn("ben").identity
    func attempt(_ login: String, _ by: Identity) async throws -> Refusal.Code? {
      try await refusal {
        _ = try await hub.gate.invite(login: login, deviceName: nil, from: by)
      }
    }

    #expect(try await attempt("ada", manager) == .forbidden)
    #expect(try await attempt("mia", manager) == .forbidden)
    #expect(try await attempt("ben", staff) == .forbidden)
    #expect(try await attempt("ada", staff) == .forbidden)
    #expect(try await attempt("nobody", admin) == .notFound)
    #expect(try await attempt("max", manager) == nil)
    #expect(try await attempt("ben", manager) == nil)
    #expect(try await attempt("mia", admin) == nil)
  }

  @Test func `a manager lets in their own branches only`() async throws {
    let (hub, _, manager) = try await hub()
    let branch = try await hub.perform("branch.create", ["name": "North"])["branchId"] ?? .null
    try await hub.perform("user.update", ["userId": 4, "branchIds": [branch]])
    func attempt() async throws -> Refusal.Code? {
      try await refusal {
        _ = try await hub.gate.invite(login: "ben", deviceName: nil, from: manager)
      }
    }

    #expect(try await attempt() == .forbidden)
    try await hub.perform("user.update", ["userId": 2, "branchIds": [branch]])
    #expect(try await attempt() == nil)
  }

  @Test func `a code dies with the rights of whoever made it, and with its person`() async throws {
    let (hub, admin, manager) = try await hub()
    let code = try await hub.gate.invite(login: "ben", deviceName: nil, from: manager).code
    try await hub.perform("user.update", ["userId": 4, "role": "admin"])
    #expect(try await refusal { _ = try await pair(hub, code) } == .unauthenticated)
    try await hub.perform("user.update", ["userId": 4, "role": "staff"])
    try await hub.perform("user.update", ["userId": 2, "active": false])
    #expect(try await refusal { _ = try await pair(hub, code) } == .unauthenticated)

    let other = try await hub.gate.invite(login: "ben", deviceName: nil, from: admin).code
    try await hub.perform("user.update", ["userId": 4, "active": false])
    #expect(try await refusal { _ = try await pair(hub, other) } == .unauthenticated)
  }

  @Test func `guesses are few, and whether a code was ever right is not told`() async throws {
    var limits = Limits()
    limits.signInAttemptsPerMinute = 3
    let hub = try await Fixture(limits)
    try await hub.user("ada", .admin)

    for _ in 0..<3 {
      #expect(
        try await refusal { _ = try await pair(hub, "AAAAA-AAAAA") } == .unauthenticated)
    }
    #expect(try await refusal { _ = try await pair(hub, "AAAAA-AAAAA") } == .rateLimited)
  }

  @Test func `neither code nor secret nor PIN is kept in the log or the file`() async throws {
    let (hub, admin, _) = try await hub()
    let invitation = try await hub.gate.invite(login: "ben", deviceName: nil, from: admin)
    let paired = try await pair(hub, invitation.code)
    try await hub.perform("user.pin", ["userId": 4, "pin": "90817263"])

    for secret in [
      invitation.code, invitation.code.replacing("-", with: ""), paired.secret, "90817263",
    ] {
      for suffix in ["", "-wal"] {
        let path = hub.folder.path + "/" + Store.fileName + suffix
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        #expect(bytes.range(of: Data(secret.utf8)) == nil)
      }
    }
  }
}

@Suite struct PINTests {
  /// Ben's PIN is 4711, and there is a paired tablet.
  private func hub() async throws -> (hub: Fixture, secret: String) {
    let hub = try await Fixture()
    try await hub.user("ada", .admin)
    try await hub.user("ben", .staff)
    let admin = try await hub.signIn("ada").identity
    let code = try await hub.gate.invite(login: "ben", deviceName: nil, from: admin).code
    let paired = try await hub.gate.pair(
      code: code, device: Gate.Device(key: "tablet", name: nil), address: "10.0.0.9")
    try await hub.perform("user.pin", ["userId": 2, "pin": "4711"])
    return (hub, paired.secret)
  }

  private func unlock(
    _ hub: Fixture, _ secret: String, _ pin: String = "4711", _ name: String = "ben"
  ) async throws -> Refusal.Code? {
    try await refusal {
      _ = try await hub.gate.unlock(login: name, pin: pin, secret: secret, address: "10.0.0.9")
    }
  }

  @Test func `a PIN signs in on a paired device, and nowhere else`() async throws {
    let (hub, secret) = try await hub()

    let signIn = try await hub.gate.unlock(
      login: "ben", pin: "4711", secret: secret, address: "10.0.0.9")
    #expect(signIn.identity.name == "ben" && signIn.identity.device == "tablet")
    #expect(try await unlock(hub, "") == .forbidden)
    #expect(try await unlock(hub, "tablet") == .forbidden)
    #expect(try await unlock(hub, secret, "4712") == .unauthenticated)
    #expect(try await unlock(hub, secret, "4711", "ada") == .unauthenticated)
    #expect(try await unlock(hub, secret, "4711", "nobody") == .unauthenticated)
  }

  @Test func `after five wrong ones the PIN sleeps until the password has been given`()
    async throws
  {
    let (hub, secret) = try await hub()
    for _ in 0..<5 { #expect(try await unlock(hub, secret, "0001") == .unauthenticated) }

    #expect(try await unlock(hub, secret) == .rateLimited)
    // A restart forgets nothing.
    let again = try await Fixture(in: hub.folder)
    #expect(try await unlock(again, secret) == .rateLimited)
    _ = try await hub.signIn("ben")
    #expect(try await unlock(hub, secret) == nil)
  }

  @Test func `attempts at the same moment count each`() async throws {
    let (hub, secret) = try await hub()

    let outcomes = try await withThrowingTaskGroup(of: Refusal.Code?.self) { group in
      for _ in 0..<12 { group.addTask { try await unlock(hub, secret, "0001") } }
      return try await group.reduce(into: [Refusal.Code?]()) { $0.append($1) }
    }

    #expect(outcomes.count { $0 == .unauthenticated } == 5)
    #expect(outcomes.count { $0 == .rateLimited } == 7)
  }

  @Test func `a device takes ten wrong ones in all, whoever they were for`() async throws {
    let (hub, secret) = try await hub()
    for number in 0..<10 {
      #expect(try await unlock(hub, secret, "4711", "nobody\(number)") == .unauthenticated)
    }

    #expect(try await unlock(hub, secret) == .rateLimited)
  }

  @Test func `a device that was shut out takes no PIN, not even when it is let in again`()
    async throws
  {
    let (hub, secret) = try await hub()
    try await hub.perform("device.update", ["deviceId": 1, "active": false])
    #expect(try await unlock(hub, secret) == .forbidden)
    try await hub.perform("device.update", ["deviceId": 1, "active": true])
    #expect(try await unlock(hub, secret) == .forbidden)
  }

  @Test func `a new password takes the PIN along, and a person kept out has none`() async throws {
    let (hub, secret) = try await hub()
    try await hub.perform("user.password", ["userId": 2, "password": "another chain"])
    #expect(try await unlock(hub, secret) == .unauthenticated)

    try await hub.perform("user.pin", ["userId": 2, "pin": "4711"])
    try await hub.perform("user.update", ["userId": 2, "active": false])
    #expect(try await unlock(hub, secret) == .unauthenticated)
  }

  @Test func `a PIN is its owner's to set; an admin takes it away`() async throws {
    let (hub, secret) = try await hub()
    let (ada, ben) = (try await hub.signIn("ada").identity, try await hub.signIn("ben").identity)
    func set(_ pin: String?, of user: Int64, by identity: Identity) async throws -> Refusal.Code? {
      var data: JSON = ["userId": .int(user)]
      data["pin"] = pin.map(JSON.string)
      let request = CommandRequest(command: "user.pin", data: data, operation: nil)
      guard case .refused(let refusal) = await hub.gate.submit(request, from: identity) else {
        return nil
      }
      return refusal.code
    }

    #expect(try await set("1357", of: 1, by: ben) == .forbidden)
    #expect(try await set("1357", of: 2, by: ada) == .forbidden)
    for bad in ["123", "123456789", "12a4", "١٢٣٤"] {
      #expect(try await set(bad, of: 2, by: ben) == .invalidField)
    }
    #expect(try await set("1357", of: 2, by: ben) == nil)
    #expect(try await unlock(hub, secret, "1357") == nil)
    #expect(try await set(nil, of: 2, by: ada) == nil)
    #expect(try await unlock(hub, secret, "1357") == .unauthenticated)
  }
}
