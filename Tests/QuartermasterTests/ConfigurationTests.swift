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
