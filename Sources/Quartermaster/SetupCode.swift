import Foundation

/// Where systemd gives the hub a folder under /run, the set-up code also stands there in a file that
/// only the hub's user and root can read, for whoever installs the package.
enum SetupCode {
  static func keep(_ code: String) {
    guard let folder = ProcessInfo.processInfo.environment["RUNTIME_DIRECTORY"] else { return }
    // A code that cannot be kept there still stands in the journal.
    try? Data("\(code)\n".utf8).write(to: URL(fileURLWithPath: folder + "/set-up-code"))
  }
}
