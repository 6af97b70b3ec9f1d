import NIOCore
import NIOPosix
import Synchronization

/// The link between hub and shore: passes bytes on as slowly and as badly as it is told to.
///
/// A link of nothing but sockets, for where the kernel has no netem or lets nobody use it. It knows
/// delay, jitter, rate and loss (as the time that sending again takes), cuts, stalls, connections
/// that it forgets, and other servers than the one that was meant.
package final class Relay: Sendable {
  /// What becomes of connections that come.
  private enum Door {
    case open, closed
    case answering([UInt8], every: Duration?)
  }

  private struct State {
    var host: String
    var target: Int
    var door = Door.open
    var isStalled = false
    /// Nothing comes back from the far end.
    var isMute = false
    /// Bytes from the hub that still pass before the link goes.
    var budget: Int?
    var ends: [ObjectIdentifier: any Channel] = [:]
    /// Connections of an earlier generation are forgotten: nothing passes, and no end is told.
    var generation = 0
    var up: Shaper
    var down: Shaper
    var passed = 0
    var returned = 0
    var connections = 0
    var outages = 0
  }

  private let state: Mutex<State>
  private let listener = Mutex<(any Channel)?>(nil)
  private let start = ContinuousClock.now

  package init(
    to port: Int, at host: String = "127.0.0.1", _ conditions: LinkConditions = .perfect
  ) async throws {
    state = Mutex(
      State(host: host, target: port, up: Shaper(conditions), down: Shaper(conditions)))
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { [weak self] near in
        // A connection may come just as the relay goes.
        self?.welcome(near) ?? near.close()
      }
      .bind(host: "127.0.0.1", port: 0).get()
    listener.withLock { $0 = channel }
  }

  package var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }
  /// Bytes that the hub has sent through, as its socket counts them.
  package var passed: Int { state.withLock { $0.passed } }
  /// Bytes that have come back.
  package var returned: Int { state.withLock { $0.returned } }
  /// Bytes of whole segments on the link, each way.
  package var carried: (up: Int, down: Int) {
    state.withLock { ($0.up.carried, $0.down.carried) }
  }
  /// Connections that came.
  package var connections: Int { state.withLock { $0.connections } }
  /// How often passing was interrupted.
  package var outages: Int { state.withLock { $0.outages } }

  /// Treats what comes from now on like this.
  package func change(to conditions: LinkConditions) {
    state.withLock { ($0.up.conditions, $0.down.conditions) = (conditions, conditions) }
  }

  /// Connections from now on go to another port.
  package func lead(to port: Int) {
    state.withLock { state in
      state.target = port
      state.outages += 1
    }
  }

  /// Ends every connection and takes no new one.
  package func cut() { close(.closed) }

  /// Ends every connection; whoever connects hears this instead of shore, as from a marina's sign-in
  /// page, and then the end.
  /// - Parameter pause: between any two bytes; `nil` sends all at once.
  package func answer(_ text: String, every pause: Duration? = nil) {
    close(.answering(Array(text.utf8), every: pause))
  }

  private func close(_ door: Door) {
    let ends = state.withLock { state in
      defer { state.ends = [:] }
      (state.door, state.budget) = (door, nil)
      state.outages += 1
      return Array(state.ends.values)
    }
    for end in ends { end.close(promise: nil) }
  }

  /// Cuts the link after so many more bytes from the hub, wherever in a message that is.
  package func cut(after bytes: Int) { state.withLock { $0.budget = bytes } }

  /// Connections stay open and nothing passes until `restore`.
  package func stall() {
    state.withLock { state in
      state.isStalled = true
      state.outages += 1
    }
  }

  /// What is sent arrives, and whatever is answered is lost, until `restore`.
  package func mute() {
    state.withLock { state in
      state.isMute = true
      state.outages += 1
    }
  }

  /// The connections there are stay open at both ends and are dead for ever, as when a router on the
  /// way has lost its memory; new ones work.
  package func forget() {
    state.withLock { state in
      state.generation += 1
      state.outages += 1
    }
  }

  package func restore() {
    let ends = state.withLock { state in
      (state.door, state.isStalled, state.isMute, state.budget) = (.open, false, false, nil)
      return Array(state.ends.values)
    }
    for end in ends { end.read() }
  }

  package func close() {
    cut()
    listener.withLock { $0?.close(promise: nil) }
  }

  private func welcome(_ near: any Channel) -> EventLoopFuture<Void> {
    let (door, host, port, wait) = state.withLock { state in
      state.connections += 1
      return (state.door, state.host, state.target, state.up.conditions.roundTrip)
    }
    switch door {
    case .closed: return near.close()
    case .answering(let bytes, let pause):
      return near.eventLoop.makeCompletedFuture {
        try near.pipeline.syncOperations.addHandler(Impostor(bytes, every: pause))
      }
    case .open:
      // To connect takes the link once there and back.
      return near.eventLoop.flatScheduleTask(in: TimeAmount(wait)) {
        ClientBootstrap(group: near.eventLoop)
          .channelOption(.autoRead, value: false)
          .connect(host: host, port: port)
      }.futureResult.flatMap { [self] far in join(near, far) }
    }
  }

  private func join(_ near: any Channel, _ far: any Channel) -> EventLoopFuture<Void> {
    near.eventLoop.makeCompletedFuture {
      let generation = state.withLock { state in
        for end in [near, far] { state.ends[ObjectIdentifier(end)] = end }
        return state.generation
      }
      for (end, other, isFromHub) in [(near, far, true), (far, near, false)] {
        try end.pipeline.syncOperations.addHandler(
          Pipe(relay: self, to: other, isFromHub: isFromHub, generation: generation))
      }
    }
  }
}

/// What a pipe asks for each segment.
extension Relay {
  enum Passage {
    /// Pass it on after so long.
    case after(Duration)
    /// Pass on so many bytes; then the link goes.
    case only(Int)
    case lost
  }

  func passage(of bytes: Int, isFromHub: Bool, generation: Int) -> Passage {
    let now = start.duration(to: .now)
    return state.withLock { state in
      guard generation == state.generation, isFromHub || !state.isMute else { return .lost }
      if isFromHub { state.passed += bytes } else { state.returned += bytes }
      if isFromHub, let budget = state.budget {
        guard bytes < budget else { return .only(budget) }
        state.budget = budget - bytes
      }
      let (chance, luck) = (Double.random(in: 0..<1), Double.random(in: 0..<1))
      let arrival =
        isFromHub
        ? state.up.arrival(of: bytes, at: now, chance: chance, luck: luck)
        : state.down.arrival(of: bytes, at: now, chance: chance, luck: luck)
      return .after(max(.zero, arrival - now))
    }
  }

  var isStalled: Bool { state.withLock { $0.isStalled } }

  func isForgotten(_ generation: Int) -> Bool { state.withLock { $0.generation != generation } }

  func ended(_ channel: any Channel) {
    state.withLock { $0.ends[ObjectIdentifier(channel)] = nil }
  }
}
