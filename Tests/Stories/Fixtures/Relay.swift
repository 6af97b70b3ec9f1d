import NIOCore
import NIOPosix
import Synchronization

/// The link between hub and shore: passes bytes on, until it is told not to.
final class Relay: Sendable {
  private struct State {
    var target: Int
    var isOpen = true
    var isStalled = false
    /// Bytes from the hub that still pass before the link goes.
    var budget: Int?
    var ends: [ObjectIdentifier: any Channel] = [:]
    var passed = 0
    var outages = 0
  }

  private let state: Mutex<State>
  private let listener = Mutex<(any Channel)?>(nil)

  init(to port: Int) async throws {
    state = Mutex(State(target: port))
    let group = MultiThreadedEventLoopGroup.singleton
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { [unowned self] near in
        guard let port = state.withLock({ $0.isOpen ? $0.target : nil }) else {
          return near.close()
        }
        return ClientBootstrap(group: near.eventLoop)
          .channelOption(.autoRead, value: false)
          .connect(host: "127.0.0.1", port: port)
          .flatMap { [self] far in join(near, far) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    listener.withLock { $0 = channel }
  }

  var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }
  /// Bytes that the hub has sent through.
  var passed: Int { state.withLock { $0.passed } }
  /// How often passing was interrupted.
  var outages: Int { state.withLock { $0.outages } }

  /// Connections from now on go to another port.
  func lead(to port: Int) {
    state.withLock { state in
      state.target = port
      state.outages += 1
    }
  }

  /// Ends every connection and takes no new one.
  func cut() {
    let ends = state.withLock { state in
      defer { state.ends = [:] }
      (state.isOpen, state.budget) = (false, nil)
      state.outages += 1
      return Array(state.ends.values)
    }
    for end in ends { end.close(promise: nil) }
  }

  /// Cuts the link after so many more bytes from the hub, wherever in a message that is.
  func cut(after bytes: Int) { state.withLock { $0.budget = bytes } }

  /// Connections stay open and nothing passes.
  func stall() {
    state.withLock { state in
      state.isStalled = true
      state.outages += 1
    }
  }

  func restore() {
    let ends = state.withLock { state in
      (state.isOpen, state.isStalled, state.budget) = (true, false, nil)
      return Array(state.ends.values)
    }
    for end in ends { end.read() }
  }

  func close() {
    cut()
    listener.withLock { $0?.close(promise: nil) }
  }

  private func join(_ near: any Channel, _ far: any Channel) -> EventLoopFuture<Void> {
    near.eventLoop.makeCompletedFuture {
      try near.pipeline.syncOperations.addHandler(Pipe(relay: self, to: far, isFromHub: true))
      try far.pipeline.syncOperations.addHandler(Pipe(relay: self, to: near, isFromHub: false))
      state.withLock { state in
        for end in [near, far] { state.ends[ObjectIdentifier(end)] = end }
      }
    }
  }

  fileprivate enum Passage { case all, only(Int) }

  fileprivate func passage(of bytes: Int, isFromHub: Bool) -> Passage {
    state.withLock { state in
      if isFromHub { state.passed += bytes }
      guard isFromHub, let budget = state.budget else { return .all }
      guard bytes >= budget else {
        state.budget = budget - bytes
        return .all
      }
      return .only(budget)
    }
  }

  fileprivate var isStalled: Bool { state.withLock { $0.isStalled } }

  fileprivate func ended(_ channel: any Channel) {
    state.withLock { $0.ends[ObjectIdentifier(channel)] = nil }
  }
}

/// One direction of one connection.
private final class Pipe: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let relay: Relay
  private let other: any Channel
  private let isFromHub: Bool

  init(relay: Relay, to other: any Channel, isFromHub: Bool) {
    self.relay = relay
    self.other = other
    self.isFromHub = isFromHub
  }

  /// The far end is connected when it comes here, the near end is not.
  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { context.read() }
  }

  func channelActive(context: ChannelHandlerContext) { context.read() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    switch relay.passage(of: bytes.readableBytes, isFromHub: isFromHub) {
    case .all: other.writeAndFlush(bytes, promise: nil)
    case .only(let count):
      let relay = relay
      other.writeAndFlush(bytes.readSlice(length: count) ?? ByteBuffer())
        .whenComplete { _ in relay.cut() }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if !relay.isStalled { context.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    relay.ended(context.channel)
    other.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
