import NIOCore
import NIOWebSocket
import Realtime

/// A dialect whose connection is a WebSocket and nothing above it.
protocol WebSocketVoice: Voice {
  var receiver: Receiver { get }
  /// `nil` once it has closed.
  var socket: WebSocketHandler? { get }
}

extension WebSocketVoice {
  var isOpen: Bool { socket?.isOpen ?? false }
  var isKeepingUp: Bool { socket?.isKeepingUp ?? false }
  var lastHeard: NIODeadline { socket?.lastHeard ?? .now() }
  var roundTrip: TimeAmount? { socket?.roundTrip }

  func say(_ frames: SharedFrames, promise: EventLoopPromise<Void>?) {
    guard let socket else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    socket.write(frames, promise: promise)
  }

  func flush() {
    socket?.flush()
  }

  func ping() {
    socket?.ping()
    receiver.willFlush()
  }

  func close(_ farewell: Farewell) {
    socket?.close(farewell.code, farewell.reason)
  }

  func drop() {
    socket?.close(.policyViolation, "No sign of life.")
  }
}

extension Farewell {
  /// The hub's close codes on plain WebSockets.
  var code: WebSocketErrorCode {
    switch self {
    case .stopping: .goingAway
    case .sessionEnded: .signedOut
    case .rightsChanged: .identityChanged
    case .tooSlow: .tooSlow
    case .tooManyMessages: .rateLimited
    }
  }
}
