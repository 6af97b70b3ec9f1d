import NIOCore
import NIOWebSocket
import SocketIO
import WebSockets
import Wire

/// A screen of the office on Socket.IO, in the namespace `/`. Each message of `/api/ws` is an event of
/// the name that its `type` says, with the whole message as its argument; what the screen wants to have
/// acknowledged is answered by the acknowledgement. Lives on the session's event loop.
final class OfficeSocket: SocketPeer, OfficeVoice {
  private let screen: OfficeScreen
  private let socket: NamespaceSocket

  init(_ screen: OfficeScreen, on socket: NamespaceSocket) {
    self.screen = screen
    self.socket = socket
  }

  func begin() { screen.enter(speaking: self) }

  func disconnected() { screen.leave() }

  func received(_ event: SocketEvent) {
    screen.received(
      .compact([
        "type": .string(event.name), "id": event.id.map { .string(String($0)) },
        "data": event.arguments.first,
      ]))
  }

  var isKeepingUp: Bool { socket.session.isKeepingUp }

  func say(_ message: JSON) {
    if let id = message["id"]?.text.flatMap({ Int64($0) }) {
      socket.acknowledge(id, [message])
    } else {
      socket.emit(message["type"]?.text ?? "", [message])
    }
    socket.flush()
  }

  func tell(_ news: OfficeNews, promise: EventLoopPromise<Void>?) {
    socket.emit(news.packet, promise: promise)
  }

  func flush() { socket.flush() }

  func close(_ code: WebSocketErrorCode, _ reason: String) { socket.session.close(code, reason) }
}

/// Lets screens into the one namespace that there is ashore. Who may open a session has been asked at
/// the door.
struct OfficeSockets: SocketHost {
  let feed: OfficeFeed
  let places: OfficePlaces
  let limits: OfficeLimits
  let clock: @Sendable () -> Int64

  func asked(_ socket: NamespaceSocket, auth: JSON) {
    let session = socket.session
    let pace = session.keepsake as? OfficePace ?? OfficePace(limits)
    session.keepsake = pace
    guard pace.admit() == .admitted else {
      return session.close(.rateLimited, "Too many messages. Wait a minute.")
    }
    guard socket.namespace == "/" else { return socket.refuse("Invalid namespace") }
    // A client may leave and come again on the same session.
    let screen = OfficeScreen(
      places.number(), on: session.eventLoop, hearing: feed, limits: limits, pace: pace,
      clock: clock)
    let peer = OfficeSocket(screen, on: socket)
    socket.accept(peer)
    if socket.isOpen { peer.begin() }
  }
}
