import Foundation
import Synchronization

/// The one process that this program runs at a time, ended with it: whoever interrupts a measurement
/// must not find its hub alive hours later.
enum Child {
  private static let running = Atomic<Int32>(0)

  /// From now on SIGINT and SIGTERM end the child; what waits for it then fails and cleans up.
  static func endOnSignals() {
    running.store(0, ordering: .sequentiallyConsistent)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        let child = Child.running.load(ordering: .sequentiallyConsistent)
        guard child > 0 else { _exit(130) }
        kill(child, SIGTERM)
      }
    }
  }

  static func run(_ process: Process) throws {
    try process.run()
    running.store(process.processIdentifier, ordering: .sequentiallyConsistent)
  }

  /// Waits for the end, which must be near.
  static func wait(for process: Process) {
    process.waitUntilExit()
    running.store(0, ordering: .sequentiallyConsistent)
  }
}
