import Access
import Inventory
import NIOCore
import NIOHTTP1

/// A protocol that is spoken on WebSockets at paths of its own.
package protocol Dialect: Sendable {
  /// Whether the dialect lives at `path`, which has no query.
  func serves(_ path: String) -> Bool
  /// Whether a request's token signs in at the door. Where it does not, the dialect sees to it.
  var signsInAtTheDoor: Bool { get }
  /// Whoever speaks for the new connection, on its event loop.
  func connect(_ caller: Admission.Admitted, at deck: Deck) -> any WebSocketPeer
}
