import Foundation

/// The processes that this program runs, ended with it: whoever interrupts a measurement must not
/// find its hub alive hours later.
enum Child {
  /// A signal may come at any moment, so this is neither locked nor resized: 0 is a free place.
  private static let places = 4
  nonisolated(unsafe) private static let running = {
    let places = UnsafeMutablePointer<Int32>.allocate(capacity: Self.places)
    places.initialize(repeating: 0, count: Self.places)
    return places
  }()

  /// From now on SIGINT and SIGTERM end the children; what waits for them then fails and cleans up.
  static func endOnSignals() {
    _ = running
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        var ended = 0
        for place in 0..<Child.places where Child.running[place] > 0 {
          kill(Child.running[place], SIGTERM)
          ended += 1
        }
        if ended == 0 { _exit(130) }
      }
    }
  }

  static func run(_ process: Process) throws {
    try process.run()
    for place in 0..<places where running[place] == 0 {
      running[place] = process.processIdentifier
      return
    }
  }

  /// Waits for the end, which must be near.
  static func wait(for process: Process) {
    process.waitUntilExit()
    for place in 0..<places where running[place] == process.processIdentifier {
      running[place] = 0
    }
  }
}
