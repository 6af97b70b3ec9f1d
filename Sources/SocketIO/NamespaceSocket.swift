import NIOCore
import NIOWebSocket
import WebSockets
import Wire

/// Who stands behind one client's socket in one namespace. Called on its event loop only.
package protocol SocketPeer: AnyObject {
  func received(_ event: SocketEvent)
  /// The last call, once, however it ended.
  func disconnected()
}

/// One client in one namespace. Lives on the session's event loop.
///
/// What is said here is queued; `flush` sends it, and so does the end of whatever the client has just
/// sent. The answers to a wish to join, and a disconnect, go at once.
package final class NamespaceSocket {
  private enum State {
    case asking
    case joined(any SocketPeer)
    case left
  }

  package let namespace: String
  private let connection: SocketConnection
  private var state = State.asking
  private var lastRequest: Int64 = 0
  private var requests: [Int64: ([JSON]) -> Void] = [:]

  init(_ namespace: String, on connection: SocketConnection) {
    self.namespace = namespace
    self.connection = connection
  }

  /// The Engine.IO session: who called, and from where.
  package var session: EngineConnection { connection.session }

  package var isOpen: Bool {
    if case .left = state { false } else { session.isOpen }
  }

  /// Lets the client in.
  /// - Parameters:
  ///   - sid: the socket's public id; that of old where its state is recovered.
  ///   - pid: what the client recovers its state by; known to it alone.
  package func accept(
    _ peer: any SocketPeer, sid: String = EngineServer.randomID(), pid: String? = nil
  ) {
    guard case .asking = state else { return peer.disconnected() }
    state = .joined(peer)
    connection.joined()
    send(
      SocketPacket(.connect, in: namespace, .compact(["sid": .string(sid), "pid": .text(pid)])))
    flush()
  }

  /// Keeps the client out; it sees `message`, and `data` beside it.
  package func refuse(_ message: String, data: JSON? = nil) {
    guard case .asking = state else { return }
    state = .left
    connection.left(self)
    send(
      SocketPacket(
        .connectError, in: namespace, .compact(["message": .string(message), "data": data])))
    flush()
  }

  /// Queues a ready packet that is shared with other sockets of the namespace.
  package func emit(_ frames: SharedFrames, promise: EventLoopPromise<Void>? = nil) {
    guard case .joined = state else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    session.send(frames, promise: promise)
  }

  package func emit(_ name: String, _ arguments: [JSON], attachments: [ByteBuffer] = []) {
    guard case .joined = state else { return }
    send(
      SocketPacket(
        .event, in: namespace, .array([.string(name)] + arguments), attachments: attachments))
  }

  /// Emits an event that the client is to acknowledge.
  /// - Parameter acknowledged: is called once with what the client says, or never.
  package func request(
    _ name: String, _ arguments: [JSON], acknowledged: @escaping ([JSON]) -> Void
  ) {
    guard case .joined = state else { return }
    lastRequest += 1
    requests[lastRequest] = acknowledged
    send(
      SocketPacket(.event, in: namespace, id: lastRequest, .array([.string(name)] + arguments)))
  }

  /// Answers an event that came with `id`.
  package func acknowledge(_ id: Int64, _ arguments: [JSON], attachments: [ByteBuffer] = []) {
    guard case .joined = state else { return }
    send(SocketPacket(.ack, in: namespace, id: id, .array(arguments), attachments: attachments))
  }

  /// Takes the client out of the namespace; its other namespaces go on.
  package func disconnect() {
    guard case .joined = state else { return }
    send(SocketPacket(.disconnect, in: namespace))
    flush()
    leave()
  }

  package func flush() {
    session.flush()
  }

  private func send(_ packet: SocketPacket) {
    session.send(packet.frames)
  }

  /// - Returns: whether the client may send events.
  func received(_ event: SocketEvent) -> Bool {
    guard case .joined(let peer) = state else { return false }
    peer.received(event)
    return true
  }

  /// An answer that nobody waits for is passed over.
  func acknowledged(_ packet: SocketPacket) {
    guard let id = packet.id, case .array(let arguments) = packet.payload else { return }
    requests.removeValue(forKey: id)?(arguments)
  }

  func leave() {
    let leaving = state
    state = .left
    requests = [:]
    connection.left(self)
    if case .joined(let peer) = leaving { peer.disconnected() }
  }
}
