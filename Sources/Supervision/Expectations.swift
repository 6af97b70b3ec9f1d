/// What the code expects of the units in `systemd/`; a test holds them to it.
package enum Expectations {
  /// The longest that a healthy check may take: a write that waits out SQLite's busy time-out.
  package static let slowestHealthyCheck = Duration.seconds(5)
  /// The longest that a graceful stop may take before what is left is cancelled.
  package static let longestStop = Duration.seconds(5)
}
