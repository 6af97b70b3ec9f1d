import Inventory
import Synchronization

/// An event on its way to devices. Its frames are made once a rendition, by the first event loop that
/// has a receiver for it, and shared by all receivers.
package final class SharedEvent: Sendable {
  package let event: Event
  package let epoch: String
  /// Tells one passing thing from the next; 0 for what is logged.
  let passage: Int64
  private let rendered = Mutex<[(rendition: ObjectIdentifier, frames: SharedFrames?)]>([])

  /// What is told outside the crew, once it was asked for.
  private let outward = Mutex<SharedEvent??>(nil)

  private static let passages = Atomic<Int64>(0)

  package init(_ event: Event, epoch: String) {
    self.event = event
    self.epoch = epoch
    passage =
      event.seq == 0 ? Self.passages.add(1, ordering: .relaxed).newValue : 0
  }

  /// Something of the moment: told to whoever listens now, neither logged nor replayed.
  package convenience init(
    passing type: String, topics: [String], audience: Audience, data: String, time: Int64
  ) {
    self.init(
      Event(
        seq: 0, type: type, lane: .bulk, audience: audience, topics: topics, time: time, data: data),
      epoch: "")
  }

  /// Whether it stands in no log.
  package var isPassing: Bool { event.seq == 0 }

  /// The event as `identity` hears it: whole within the crew; outside, what is open, made once for all
  /// who stand there. `nil` where nothing is.
  func heard(by identity: Identity?) -> SharedEvent? {
    if let identity, Roles.crew.contains(identity.role) { return self }
    return outward.withLock { outward in
      if let known = outward { return known }
      let made = event.outward.map { SharedEvent($0, epoch: epoch) }
      outward = .some(made)
      return made
    }
  }

  /// What `rendition` says of the event; `nil` where that is nothing.
  package func frames(in rendition: Rendition) -> SharedFrames? {
    let key = ObjectIdentifier(rendition)
    return rendered.withLock { rendered in
      if let known = rendered.first(where: { $0.rendition == key }) { return known.frames }
      let messages = rendition.messages(event, epoch: epoch)
      let frames = messages.isEmpty ? nil : SharedFrames(messages)
      rendered.append((key, frames))
      return frames
    }
  }
}
