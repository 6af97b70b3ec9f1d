import NIOCore
import NIOWebSocket
import WebSockets

/// A WebSocket as its session sees it, which may live on another event loop: an upgraded session
/// stays on the loop that it began on.
final class EngineLink: Sendable {
  private let handler: NIOLoopBound<WebSocketHandler>
  private let channel: any Channel

  init(_ handler: WebSocketHandler, _ channel: any Channel) {
    self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    self.channel = channel
  }

  var isKeepingUp: Bool { channel.isWritable }
  var isLocal: Bool { channel.eventLoop.inEventLoop }

  private func run(_ body: @escaping @Sendable (WebSocketHandler) -> Void) {
    let loop = channel.eventLoop
    if loop.inEventLoop {
      body(handler.value)
    } else {
      loop.execute { [handler] in body(handler.value) }
    }
  }

  func write(_ frames: SharedFrames, promise: EventLoopPromise<Void>? = nil) {
    run { $0.write(frames, promise: promise) }
  }

  func write(_ frames: [EngineFrame]) {
    run { handler in
      for frame in frames {
        switch frame {
        case .text(let bytes): handler.write(SharedFrames([bytes]))
        case .binary(let bytes): handler.write(WebSocketFrames.binary(bytes))
        }
      }
    }
  }

  func flush() {
    run { $0.flush() }
  }

  func close(_ code: WebSocketErrorCode, _ reason: String) {
    run { $0.close(code, reason) }
  }
}
