import Access
import Inventory
import NIOCore
import NIOHTTP1
import Realtime
import SocketIO

/// Socket.IO at `/socket.io/`, on WebSockets and by polling.
package struct SocketDialect: Dialect {
  /// Namespaces sign in by themselves, each in its own words.
  package let signsInAtTheDoor = false
  package let server: EngineServer
  private let hub: Hub

  package init(hub: Hub, allowedOrigins: Set<String>) {
    self.hub = hub
    var settings = EngineSettings()
    settings.maxPayload = hub.limits.messageSize
    settings.waitingBytes = hub.limits.waitingBytes
    settings.allowedOrigins = allowedOrigins
    var bounds = SocketSettings()
    bounds.jsonDepth = hub.limits.jsonDepth
    server = EngineServer(
      settings,
      host: SocketServer(bounds, host: HubSockets(hub: hub)) {
        head, address, _ throws(Refusal) in
        try hub.attempted(from: address)
        return Self.caller(try hub.reserve(address: address), address, head, hub)
      })
  }

  package func serves(_ path: String) -> Bool { path == "/socket.io/" || path == "/socket.io" }

  package func connect(_ caller: Admission.Admitted, at deck: Deck) -> any WebSocketPeer {
    server.connect(Self.caller(caller.connection, caller.address, caller.request, hub))
  }

  private static func caller(
    _ connection: Int64, _ address: String, _ head: HTTPRequestHead, _ hub: Hub
  ) -> EngineCaller {
    EngineCaller(connection: connection, address: address, head: head) {
      hub.released(address: address)
    }
  }
}
