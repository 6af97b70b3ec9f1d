import NIOCore

/// What one Engine.IO session does about what happens to it, whichever way it is transported.
///
/// Decides and nothing more: what comes in are facts with their time, what goes out are orders for
/// whoever holds the sockets. After `.end` nothing is ordered but refusals, and the farewell that a
/// GET is still to fetch.
package struct EngineSession: Sendable {
  package enum Transport: Equatable, Sendable { case polling, webSocket }

  package enum Order: Equatable, Sendable {
    /// Answers the GET that waits.
    case answerPoll([EngineFrame])
    /// Answers the request that has just come with 400.
    case refuse
    /// Sends on the WebSocket that the session is on.
    case write([EngineFrame])
    case deliver(EngineMessage)
    case writeToProbe(EngineFrame)
    /// The probe is the session's WebSocket from here on.
    case adoptProbe
    case closeProbe
    case closeWebSocket(Ending)
    /// The session is over; the application is told.
    case end(Ending)
    /// Nothing is left to say: the session may be forgotten.
    case forget
  }

  package enum Ending: Equatable, Sendable {
    case clientClosed
    case serverClosed
    case transportClosed
    case malformed
    /// Two GETs or two POSTs at a time.
    case overlap
    case noPong
    case tooLarge
    /// The client asks and asks, and does not fetch the answers.
    case tooSlow
  }

  private enum Phase { case open, ending, over }
  private enum Probe { case none, open, answered }
  private enum Heartbeat { case pingDue, pongDue }

  package private(set) var transport: Transport
  private var phase = Phase.open
  private var probe = Probe.none
  private var isPollWaiting = false
  private var isPosting = false
  private var buffer: [EngineFrame] = []
  package private(set) var bufferedBytes = 0
  private var heartbeat = Heartbeat.pingDue
  private var heartbeatDeadline: NIODeadline
  private var pinged = NIODeadline.uptimeNanoseconds(0)
  /// From the last ping to its pong.
  package private(set) var roundTrip: TimeAmount?
  private var probeDeadline = NIODeadline.distantFuture
  private let settings: EngineSettings

  package init(_ transport: Transport, _ settings: EngineSettings, now: NIODeadline) {
    self.transport = transport
    self.settings = settings
    heartbeatDeadline = now + settings.pingInterval
  }

  package var isOpen: Bool { phase == .open }
  package var isPostAllowed: Bool { transport == .polling && phase == .open }
  /// When `timePassed` has something to do.
  package var deadline: NIODeadline { min(heartbeatDeadline, probeDeadline) }

  /// Queues for a client that polls; on a WebSocket there is no need to.
  package mutating func queue(_ frames: [EngineFrame]) {
    guard phase == .open else { return }
    for frame in frames { bufferedBytes += frame.size }
    buffer += frames
  }

  /// What was queued may go.
  package mutating func flushed() -> [Order] {
    guard !buffer.isEmpty else { return [] }
    if transport == .webSocket { return [.write(takeBuffer())] }
    guard isPollWaiting else { return [] }
    isPollWaiting = false
    return [.answerPoll(takePayload())]
  }

  private mutating func takeBuffer() -> [EngineFrame] {
    defer {
      buffer = []
      bufferedBytes = 0
    }
    return buffer
  }

  /// Python's client reads no more packets of one payload than this, and gives up.
  package static let longestPayload = 16

  /// What one GET is answered with; the rest waits for the next.
  private mutating func takePayload() -> [EngineFrame] {
    let payload = Array(buffer.prefix(Self.longestPayload))
    buffer.removeFirst(payload.count)
    for frame in payload { bufferedBytes -= frame.size }
    return payload
  }

  private mutating func end(_ ending: Ending) -> [Order] {
    guard phase == .open else { return [] }
    var orders: [Order] = []
    if probe != .none {
      probe = .none
      orders.append(.closeProbe)
    }
    probeDeadline = .distantFuture
    if transport == .webSocket { orders.append(.closeWebSocket(ending)) }
    // A client that has said goodbye itself is only let go of.
    if ending == .clientClosed { _ = takeBuffer() }
    let last = ending == .clientClosed ? EngineFrame.noop : .close
    if isPollWaiting {
      isPollWaiting = false
      orders.append(.answerPoll(takeBuffer() + [last]))
    } else if transport == .polling, ending == .serverClosed || ending == .clientClosed {
      // The next GET, or one that has crossed the goodbye on its way, is told.
      buffer.append(last)
      phase = .ending
      heartbeatDeadline = heartbeatDeadline + settings.farewell
      return orders + [.end(ending)]
    }
    phase = .over
    heartbeatDeadline = .distantFuture
    return orders + [.end(ending), .forget]
  }
}

/// The client's requests and packets.
extension EngineSession {
  /// A GET came.
  package mutating func polled() -> [Order] {
    switch phase {
    case .over: return [.refuse]
    case .ending:
      phase = .over
      heartbeatDeadline = .distantFuture
      return [.answerPoll(takeBuffer()), .forget]
    case .open: break
    }
    guard transport == .polling else { return [.refuse] }
    guard !isPollWaiting else { return [.refuse] + end(.overlap) }
    if !buffer.isEmpty { return [.answerPoll(takePayload())] }
    if probe == .answered { return [.answerPoll([.noop])] }
    isPollWaiting = true
    return []
  }

  /// Whoever waited for an answer has gone.
  package mutating func pollAbandoned() -> [Order] {
    guard isPollWaiting else { return [] }
    isPollWaiting = false
    return end(.transportClosed)
  }

  /// A POST came; its body follows.
  package mutating func postBegan() -> [Order] {
    guard isPostAllowed else { return [.refuse] }
    guard !isPosting else { return [.refuse] + end(.overlap) }
    guard bufferedBytes <= settings.waitingBytes else { return [.refuse] + end(.tooSlow) }
    isPosting = true
    return []
  }

  /// All of a POST's packets were received, or its body did not come.
  package mutating func postEnded() {
    isPosting = false
  }

  /// A packet came on the session's own transport; `nil` is one that cannot be read.
  package mutating func received(_ packet: EnginePacket?, now: NIODeadline) -> [Order] {
    guard phase == .open else { return [] }
    switch packet {
    case .message(let message): return [.deliver(message)]
    case .pong:
      if heartbeat == .pongDue { roundTrip = now - pinged }
      heartbeat = .pingDue
      heartbeatDeadline = now + settings.pingInterval
      return []
    case .close: return end(.clientClosed)
    // Of use to the probe of an upgrade only.
    case .upgrade, .noop, .open: return []
    // Since version 4 it is the server that pings.
    case .ping, nil: return end(.malformed)
    }
  }

  package mutating func failed(_ ending: Ending) -> [Order] { end(ending) }

  package mutating func webSocketClosed() -> [Order] {
    guard phase == .open, transport == .webSocket else { return [] }
    return end(.transportClosed).filter { $0 != .closeWebSocket(.transportClosed) }
  }

  /// The application, or whoever stops the server, wants it to end.
  package mutating func closed() -> [Order] { end(.serverClosed) }
}

/// The upgrade from polling to a WebSocket.
extension EngineSession {
  /// A WebSocket with this session's id was opened.
  /// - Returns: whether it may probe. If not, it is to be closed, and the session goes on without it.
  package mutating func probeOpened(now: NIODeadline) -> Bool {
    guard phase == .open, transport == .polling, probe == .none else { return false }
    probe = .open
    probeDeadline = now + settings.upgradeTimeout
    return true
  }

  package mutating func probeReceived(_ packet: EnginePacket?) -> [Order] {
    switch (probe, packet) {
    case (.none, _): return []
    case (_, .ping(let data)) where data.readableBytesView.elementsEqual("probe".utf8):
      probe = .answered
      guard isPollWaiting else { return [.writeToProbe(.text("3probe"))] }
      isPollWaiting = false
      return [.writeToProbe(.text("3probe")), .answerPoll([.noop])]
    case (.answered, .upgrade):
      probe = .none
      probeDeadline = .distantFuture
      transport = .webSocket
      var orders = [Order.adoptProbe]
      if isPollWaiting {
        isPollWaiting = false
        orders.append(.answerPoll([.noop]))
      }
      if !buffer.isEmpty { orders.append(.write(takeBuffer())) }
      return orders
    default: return [.closeProbe] + probeClosed()
    }
  }

  package mutating func probeClosed() -> [Order] {
    probe = .none
    probeDeadline = .distantFuture
    return []
  }
}

/// Time.
extension EngineSession {
  package mutating func timePassed(now: NIODeadline) -> [Order] {
    var orders: [Order] = []
    if now >= probeDeadline { orders += [.closeProbe] + probeClosed() }
    guard now >= heartbeatDeadline else { return orders }
    guard phase == .open else {
      phase = .over
      heartbeatDeadline = .distantFuture
      return orders + [.forget]
    }
    switch heartbeat {
    case .pingDue:
      heartbeat = .pongDue
      pinged = now
      // From when the ping was due, but never less than half the time to answer one that is late.
      heartbeatDeadline = max(
        heartbeatDeadline + settings.pingTimeout,
        now + .nanoseconds(settings.pingTimeout.nanoseconds / 2))
      if transport == .webSocket { return orders + [.write([.ping])] }
      // Before whatever waits, which may take more GETs than there is time to answer.
      buffer.insert(.ping, at: 0)
      bufferedBytes += EngineFrame.ping.size
      return orders + flushed()
    case .pongDue: return orders + end(.noPong)
    }
  }
}
