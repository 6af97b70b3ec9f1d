import Inventory
import Testing
import Wire

@testable import Storage

@Suite struct SecurityTests {
  private func alerts(_ hub: Hub) throws -> [(type: JSON?, audience: Audience, topics: [String])] {
    try hub.events().filter { $0.type == "security:alert" }.map {
      (try JSON(parsing: $0.data)["alertType"], $0.audience, $0.topics)
    }
  }

  @Test func `a session ended by another is told to the admins and to whom it concerns`()
    async throws
  {
    let hub = try Hub()
    let boss = try await hub.signedIn(.admin, name: "boss")
    let ann = try await hub.user("ann", .staff)
    let session = try await hub.session(of: ann)
    let own = try await hub.session(of: ann)

    try await hub.perform("session.end", ["sessionId": .int(own)], by: .session(own))
    #expect(try alerts(hub).isEmpty)
    try await hub.perform("session.end", ["sessionId": .int(session)], by: boss)

    let told = try alerts(hub)
    #expect(told.map(\.type) == ["session_ended", "session_ended"])
    #expect(told[0].audience == Audience(roles: .admins))
    #expect(told[1].audience == Audience(roles: .everyone, user: ann))
    #expect(told[1].topics == ["system", "notifications:\(ann)"])
    #expect(try hub.told(.securityAlert).last?["message"] == "A session of ann was ended by boss.")
    #expect(try hub.told(.securityAlert).last?["affectedUserId"] == .int(ann))
  }

  @Test func `a password set by another is told, one's own is not`() async throws {
    let hub = try Hub()
    let boss = try await hub.signedIn(.admin, name: "boss")
    let other = try await hub.user("second", .admin)
    func set(_ user: Int64) async throws {
      var command = try SetPassword(data: ["userId": .int(user), "password": "anchor chain"])
      command.secret = .sealed("hash")
      _ = await hub.ledger.submit(Submission(command, by: boss))
    }

    try await set(1)
    #expect(try alerts(hub).isEmpty)
    try await set(other)

    // An admin hears it among the admins, and not a second time.
    #expect(try alerts(hub).map(\.type) == ["password_set"])
    #expect(try alerts(hub).map(\.audience) == [Audience(roles: .admins)])
  }

  @Test func `nobody but the hub itself raises one`() {
    #expect(Catalogue.command(named: "security.alert") == nil)
    #expect(throws: Refusal.self) { try RaiseSecurityAlert(data: [:]) }
    #expect(throws: Refusal.self) { try RecordUsage(data: [:]) }
  }
}
