import NIOCore
import NIOWebSocket
import WebSockets
import Wire

/// A screen of the office at `/api/ws`. Lives on one event loop.
final class OfficeConnection: WebSocketPeer, OfficeVoice {
  private let screen: OfficeScreen
  private let eventLoop: any EventLoop
  private let limits: OfficeLimits
  private let onEnd: @Sendable () -> Void
  private var socket: WebSocketHandler?
  private var heartbeat: RepeatedTask?

  init(
    _ screen: OfficeScreen, on eventLoop: any EventLoop, limits: OfficeLimits,
    onEnd: @escaping @Sendable () -> Void
  ) {
    self.screen = screen
    self.eventLoop = eventLoop
    self.limits = limits
    self.onEnd = onEnd
  }

  func opened(_ socket: WebSocketHandler) {
    self.socket = socket
    screen.enter(speaking: self)
    let (bound, sweep) = (NIOLoopBound(self, eventLoop: eventLoop), limits.heartbeat.sweep)
    heartbeat = eventLoop.scheduleRepeatedTask(initialDelay: sweep, delay: sweep) { _ in
      bound.value.beat()
    }
  }

  func closed() {
    socket = nil
    heartbeat?.cancel()
    heartbeat = nil
    screen.leave()
    onEnd()
  }

  private func beat() {
    guard let socket else { return }
    let (silent, silence) = (NIODeadline.now() - socket.lastHeard, limits.heartbeat.silence)
    if silent > silence + silence {
      socket.close(.policyViolation, "No sign of life.")
    } else if silent > silence - limits.heartbeat.sweep {
      socket.ping()
      socket.flush()
    }
  }

  func received(_ text: ByteBuffer) {
    screen.received(
      text.withUnsafeReadableBytes {
        try? JSON.parse($0.bindMemory(to: UInt8.self), depth: limits.jsonDepth).get()
      })
  }

  var isKeepingUp: Bool { socket?.isKeepingUp ?? false }

  func say(_ message: JSON) {
    socket?.write(WebSocketFrames.text(message.encodedBytes))
    socket?.flush()
  }

  func tell(_ news: OfficeNews, promise: EventLoopPromise<Void>?) {
    guard let socket else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    socket.write(news.frames, promise: promise)
  }

  func flush() { socket?.flush() }

  func close(_ code: WebSocketErrorCode, _ reason: String) { socket?.close(code, reason) }
}
