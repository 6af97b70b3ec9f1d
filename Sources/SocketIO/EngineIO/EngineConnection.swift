import NIOCore
import NIOHTTP1
import NIOWebSocket
import WebSockets

/// What stands on a session: the protocol above, on the session's event loop.
package protocol EngineApplication: AnyObject {
  func received(_ message: EngineMessage)
  /// The last call, once, however the session ended.
  func closed()
  /// When `timePassed` is to be called.
  var deadline: NIODeadline { get }
  func timePassed(now: NIODeadline)
}

/// Who opened a session, or came back to it on a WebSocket.
package struct EngineCaller: Sendable {
  /// The number of the place that it has on the hub.
  package var connection: Int64
  package var address: String
  package var head: HTTPRequestHead
  /// Gives the place back.
  package var leave: @Sendable () -> Void

  package init(
    connection: Int64, address: String, head: HTTPRequestHead,
    leave: @escaping @Sendable () -> Void
  ) {
    self.connection = connection
    self.address = address
    self.head = head
    self.leave = leave
  }
}

/// One session: carries out what `EngineSession` orders. Lives on the event loop that it began on.
package final class EngineConnection {
  package let sid: String
  package let caller: EngineCaller
  package let eventLoop: any EventLoop
  /// When the client last sent anything.
  package private(set) var lastHeard: NIODeadline
  package var roundTrip: TimeAmount? { session.roundTrip }
  /// Whatever those above want to keep for as long as there is the session.
  package var keepsake: AnyObject?
  private let server: EngineServer
  private let clock: EngineClock
  private var session: EngineSession
  private var application: (any EngineApplication)?
  private var link: EngineLink?
  private var probe: EngineLink?
  private var poll: EventLoopPromise<EngineAnswer>?
  /// Kept when a client that polls has fetched all that waits for it.
  private var fetched: [EventLoopPromise<Void>] = []
  /// A session that polls has a place of its own, until a WebSocket brings one.
  private var hasPlace: Bool
  /// What the application has ended the session with.
  private var farewell: (code: WebSocketErrorCode, reason: String) = (.normalClosure, "")

  init(
    _ sid: String, for caller: EngineCaller, over link: EngineLink?, clock: EngineClock,
    server: EngineServer
  ) {
    self.sid = sid
    self.caller = caller
    self.link = link
    self.server = server
    self.clock = clock
    eventLoop = clock.eventLoop
    lastHeard = .now()
    session = EngineSession(
      link == nil ? .polling : .webSocket, server.settings, now: lastHeard)
    hasPlace = link == nil
  }

  var deadline: NIODeadline { min(session.deadline, application?.deadline ?? .distantFuture) }
  package var settings: EngineSettings { server.settings }
  package var isOpen: Bool { session.isOpen }

  /// Whether less waits for the client than it may leave unread.
  package var isKeepingUp: Bool {
    link?.isKeepingUp ?? (session.bufferedBytes <= server.settings.waitingBytes)
  }

  func begin() {
    let upgrades = link == nil ? ["websocket"] : []
    send([server.settings.handshake(sid: sid, upgrades: upgrades)])
    application = server.host.application(on: self)
    flush()
    clock.changed(self)
  }

  /// Queues ready packets that are shared with other sessions; `flush` sends what is queued.
  /// - Parameter promise: is kept when they are on their way, or have been fetched by a poll.
  package func send(_ frames: SharedFrames, promise: EventLoopPromise<Void>? = nil) {
    guard session.isOpen else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    if let link {
      link.write(frames, promise: promise)
    } else {
      session.queue(frames.messages.map(EngineFrame.text))
      if let promise { fetched.append(promise) }
    }
  }

  package func send(_ frames: [EngineFrame]) {
    guard session.isOpen else { return }
    if let link { link.write(frames) } else { session.queue(frames) }
  }

  package func flush() {
    if let link { link.flush() } else { perform(session.flushed()) }
  }

  /// Ends the session. A WebSocket is closed with `code`, a client that polls is told by its next GET.
  package func close(_ code: WebSocketErrorCode = .normalClosure, _ reason: String = "") {
    farewell = (code, reason)
    perform(session.closed())
  }

  /// The client broke the rules of the protocol above.
  package func fail() {
    perform(session.failed(.malformed))
  }

  /// The application's deadline has moved.
  package func deadlineChanged() {
    clock.changed(self)
  }

  func timePassed(now: NIODeadline) {
    if now >= session.deadline { perform(session.timePassed(now: now)) }
    if let application, now >= application.deadline { application.timePassed(now: now) }
  }

  private func perform(_ orders: some Sequence<EngineSession.Order>) {
    for order in orders {
      switch order {
      case .answerPoll(let frames):
        poll?.succeed(.payload(frames))
        poll = nil
      case .refuse: break  // Whoever brought the request sees to it.
      case .write(let frames):
        link?.write(frames)
        link?.flush()
      case .deliver(let message): application?.received(message)
      case .writeToProbe(let frame):
        probe?.write([frame])
        probe?.flush()
      case .adoptProbe:
        link = probe
        probe = nil
        leavePlace()
      case .closeProbe:
        probe?.close(.normalClosure, "")
        probe = nil
      case .closeWebSocket(let ending):
        let farewell = ending == .malformed ? (.protocolError, "malformed packet") : farewell
        link?.close(farewell.code, farewell.reason)
        link = nil
      case .end: end()
      case .forget: server.forget(self, clock)
      }
    }
    if session.isOpen { clock.changed(self) }
    guard session.bufferedBytes == 0, !fetched.isEmpty else { return }
    let kept = fetched
    fetched = []
    for promise in kept { promise.succeed() }
  }

  private func end() {
    let leaving = application
    application = nil
    leaving?.closed()
    for promise in fetched { promise.fail(ChannelError.ioOnClosedChannel) }
    fetched = []
    link = nil
    leavePlace()
    clock.changed(self)
  }

  private func leavePlace() {
    guard hasPlace else { return }
    hasPlace = false
    caller.leave()
  }
}

/// The session's WebSockets.
extension EngineConnection {
  func probeOpened(_ link: EngineLink) {
    guard session.probeOpened(now: .now()) else { return link.close(.policyViolation, "") }
    probe = link
    clock.changed(self)
  }

  func received(_ packet: EnginePacket?, over link: EngineLink) {
    lastHeard = .now()
    if link === self.link {
      perform(session.received(packet, now: lastHeard))
    } else if link === probe {
      perform(session.probeReceived(packet))
    }
    // On its own loop a WebSocket flushes after whatever it has read.
    if !link.isLocal { link.flush() }
  }

  func closed(_ link: EngineLink) {
    if link === self.link {
      self.link = nil
      perform(session.webSocketClosed())
    } else if link === probe {
      probe = nil
      perform(session.probeClosed())
    }
  }
}

/// The session's requests, when it polls.
extension EngineConnection {
  func polled(_ promise: EventLoopPromise<EngineAnswer>) {
    lastHeard = .now()
    // The alarm may be late; whoever is over time is not let in by that.
    if lastHeard >= session.deadline { perform(session.timePassed(now: lastHeard)) }
    let orders = session.polled()
    if orders.first == .refuse {
      promise.succeed(.refused(.badRequest))
      perform(orders.dropFirst())
    } else {
      poll = promise
      perform(orders)
    }
  }

  /// Whoever asked by `promise` has gone.
  func abandoned(_ promise: EventLoopPromise<EngineAnswer>) {
    guard let poll, poll.futureResult === promise.futureResult else { return }
    self.poll = nil
    promise.succeed(.refused(.badRequest))
    perform(session.pollAbandoned())
  }

  /// - Returns: whether the body is wanted.
  func postBegan() -> Bool {
    lastHeard = .now()
    let orders = session.postBegan()
    perform(orders)
    return orders.first != .refuse
  }

  /// - Parameter body: `nil` where it was too large, or did not come.
  func posted(_ body: ByteBuffer?) -> EngineAnswer {
    session.postEnded()
    guard let body else {
      perform(session.failed(.tooLarge))
      return .refused(.tooLarge)
    }
    lastHeard = .now()
    for record in EnginePayload(body) {
      guard session.isOpen else { break }
      let packet = EnginePacket(record: record)
      perform(session.received(packet, now: lastHeard))
      guard session.isOpen || packet == .close else { return .refused(.badRequest) }
    }
    flush()
    return .ok
  }
}
