import NIOCore
import NIOWebSocket

/// What a WebSocket connection is talking to. Called on the connection's event loop only.
package protocol WebSocketPeer: AnyObject {
  func opened(_ socket: WebSocketHandler)
  /// Whether binary messages are read; else they are answered with 1003 before they are collected.
  var readsBinary: Bool { get }
  /// One whole text message, checked to be UTF-8.
  func received(_ text: ByteBuffer)
  /// One whole binary message.
  func received(binary: ByteBuffer)
  /// A message was larger than it may be; the connection is closed with 1009 next.
  func receivedTooMuch()
  /// The last call, once, however the connection ended.
  func closed()
}

/// Peers that read text only, and leave the last word to the close frame.
extension WebSocketPeer {
  package var readsBinary: Bool { false }
  package func received(binary: ByteBuffer) {}
  package func receivedTooMuch() {}
}

/// RFC 6455 on one connection: fragmentation, masking, UTF-8, control frames, the closing handshake;
/// and RFC 7692's deflated messages where the handshake agreed on them.
///
/// Text is checked as it comes in, so that what is no UTF-8 is refused at its first wrong byte.
/// Outgoing frames are ready bytes, so that a broadcast frame is shared by all its receivers; there
/// is no encoder behind this.
package final class WebSocketHandler: ChannelInboundHandler {
  package typealias InboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  private enum State {
    case open
    /// A close frame was sent; the peer's is awaited.
    case closing
    case closed
  }

  /// A message that is coming in.
  private struct Message {
    var isText: Bool
    var isDeflated: Bool
    var bytes = ByteBuffer()
    var utf8 = UTF8Check()
  }

  private var peer: (any WebSocketPeer)?
  private let messageSize: Int
  private let deflate: DeflateAgreement?
  private var state = State.open
  private var context: ChannelHandlerContext?
  private var reader = FrameReader()
  /// The frame whose payload is coming in.
  private var frame = FrameReader.Head()
  private var message: Message?
  private var control = ByteBuffer()
  private var closeDeadline: Scheduled<Void>?
  /// Bytes of shared frames that were queued since the last flush.
  private var queued = 0
  private var isWritable = true
  /// When the peer last sent anything.
  package private(set) var lastHeard: NIODeadline = .now()
  private var pinged: NIODeadline?
  /// From the last ping to its pong.
  package private(set) var roundTrip: TimeAmount?

  /// - Parameter messageSize: bytes that a message may have, on the wire and inflated.
  package init(peer: any WebSocketPeer, messageSize: Int, deflate: DeflateAgreement? = nil) {
    self.peer = peer
    self.messageSize = messageSize
    self.deflate = deflate
  }

  package var isOpen: Bool { if case .open = state { true } else { false } }
  /// Whether less waits for the peer than the channel's high watermark.
  package var isKeepingUp: Bool { context != nil && isWritable }
  package var channel: (any Channel)? { context?.channel }
  package var remoteAddress: String? { context?.remoteAddress?.ipAddress }

  /// Queues a ready frame; `flush` sends what is queued.
  package func write(_ frame: ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
    guard case .open = state, let context else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    context.write(wrapOutboundOut(frame), promise: promise)
  }

  /// Queues a ping.
  package func ping() {
    pinged = .now()
    write(WebSocketFrames.ping)
  }

  /// Queues what is shared with others, deflated where this connection has agreed on it.
  package func write(_ frames: SharedFrames, promise: EventLoopPromise<Void>? = nil) {
    guard case .open = state, let context else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    context.write(wrapOutboundOut(frames.bytes(for: deflate)), promise: promise)
    queued += frames.size
    if queued >= Self.longestRun || !isWritable { flush() }
  }

  /// Bytes, undeflated, that go out at once, so that `isKeepingUp` tells of the peer and not of how
  /// much there is to say.
  package static let longestRun = 1 << 16

  package func flush() {
    queued = 0
    context?.flush()
  }

  /// Sends a close frame and waits a few seconds for the peer's.
  package func close(_ code: WebSocketErrorCode, _ reason: String) {
    close(WebSocketFrames.close(code, reason))
  }

  private func close(_ frame: ByteBuffer) {
    guard case .open = state, let context else { return }
    context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    state = .closing
    leave()
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    closeDeadline = context.eventLoop.scheduleTask(in: .seconds(3)) {
      bound.value.close(promise: nil)
    }
  }

  package func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    peer?.opened(self)
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    end()
  }

  package func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    closeDeadline?.cancel()
    closeDeadline = nil
    state = .closed
    context = nil
    message = nil
    leave()
  }

  private func leave() {
    let leaving = peer
    peer = nil
    leaving?.closed()
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    lastHeard = .now()
    while let step = reader.next(&bytes) {
      switch (state, step) {
      case (.open, .head(let head)): begin(head)
      case (.open, .payload(let piece, let isLast)):
        if frame.isControl {
          collect(control: piece, isLast: isLast, context)
        } else {
          collect(piece, isLast: isLast)
        }
      case (.closing, .head(let head)):
        if head.opcode == .connectionClose { context.close(promise: nil) }
      case (.closing, .payload): break
      case (.closed, _): return
      }
    }
  }

  private func begin(_ head: FrameReader.Head) {
    frame = head
    guard head.mask != nil else { return fail(.protocolError, "frames must be masked") }
    guard !head.isReserved else { return fail(.protocolError, "no such extension was agreed on") }
    switch head.opcode {
    case .text, .binary:
      guard message == nil else { return fail(.protocolError, "a message is not finished") }
      guard !head.rsv1 || deflate != nil else {
        return fail(.protocolError, "no extension was agreed on")
      }
      guard head.opcode == .text || peer?.readsBinary ?? false else {
        return fail(.unacceptableData, "text messages only")
      }
      message = Message(isText: head.opcode == .text, isDeflated: head.rsv1)
    case .continuation:
      guard message != nil else { return fail(.protocolError, "nothing to continue") }
      guard !head.rsv1 else { return fail(.protocolError, "RSV1 within a message") }
    case .ping, .pong, .connectionClose:
      guard head.isFinal, head.length <= 125, !head.rsv1 else {
        return fail(.protocolError, "a control frame is in pieces, too long or deflated")
      }
      return
    default: return fail(.protocolError, "unknown opcode")
    }
    let collected = UInt64(message?.bytes.readableBytes ?? 0)
    guard head.length <= UInt64(messageSize) - collected else { return failTooLarge() }
  }

  private func collect(_ piece: ByteBuffer, isLast: Bool) {
    // The only reference while it grows, or every piece would copy all that came before it.
    guard var message else { return }
    self.message = nil
    if message.isText, !message.isDeflated {
      guard piece.withUnsafeReadableBytes({ message.utf8.append($0) }) else { return failUTF8() }
    }
    if message.bytes.readableBytes == 0 {
      message.bytes = piece
    } else {
      message.bytes.writeImmutableBuffer(piece)
    }
    if isLast, frame.isFinal {
      deliver(message)
    } else {
      self.message = message
    }
  }

  private func deliver(_ message: Message) {
    var message = message
    if message.isDeflated {
      do throws(Deflate.Failure) {
        message.bytes = try Deflate.inflated(message.bytes, limit: messageSize)
      } catch {
        switch error {
        case .tooLarge: return failTooLarge()
        case .malformed: return fail(.dataInconsistentWithMessage, "not DEFLATE")
        case .outOfMemory: return fail(.unexpectedServerError, "no memory to inflate with")
        }
      }
      guard
        !message.isText || message.bytes.withUnsafeReadableBytes({ message.utf8.append($0) })
      else { return failUTF8() }
    }
    guard message.isText else {
      peer?.received(binary: message.bytes)
      return
    }
    guard message.utf8.isComplete else { return failUTF8() }
    peer?.received(message.bytes)
  }

  private func collect(control piece: ByteBuffer, isLast: Bool, _ context: ChannelHandlerContext) {
    control.writeImmutableBuffer(piece)
    guard isLast else { return }
    let payload = control
    control = ByteBuffer()
    switch frame.opcode {
    case .ping:
      write(WebSocketFrames.pong(payload))
      flush()
    case .pong:
      roundTrip = pinged.map { .now() - $0 } ?? roundTrip
      pinged = nil
    case .connectionClose: answerClose(payload, context)
    default: break
    }
  }

  private func answerClose(_ payload: ByteBuffer, _ context: ChannelHandlerContext) {
    var payload = payload
    let answer: ByteBuffer
    if payload.readableBytes == 0 {
      answer = WebSocketFrames.emptyClose
    } else if let code = payload.readWebSocketErrorCode(), code.mayBeSent {
      let reason = String(validating: payload.readableBytesView, as: UTF8.self)
      answer = WebSocketFrames.close(reason == nil ? .dataInconsistentWithMessage : code, "")
    } else {
      answer = WebSocketFrames.close(.protocolError, "malformed close frame")
    }
    part(with: answer, context)
  }

  /// Sends the last frame and closes.
  private func part(with farewell: ByteBuffer, _ context: ChannelHandlerContext) {
    guard case .open = state else { return }
    state = .closed
    leave()
    context.writeAndFlush(wrapOutboundOut(farewell))
      .assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }

  private func fail(_ code: WebSocketErrorCode, _ reason: String) {
    message = nil
    if frame.opcode == .connectionClose, let context {
      // The peer has said its last word, if badly.
      part(with: WebSocketFrames.close(code, reason), context)
    } else {
      close(code, reason)
    }
  }

  private func failTooLarge() {
    peer?.receivedTooMuch()
    fail(.messageTooLarge, "at most \(messageSize) bytes a message")
  }

  private func failUTF8() {
    fail(.dataInconsistentWithMessage, "not UTF-8")
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed = event as? ChannelEvent { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  /// Whoever does not read what it is sent is not read from either, so that answers cannot pile up.
  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    try? context.channel.syncOptions?.setOption(.autoRead, value: isWritable)
    context.fireChannelWritabilityChanged()
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    flush()
    context.fireChannelReadComplete()
  }
}

extension FrameReader.Head {
  fileprivate var isControl: Bool { opcode.isControlOpcode }
}

extension ChannelHandlerContext {
  fileprivate func writeAndFlush(_ data: NIOAny) -> EventLoopFuture<Void> {
    let promise = eventLoop.makePromise(of: Void.self)
    writeAndFlush(data, promise: promise)
    return promise.futureResult
  }
}
