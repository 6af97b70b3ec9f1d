import Inventory
import NIOCore

/// How a receiver is spoken to: one connection of one dialect. Called on its event loop only.
package protocol Voice: AnyObject {
  var isOpen: Bool { get }
  /// Whether less waits for the device than it may leave unread.
  var isKeepingUp: Bool { get }
  /// When the device last sent anything.
  var lastHeard: NIODeadline { get }
  /// From the hub's last question for a sign of life to the answer.
  var roundTrip: TimeAmount? { get }
  /// Whether it is shown each event that its device has asked for and may hear, before that is told.
  var isSelective: Bool { get }
  /// - Returns: whether the device is to be told.
  func selects(_ event: Event) -> Bool
  /// Queues what others are told, too. `promise` is kept when it is on its way.
  func say(_ frames: SharedFrames, promise: EventLoopPromise<Void>?)
  func flush()
  /// Asks for a sign of life.
  func ping()
  func close(_ farewell: Farewell)
  /// The peer is gone without a word: nothing is left to shake hands with.
  func drop()
}

extension Voice {
  package var isSelective: Bool { false }
  package func selects(_ event: Event) -> Bool { true }
}

/// Why the hub ends a connection. Each dialect says it in its own codes.
package enum Farewell: Sendable, Hashable {
  case stopping
  case sessionEnded
  case rightsChanged
  case tooSlow
  case tooManyMessages

  package var reason: String {
    switch self {
    case .stopping: "The hub is stopping."
    case .sessionEnded: "This session has ended. Sign in again."
    case .rightsChanged: "Your rights have changed. Connect again."
    case .tooSlow: "This connection does not keep up. Connect again with the last seq."
    case .tooManyMessages: "Too many messages. Wait a minute."
    }
  }
}
