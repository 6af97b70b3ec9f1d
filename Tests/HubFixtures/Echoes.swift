import Dialects
import Inventory
import NIOCore
import NIOHTTP1
import Realtime
import SocketIO
import Wire

/// Sends every message back.
final class WebSocketEcho: WebSocketPeer {
  private var socket: WebSocketHandler?

  var readsBinary: Bool { true }
  func opened(_ socket: WebSocketHandler) { self.socket = socket }
  func closed() { socket = nil }

  func received(_ text: ByteBuffer) {
    socket?.write(SharedFrames([Array(text.readableBytesView)]))
  }

  func received(binary: ByteBuffer) {
    socket?.write(WebSocketFrames.binary(Array(binary.readableBytesView)))
  }
}

/// Sends every message back, whatever the transport.
final class EngineEcho: EngineApplication {
  struct Host: EngineHost {
    func admit(
      _ head: HTTPRequestHead, address: String, on eventLoop: any EventLoop
    ) async throws(Refusal) -> EngineCaller {
      EngineCaller(connection: 0, address: address, head: head, leave: {})
    }

    func application(on connection: EngineConnection) -> any EngineApplication {
      EngineEcho(connection)
    }
  }

  private let connection: EngineConnection
  let deadline = NIODeadline.distantFuture

  init(_ connection: EngineConnection) {
    self.connection = connection
  }

  func received(_ message: EngineMessage) {
    switch message {
    case .text(let text): connection.send([.message(text.readableBytesView)])
    case .binary(let bytes): connection.send([.binary(Array(bytes.readableBytesView))])
    }
  }

  func closed() {}
  func timePassed(now: NIODeadline) {}
}

/// What the Socket.IO suite expects of its server.
final class SocketEcho: SocketPeer {
  struct Host: SocketHost {
    func asked(_ socket: NamespaceSocket, auth: JSON) {
      guard ["/", "/custom"].contains(socket.namespace) else {
        return socket.refuse("Invalid namespace")
      }
      socket.accept(SocketEcho(socket))
      // The suite listens for one message at a time, and would miss what comes with the answer.
      let loop = socket.session.eventLoop
      let bound = NIOLoopBound(socket, eventLoop: loop)
      loop.scheduleTask(in: .milliseconds(20)) {
        bound.value.emit("auth", [auth])
        bound.value.flush()
      }
    }
  }

  static func server(_ bounds: SocketSettings) -> SocketServer {
    SocketServer(bounds, host: Host()) { head, address, _ in
      EngineCaller(connection: 0, address: address, head: head, leave: {})
    }
  }

  private let socket: NamespaceSocket

  init(_ socket: NamespaceSocket) {
    self.socket = socket
  }

  func received(_ event: SocketEvent) {
    guard socket.namespace == "/" else { return }
    switch (event.name, event.id) {
    case ("message", _):
      socket.emit("message-back", event.arguments, attachments: event.attachments)
    case ("message-with-ack", let id?):
      socket.acknowledge(id, event.arguments, attachments: event.attachments)
    case ("size", let id?): socket.acknowledge(id, [.int(Int64(event.size))])
    default: break
    }
  }

  func disconnected() {}
}
