import Inventory
import NIOCore
import Synchronization

/// An event on its way to devices. Its frames are made once a rendition, by the first event loop that
/// has a receiver for it, and shared by all receivers.
package final class SharedEvent: Sendable {
  package let event: Event
  package let epoch: String
  /// Tells one passing thing from the next; 0 for what is logged.
  let passage: Int64
  private let rendered = Mutex<[(rendition: ObjectIdentifier, speech: Speech?)]>([])

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

  /// What `rendition` says of the event; `nil` where that is nothing.
  package func speech(in rendition: Rendition) -> Speech? {
    let key = ObjectIdentifier(rendition)
    return rendered.withLock { rendered in
      if let known = rendered.first(where: { $0.rendition == key }) { return known.speech }
      let messages = rendition.messages(event, epoch: epoch)
      let speech = messages.isEmpty ? nil : Speech(messages)
      rendered.append((key, speech))
      return speech
    }
  }
}

/// One event as ready messages, and as the WebSocket frames that carry them.
package struct Speech: Sendable {
  package let messages: [[UInt8]]
  package let frames: ByteBuffer

  package init(_ messages: [[UInt8]]) {
    self.messages = messages
    var frames = messages.first.map(WebSocketFrames.text) ?? ByteBuffer()
    for message in messages.dropFirst() {
      var frame = WebSocketFrames.text(message)
      frames.writeBuffer(&frame)
    }
    self.frames = frames
  }
}
