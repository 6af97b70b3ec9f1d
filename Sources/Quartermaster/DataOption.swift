import Access
import ArgumentParser
import Foundation
import Logging
import Storage

/// `--data DIR`, and what an administration command opens there. Works beside a running hub.
struct DataOption: ParsableArguments {
  @Option(
    name: .customLong("data"),
    help: ArgumentHelp(
      "The hub's folder. [default: $QUARTERMASTER_DATA or /var/lib/quartermaster]",
      valueName: "folder"))
  var chosen: String?

  static let standard = "/var/lib/quartermaster"

  var directory: String {
    chosen ?? ProcessInfo.processInfo.environment["QUARTERMASTER_DATA"] ?? Self.standard
  }

  /// The database of a hub that has been started at least once, unless `creating` it is wanted.
  func openStore(creating: Bool = false) throws -> Store {
    Umask.restrict()
    let isThere = FileManager.default.fileExists(atPath: "\(directory)/\(Store.fileName)")
    guard creating || isThere else {
      throw Failure(
        "There is no hub in \(directory). Give its folder with --data, or start it once with serve."
      )
    }
    let store = try Store(directory: directory)
    if !isThere { Console.remark("There was no hub in \(directory); a new one was made there.") }
    return store
  }
}

/// Files that the hub makes are its own user's alone.
enum Umask {
  static func restrict() {
    umask(0o077)
  }
}

/// What a person at the command line is told: one plain sentence that says what to do.
struct Failure: Error, CustomStringConvertible {
  var description: String
  var status: ExitCode

  init(_ description: String) {
    self.description = description
    status = .failure
  }

  /// What trying again does not cure, such as a setting out of its range.
  init(misuse description: String) {
    self.description = description
    status = .validationFailure
  }
}

extension Gate {
  /// The gate as a command of the command line uses it, with the hub's own key.
  static func open(_ store: Store, _ directory: String, logger: Logger) async throws -> Gate {
    let tokens = await Tokens(key: try SecretFile.key(at: directory + "/token.key"))
    return try Gate(ledger: Ledger(store: store, logger: logger), tokens: tokens, logger: logger)
  }
}
