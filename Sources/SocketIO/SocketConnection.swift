import Inventory
import NIOCore
import NIOHTTP1
import NIOWebSocket
import WebSockets
import Wire

/// What Socket.IO's namespaces are, and who may join them.
package protocol SocketHost: Sendable {
  /// A client wants to join `socket.namespace`. To be answered once, by `accept` or `refuse`, now or
  /// later, on the socket's event loop.
  /// - Parameter auth: the handshake's payload, `{}` where there was none. A client that wants its
  ///   state recovered adds `pid` and `offset`.
  func asked(_ socket: NamespaceSocket, auth: JSON)
}

/// Socket.IO on one Engine.IO session: several namespaces, each with a socket of its own.
final class SocketConnection: EngineApplication {
  let session: EngineConnection
  private let host: any SocketHost
  private var decoder: SocketDecoder
  private var sockets: [String: NamespaceSocket] = [:]
  private(set) var deadline: NIODeadline
  /// Bytes of the packet that is coming in.
  private var size = 0

  init(_ session: EngineConnection, _ settings: SocketSettings, host: any SocketHost) {
    self.session = session
    self.host = host
    decoder = SocketDecoder(settings)
    deadline = .now() + settings.connectTimeout
  }

  func received(_ message: EngineMessage) {
    size += message.size
    do throws(SocketDecoder.Malformed) {
      guard let packet = try decoder.received(message) else { return }
      let size = size
      self.size = 0
      received(packet, size: size)
    } catch {
      session.fail()
    }
  }

  /// Whatever is for a namespace that the client has not joined, or has already, ends the connection.
  private func received(_ packet: SocketPacket, size: Int) {
    if packet.kind == .connect { return connect(packet) }
    guard let socket = sockets[packet.namespace] else { return session.fail() }
    switch packet.kind {
    case .disconnect: socket.leave()
    case .event:
      guard var event = packet.event else { return session.fail() }
      event.size = size
      guard socket.received(event) else { return session.fail() }
    case .ack: socket.acknowledged(packet)
    case .connect, .connectError: session.fail()
    }
  }

  private func connect(_ packet: SocketPacket) {
    // A query may follow the name; what it says is no part of it.
    let namespace = String(packet.namespace.prefix { $0 != "?" })
    guard sockets[namespace] == nil else { return session.fail() }
    let socket = NamespaceSocket(namespace, on: self)
    sockets[namespace] = socket
    host.asked(socket, auth: packet.payload ?? .object(JSON.Members()))
  }

  func joined() {
    deadline = .distantFuture
  }

  func left(_ socket: NamespaceSocket) {
    if sockets[socket.namespace] === socket { sockets[socket.namespace] = nil }
  }

  func timePassed(now: NIODeadline) {
    deadline = .distantFuture
    session.close(.policyViolation, "no namespace was joined in time")
  }

  func closed() {
    for socket in Array(sockets.values) { socket.leave() }
  }
}

/// Socket.IO as what an Engine.IO server is for.
package struct SocketServer: EngineHost {
  package typealias Admit =
    @Sendable (_ head: HTTPRequestHead, _ address: String, _ eventLoop: any EventLoop)
    async throws(Refusal) -> EngineCaller

  private let settings: SocketSettings
  private let host: any SocketHost
  private let admit: Admit

  /// - Parameter admit: takes a place for a session that begins by polling.
  package init(
    _ settings: SocketSettings = SocketSettings(), host: any SocketHost, admit: @escaping Admit
  ) {
    self.settings = settings
    self.host = host
    self.admit = admit
  }

  package func admit(
    _ head: HTTPRequestHead, address: String, on eventLoop: any EventLoop
  ) async throws(Refusal) -> EngineCaller {
    try await admit(head, address, eventLoop)
  }

  package func application(on connection: EngineConnection) -> any EngineApplication {
    SocketConnection(connection, settings, host: host)
  }
}
