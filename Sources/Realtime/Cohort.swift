import Access
import Inventory

/// Receivers of one loop who may hear the same and listen to the same, so that who is told what is
/// decided once for all of them, and what is told in a row is one piece that they share.
///
/// What is meant for one person is no matter of a cohort: neither an event for one user, nor what is
/// listened to under a topic of one's own.
final class Cohort {
  /// All that decides, of those who have subscribed and wait for no replay.
  struct Key: Hashable {
    var role: Role?
    var branches: Set<Int64>
    var customer: Int64?
    var renditions: [ObjectIdentifier]
    var isSelective: Bool
    var subscriptions: Set<Subscription.Key>

    var topics: Set<String> { Set(subscriptions.map(\.topic)) }
  }

  let key: Key
  private(set) var members: [Receiver] = []
  private var lastHeard: SharedEvent?
  private var waiting: [SharedFrames] = []

  init(key: Key) {
    self.key = key
  }

  func join(_ receiver: Receiver) {
    members.append(receiver)
  }

  func leave(_ receiver: Receiver) {
    guard let place = members.firstIndex(where: { $0 === receiver }) else { return }
    members.swapAt(place, members.count - 1)
    members.removeLast()
  }

  /// Keeps an event for all members until they are told.
  /// - Returns: whether it is the first that waits for them.
  func hear(_ shared: SharedEvent) -> Bool {
    guard lastHeard !== shared else { return false }
    lastHeard = shared
    guard let frames = members.first?.frames(of: shared) else { return false }
    waiting.append(frames)
    return waiting.count == 1
  }

  /// - Parameter apart: members who are told on their own.
  func tell(except apart: [ObjectIdentifier: Receiver]) {
    let pieces = SharedFrames.joined(waiting, upTo: WebSocketHandler.longestRun)
    waiting.removeAll(keepingCapacity: true)
    lastHeard = nil
    for member in members where apart.isEmpty || apart[ObjectIdentifier(member)] == nil {
      member.tell(pieces)
    }
  }
}
