import NIOCore

/// How the hub tells a silent device from one that is gone.
package struct Heartbeat: Sendable {
  /// How often an event loop looks through its connections; one task serves all of them.
  package var sweep: TimeAmount
  /// A connection that is silent for so long is asked, and closed when it stays silent as long again.
  package var silence: TimeAmount

  package init(sweep: TimeAmount, silence: TimeAmount) {
    self.sweep = sweep
    self.silence = silence
  }

  package init(silence: TimeAmount = .seconds(30)) {
    self.init(sweep: .nanoseconds(silence.nanoseconds / 2), silence: silence)
  }
}
