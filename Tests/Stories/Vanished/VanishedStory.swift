import Testing
import Wire

extension WholeProcess {
  /// The longest story, and the last: a silent peer is given a minute.
  @Suite(.serialized)
  struct Vanished {
    @Test(.timeLimit(.minutes(4)))
    func `a device that is gone without a word is noticed, one that answers pings stays`()
      async throws
    {
      let hub = try Hub()
      try await hub.start()
      let token = try await hub.person("hand", "staff")
      let alive = try await Device.connect(hub, token: token)
      let gone = try await Device.connect(hub, token: token, answersPings: false)

      _ = try await gone.closed(within: .seconds(150))

      #expect(gone.pings > 0 && alive.pings > 0)
      #expect(!alive.isClosed)
      try await eventually("one is counted") { try await hub.connections() == 1 }
      try await hub.stop()
    }
  }
}
