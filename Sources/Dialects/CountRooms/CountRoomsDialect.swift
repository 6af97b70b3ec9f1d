import Access
import Inventory
import NIOCore
import Realtime
import Synchronization
import Wire

/// Count rooms at `/ws/inventory/{agency}/{month}/{year}`: the messages of seed 003, on count sessions.
///
/// A scan is a command and its relay an event, so a late joiner can ask for what was scanned and a
/// device that scans twice is told. Who scans is who signed in, whatever the message claims.
package final class CountRoomsDialect: Dialect {
  package let signsInAtTheDoor = true
  private let rate = Mutex(RateLimiter<Sender>())

  package init() {}

  package func serves(_ path: String) -> Bool {
    path == RoomPath.root || path.hasPrefix(RoomPath.root + "/")
  }

  package func connect(_ caller: Admission.Admitted, at deck: Deck) -> any WebSocketPeer {
    CountRoomConnection(caller, at: deck, in: self)
  }

  /// A user's messages of one type, on whatever connection; before sign-in a connection's.
  struct Sender: Hashable, Sendable {
    var user: Int64?
    var connection: Int64?
    var type: CountMessage?
  }

  func admits(_ sender: Sender, limit: Int) -> Bool {
    let now = Duration.nanoseconds(Int64(NIODeadline.now().uptimeNanoseconds))
    return rate.withLock { $0.admit(sender, limit: limit, now: now) }
  }
}

/// What a device may send in a count room.
enum CountMessage: String, Sendable {
  case auth, history, ping
  case userJoined = "user_joined"
  case scanAdded = "scan_added"
  case scanRemoved = "scan_removed"
  case inventoryCompleted = "inventory_completed"
}
