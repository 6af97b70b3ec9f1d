import Access
import Foundation
import Testing

@testable import Quartermaster

struct ConfigurationTests {
  private static let example = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "provisioning/quartermaster.yaml")

  @Test func `the example as installed changes nothing`() async throws {
    let plain = try await HubConfiguration.load(flags: [:], file: nil)

    let installed = try await HubConfiguration.load(flags: [:], file: Self.example.path)

    #expect(installed.yaml == plain.yaml)
  }

  @Test func `every line of the example is a setting, at its default`() async throws {
    let plain = try await HubConfiguration.load(flags: [:], file: nil)
    let text = try String(contentsOf: Self.example, encoding: .utf8)
    // Prose has one space after its #, a setting none or an indentation.
    let lines = text.split(separator: "\n").filter {
      $0.hasPrefix("#") && (!$0.hasPrefix("# ") || $0.hasPrefix("#  "))
    }
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml")
    try lines.map { $0.dropFirst() }.joined(separator: "\n").write(
      to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }

    let uncommented = try await HubConfiguration.load(flags: [:], file: file.path)

    #expect(lines.count > 20)
    #expect(uncommented.yaml == plain.yaml)
  }

  @Test func `what the five systems let one set is set here, in these words`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml")
    try """
    listen: "127.0.0.1:3001"
    allowedOrigins: ["http://localhost:3000", "https://yourdomain.com"]
    heartbeatSeconds: 45
    limits: {connections: 1000, connectionsPerRoom: 60, countMessagesPerMinute: 200,
      controlMessagesPerMinute: 90, socketsPerUserPerMinute: 5, connectionsPerAddress: 10}
    """.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }

    let set = try await HubConfiguration.load(flags: [:], file: file.path)
    let plain = try await HubConfiguration.load(flags: [:], file: nil)

    #expect(set.port == 3001)
    #expect(set.rules.allowedOrigins == ["http://localhost:3000", "https://yourdomain.com"])
    #expect(set.heartbeatSeconds == 45)
    #expect(set.limits.connections == 1000)
    #expect(set.limits.connectionsPerRoom == 60)
    #expect(set.limits.countMessagesPerMinute == 200)
    #expect(set.limits.controlMessagesPerMinute == 90)
    #expect(set.limits.socketsPerUserPerMinute == 5)
    #expect(set.limits.connectionsPerAddress == 10)
    // Unless they are, what the documents say stands.
    #expect(plain.heartbeatSeconds == 30)
    #expect(plain.limits.connections == 10_000)
    #expect(plain.limits.connectionsPerRoom == 50)
    #expect(plain.limits.countMessagesPerMinute == 100)
    #expect(plain.limits.controlMessagesPerMinute == 100)
  }

  @Test func `a reload names what only a restart brings into force`() async throws {
    let before = try await HubConfiguration.load(flags: [:], file: nil)
    var after = before
    after.port = 9
    after.currency = "USD"
    after.limits.messagesPerMinute = 1
    after.allowedOrigins = ["https://a.example"]

    #expect(before.settingsThatNeedARestart(for: after) == ["listen", "currency"])
    #expect(before.settingsThatNeedARestart(for: before) == [])
  }
}
