import NIOCore
import Synchronization

/// Connections that are no WebSockets: those that have asked nothing yet, and those that REST serves.
///
/// A listener that stops lets them go: the silent ones at once, the others after the answer that
/// they wait for. WebSockets are told by the hub.
final class Callers: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: (channel: any Channel, isServed: Bool)] = [:]
    var isLeaving = false
    /// Connections of every kind, until their sockets are closed.
    var open = 0
  }

  private let state = Mutex(State())

  func called(_ channel: any Channel) {
    let isLeaving = state.withLock { state in
      state.channels[ObjectIdentifier(channel)] = (channel, false)
      state.open += 1
      return state.isLeaving
    }
    channel.closeFuture.whenComplete { _ in
      self.left(channel)
      self.state.withLock { $0.open -= 1 }
    }
    if isLeaving { channel.close(promise: nil) }
  }

  var open: Int { state.withLock { $0.open } }

  /// The connection stays HTTP.
  func served(_ channel: any Channel) {
    let isLeaving = state.withLock { state in
      state.channels[ObjectIdentifier(channel)]?.isServed = true
      return state.isLeaving
    }
    if isLeaving { Self.quiesce(channel) }
  }

  /// The connection is a WebSocket from here on, or over.
  func left(_ channel: any Channel) {
    state.withLock { $0.channels[ObjectIdentifier(channel)] = nil }
  }

  func letGo() {
    let channels = state.withLock { state in
      state.isLeaving = true
      return Array(state.channels.values)
    }
    for (channel, isServed) in channels {
      if isServed { Self.quiesce(channel) } else { channel.close(promise: nil) }
    }
  }

  /// Hummingbird closes on this event when no request is being answered, and else after the answer.
  private static func quiesce(_ channel: any Channel) {
    channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
  }
}
