import Foundation
import Testing
import Wire

extension WholeProcess {
  /// What keeps a hub from starting: one plain sentence, another exit status, nothing destroyed.
  @Suite(.serialized)
  struct CannotStart {
    @Test func `a port that is taken`() async throws {
      let first = try Hub()
      try await first.start()
      let second = try Hub()

      let refused = try await run(
        "quartermaster",
        ["serve", "--data", second.data, "--listen", "127.0.0.1:\(first.port)"])

      expectOneSentence(refused, "in use")
      #expect(try await first.get("/health").status == 200)
      try await first.stop()
    }

    @Test func `a second hub on the same folder`() async throws {
      let hub = try Hub()
      try await hub.start()

      let refused = try await run(
        "quartermaster", ["serve", "--data", hub.data, "--listen", "127.0.0.1:0"])

      expectOneSentence(refused, "running")
      #expect(try await hub.get("/health").status == 200)
      try await hub.stop()
    }

    @Test func `a file where the folder should be`() async throws {
      let folder = try Folder()
      let file = try folder.write("data", "not a folder")

      let refused = try await run(
        "quartermaster", ["serve", "--data", file, "--listen", "127.0.0.1:0"])

      expectOneSentence(refused, "folder")
      #expect(contents(file) == "not a folder")
    }

    @Test(arguments: [
      ("listen: [broken", "cannot be read"), ("limits:\n  connections: many\n", "connections"),
      ("limits:\n  messageSize: 7\n", "messageSize"), ("listen: nowhere\n", "HOST:PORT"),
      ("logLevel: shout\n", "logLevel"), ("shore:\n  url: http://127.0.0.1:1\n", "--site"),
    ])
    func `a configuration file that makes no sense`(text: String, names: String) async throws {
      let hub = try Hub()
      let file = try hub.folder.write("hub.yaml", text)

      let refused = try await run(
        "quartermaster", ["serve", "--data", hub.data, "--config", file])

      expectOneSentence(refused, names)
      #expect(!FileManager.default.fileExists(atPath: hub.data))
    }

    @Test func `a configuration file that is not there`() async throws {
      let hub = try Hub()

      let refused = try await run(
        "quartermaster", ["serve", "--data", hub.data, "--config", hub.folder.file("absent.yaml")])

      expectOneSentence(refused, "cannot be read")
    }

    @Test func `a site key that is not there`() async throws {
      let hub = try Hub()

      let refused = try await run(
        "quartermaster",
        [
          "serve", "--data", hub.data, "--listen", "127.0.0.1:0", "--shore", "http://127.0.0.1:1",
          "--site", "aurora", "--site-key-file", hub.folder.file("absent.key"),
        ])

      expectOneSentence(refused, "cannot be read")
    }

    @Test func `a database that a newer version wrote`() async throws {
      let hub = try await hubWithPast()
      _ = try await hub.sql("INSERT INTO grdb_migrations VALUES ('from the future')")
      let before = try await hub.sql("SELECT COUNT(*) FROM event")

      let refused = try await run(
        "quartermaster", ["serve", "--data", hub.data, "--listen", "127.0.0.1:0"])

      expectOneSentence(refused, "newer version")
      expectOneSentence(try await hub.command("status"), "newer version")
      #expect(try await hub.sql("SELECT COUNT(*) FROM event") == before)
    }

    @Test(arguments: [0, 4096 * 3])
    func `a database that is damaged`(at offset: Int) async throws {
      let hub = try await hubWithPast()
      let path = hub.data + "/quartermaster.sqlite"
      var bytes = try #require(FileManager.default.contents(atPath: path))
      let end = min(bytes.count, offset + 4096 * 20)
      bytes.replaceSubrange(offset..<end, with: Data(repeating: 0x5A, count: end - offset))
      try bytes.write(to: URL(fileURLWithPath: path))

      let refused = try await run(
        "quartermaster", ["serve", "--data", hub.data, "--listen", "127.0.0.1:0"])

      expectOneSentence(refused, "damaged")
      // What can be opened at all has been opened; the damaged part waits for whoever can read it.
      let after = try #require(FileManager.default.contents(atPath: path))
      #expect(after.count >= bytes.count && after[offset..<end] == bytes[offset..<end])
    }

    /// A stopped hub with something in its log.
    private func hubWithPast() async throws -> Hub {
      let hub = try Hub()
      try await hub.start()
      _ = try await hub.person("captain", "admin")
      try await hub.stop()
      return hub
    }

    private func expectOneSentence(
      _ finished: Finished, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(finished.ending != .exited(0), sourceLocation: sourceLocation)
      guard case .exited = finished.ending else {
        Issue.record("ended by \(finished.ending)", sourceLocation: sourceLocation)
        return
      }
      #expect(
        finished.errors.lines.count == 1 && finished.errors.contains(words),
        "\(finished.errors)", sourceLocation: sourceLocation)
      #expect(finished.output == "", sourceLocation: sourceLocation)
    }
  }
}
