import Foundation
import Supervision
import Testing

/// The units in `systemd/` against what the code expects, and before systemd's own judges.
struct UnitTests {
  @Test(arguments: Unit.services)
  func `a check may take longer than a busy database does`(unit: Unit) throws {
    let interval = try #require(unit.duration("WatchdogSec"))

    #expect(Watchdog.deadline(in: interval) > Expectations.slowestHealthyCheck)
  }

  @Test(arguments: Unit.services)
  func `a graceful stop is over before systemd loses patience`(unit: Unit) throws {
    let patience = try #require(unit.duration("TimeoutStopSec"))

    #expect(patience > Expectations.longestStop)
    #expect(patience <= Expectations.longestStop * 2)
  }

  @Test(arguments: Unit.services)
  func `the service keeps its data where systemd makes room for it, for its eyes only`(
    unit: Unit
  ) throws {
    let directory = try #require(unit["StateDirectory"])

    #expect(unit["ExecStart"]?.contains(" --data /var/lib/\(directory)") == true)
    #expect(unit["StateDirectoryMode"] == "0700")
    #expect(unit["User"] == directory)
  }

  @Test func `the hub and shore are shut in alike`() {
    let own: Set = [
      "Description", "Environment", "EnvironmentFile", "ExecReload", "ExecStart", "LoadCredential",
      "MemoryMax", "OOMScoreAdjust", "RuntimeDirectory", "RuntimeDirectoryMode", "SetCredential",
      "StateDirectory", "User",
    ]
    let settings = Unit.services.map { $0.settings.filter { !own.contains($0.key) } }

    #expect(settings[0] == settings[1])
  }

  @Test(SystemdAnalyze.isThere, arguments: Unit.services)
  func `systemd finds no mistake in the unit`(unit: Unit) throws {
    let folder = URL.temporaryDirectory.appending(path: "quartermaster-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // The executable is not installed where the tests run.
    let copy = folder.appending(path: unit.name)
    try unit.text.replacing("ExecStart=/usr/bin/\(unit.executable) ", with: "ExecStart=/bin/sh ")
      .write(to: copy, atomically: true, encoding: .utf8)

    let (status, output) = try SystemdAnalyze.run("verify", "--man=no", copy.path)

    #expect(status == 0, "\(output)")
    #expect(!output.contains(unit.name), "\(output)")
  }

  @Test(SystemdAnalyze.isThere, arguments: Unit.services)
  func `systemd scores the unit's exposure below 2`(unit: Unit) throws {
    let (status, output) = try SystemdAnalyze.run(
      "security", "--offline=true", "--threshold=20", "--no-pager", unit.url.path)

    #expect(status == 0, "\(output)")
  }
}

struct Unit: Sendable, CustomTestStringConvertible {
  static let services = [
    Unit(executable: "quartermaster"), Unit(executable: "quartermaster-shore"),
  ]

  let executable: String
  let url: URL
  let text: String
  /// All values of a key, in order: some keys add up.
  let settings: [String: [String]]

  private init(executable: String) {
    self.executable = executable
    url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "systemd/\(executable).service")
    text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    var settings: [String: [String]] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      settings[String(parts[0]), default: []].append(String(parts[1]))
    }
    self.settings = settings
  }

  var name: String { url.lastPathComponent }
  var testDescription: String { name }

  subscript(key: String) -> String? { settings[key]?.last }

  /// The unit files give plain seconds.
  func duration(_ key: String) -> Duration? {
    self[key].flatMap { Int64($0) }.map { .seconds($0) }
  }
}

private enum SystemdAnalyze {
  static let path = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  static let isThere = ConditionTrait.enabled(
    if: path != nil,
    "systemd-analyze is not installed here, so systemd itself could not judge the units")

  static func run(_ arguments: String...) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: path ?? "")
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
