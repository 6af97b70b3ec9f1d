import Inventory
import Realtime
import Wire

/// One of the systems that speak Socket.IO: its namespaces, its words and its events.
protocol SocketTongue: Sendable {
  /// Why somebody without a token, with one that is not valid, or without the rights stays outside.
  var noToken: String { get }
  var badToken: String { get }
  func mayEnter(_ namespace: String, _ identity: Identity) -> Bool
  func rendition(in namespace: String, offsets: Bool) -> Rendition
  func conversation(on socket: HubSocket) -> any SocketConversation
}

/// What is said on one socket. Called on its event loop only.
protocol SocketConversation: AnyObject {
  /// The client is in. `rooms` are those that it was in, where it has come back.
  func began(rooms: [String])
  /// The rooms that the client is in, to be joined again when it comes back.
  var rooms: [String] { get }
  /// - Parameter answer: acknowledges the event; there only where the client asked for that.
  func heard(_ event: String, _ data: JSON, answer: ((JSON) -> Void)?)
  /// The last words before the hub ends the connection.
  func ending(_ farewell: Farewell)
  /// The client is gone.
  func ended()
}

extension SocketConversation {
  func ending(_ farewell: Farewell) {}
  func ended() {}
}
