import Foundation

/// Another program that has the hub's database open for writing, and keeps it so.
final class DatabaseLock: Sendable {
  private let program: Program
  private let input: FileHandle

  init(on hub: Hub) async throws {
    let pipe = hub.folder.file("lock-\(UUID().uuidString)")
    guard mkfifo(pipe, 0o600) == 0 else { throw Late(what: "a pipe") }
    // Both ends in one hand, so that neither waits for the other to be opened.
    guard let input = FileHandle(forUpdatingAtPath: pipe) else { throw Late(what: "a pipe") }
    self.input = input
    program = try Program(
      "sqlite3", ["-cmd", ".timeout 5000", hub.data + "/quartermaster.sqlite"], inputFile: pipe)
    try input.write(contentsOf: Data("BEGIN IMMEDIATE;\n".utf8))
    try await eventually("the database is locked") {
      let attempt = try await run(
        "sqlite3", [hub.data + "/quartermaster.sqlite", "BEGIN IMMEDIATE; ROLLBACK;"])
      return attempt.errors.contains("locked")
    }
  }

  func release() async {
    program.signal(SIGKILL)
    _ = try? await program.end()
    try? input.close()
  }
}
