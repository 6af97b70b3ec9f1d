import NIOCore
import NIOWebSocket

/// What a WebSocket connection is talking to. Called on the connection's event loop only.
package protocol WebSocketPeer: AnyObject {
  func opened(_ socket: WebSocketHandler)
  /// One whole text message, checked to be UTF-8.
  func received(_ text: ByteBuffer)
  /// The last call, once, however the connection ended.
  func closed()
}

/// RFC 6455 on one connection: fragmentation, masking, UTF-8, control frames, the closing handshake.
///
/// Sits behind NIO's frame decoder. Outgoing frames are ready bytes, so that a broadcast frame is
/// shared by all its receivers; there is no encoder behind this.
package final class WebSocketHandler: ChannelInboundHandler {
  package typealias InboundIn = WebSocketFrame
  package typealias OutboundOut = ByteBuffer

  private enum State {
    case open
    /// A close frame was sent; the peer's is awaited.
    case closing
    case closed
  }

  private var peer: (any WebSocketPeer)?
  private let messageSize: Int
  private var state = State.open
  private var context: ChannelHandlerContext?
  private var message: ByteBuffer?
  private var closeDeadline: Scheduled<Void>?
  /// When the peer last sent anything.
  package private(set) var lastHeard: NIODeadline = .now()

  package init(peer: any WebSocketPeer, messageSize: Int) {
    self.peer = peer
    self.messageSize = messageSize
  }

  package var isOpen: Bool { if case .open = state { true } else { false } }
  /// Whether less waits for the peer than the channel's high watermark.
  package var isKeepingUp: Bool { context?.channel.isWritable ?? false }
  package var remoteAddress: String? { context?.remoteAddress?.ipAddress }

  /// Queues a ready frame; `flush` sends what is queued.
  package func write(_ frame: ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
    guard case .open = state, let context else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    context.write(wrapOutboundOut(frame), promise: promise)
  }

  package func flush() {
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
    let frame = unwrapInboundIn(data)
    lastHeard = .now()
    if case .closing = state {
      if frame.opcode == .connectionClose { context.close(promise: nil) }
      return
    }
    guard case .open = state else { return }
    guard frame.maskKey != nil else { return fail(.protocolError, "frames must be masked") }
    guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
      return fail(.protocolError, "no extension was agreed on")
    }
    switch frame.opcode {
    case .text:
      guard message == nil else { return fail(.protocolError, "a message is not finished") }
      append(frame)
    case .continuation:
      guard message != nil else { return fail(.protocolError, "nothing to continue") }
      append(frame)
    case .binary: fail(.unacceptableData, "text messages only")
    case .ping:
      guard frame.fin else { return fail(.protocolError, "a control frame is in pieces") }
      write(WebSocketFrames.pong(frame.unmaskedData))
      flush()
    case .pong:
      guard frame.fin else { return fail(.protocolError, "a control frame is in pieces") }
    case .connectionClose: answerClose(frame, context)
    default: fail(.protocolError, "unknown opcode")
    }
  }

  private func append(_ frame: WebSocketFrame) {
    var payload = frame.unmaskedData
    if message == nil, frame.fin {
      deliver(payload)
      return
    }
    var collected = message ?? ByteBuffer()
    guard collected.readableBytes + payload.readableBytes <= messageSize else {
      return fail(.messageTooLarge, "at most \(messageSize) bytes a message")
    }
    // The only reference while it grows, or every piece would copy all that came before it.
    message = nil
    collected.writeBuffer(&payload)
    if frame.fin {
      deliver(collected)
    } else {
      message = collected
    }
  }

  private func deliver(_ text: ByteBuffer) {
    let isValid = text.withUnsafeReadableBytes { bytes in
      String(validating: bytes.bindMemory(to: UInt8.self), as: UTF8.self) != nil
    }
    guard isValid else { return fail(.dataInconsistentWithMessage, "not UTF-8") }
    peer?.received(text)
  }

  private func answerClose(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
    var payload = frame.unmaskedData
    let answer: ByteBuffer
    if payload.readableBytes == 0, frame.fin {
      answer = WebSocketFrames.emptyClose
    } else if let code = payload.readWebSocketErrorCode(), code.mayBeSent, frame.fin {
      let reason = String(validating: payload.readableBytesView, as: UTF8.self)
      answer = WebSocketFrames.close(reason == nil ? .dataInconsistentWithMessage : code, "")
    } else {
      answer = WebSocketFrames.close(.protocolError, "malformed close frame")
    }
    state = .closed
    leave()
    context.writeAndFlush(wrapOutboundOut(answer))
      .assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }

  private func fail(_ code: WebSocketErrorCode, _ reason: String) {
    message = nil
    close(code, reason)
  }

  package func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard case .open = state else { return context.close(promise: nil) }
    switch error {
    case NIOWebSocketError.invalidFrameLength:
      fail(.messageTooLarge, "at most \(messageSize) bytes a message")
    case is NIOWebSocketError: fail(.protocolError, "malformed frame")
    default: context.close(promise: nil)
    }
  }

  package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed = event as? ChannelEvent { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  /// Whoever does not read what it is sent is not read from either, so that answers cannot pile up.
  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    try? context.channel.syncOptions?.setOption(.autoRead, value: context.channel.isWritable)
    context.fireChannelWritabilityChanged()
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    context.flush()
    context.fireChannelReadComplete()
  }
}

extension ChannelHandlerContext {
  fileprivate func writeAndFlush(_ data: NIOAny) -> EventLoopFuture<Void> {
    let promise = eventLoop.makePromise(of: Void.self)
    writeAndFlush(data, promise: promise)
    return promise.futureResult
  }
}
