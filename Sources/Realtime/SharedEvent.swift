import Inventory
import NIOCore
import Synchronization
import Wire

/// A committed event on its way to devices. Its frame is made once, by the first event loop that has
/// a receiver for it, and shared by all receivers.
package final class SharedEvent: Sendable {
  package let event: Event
  private let epoch: String
  private let cached = Mutex<ByteBuffer?>(nil)

  package init(_ event: Event, epoch: String) {
    self.event = event
    self.epoch = epoch
  }

  package var frame: ByteBuffer {
    cached.withLock { cached in
      if let frame = cached { return frame }
      let frame = WebSocketFrames.text(Self.message(event, epoch: epoch))
      cached = frame
      return frame
    }
  }

  /// `{"type":…,"namespace":…,"epoch":…,"seq":…,"data":…,"timestamp":…}`
  private static func message(_ event: Event, epoch: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(event.data.utf8.count + 160)
    bytes.append(contentsOf: #"{"type":"#.utf8)
    JSON.append(event.type, to: &bytes)
    bytes.append(contentsOf: #","namespace":"#.utf8)
    JSON.append(event.topics.first ?? "", to: &bytes)
    bytes.append(contentsOf: #","epoch":"#.utf8)
    JSON.append(epoch, to: &bytes)
    bytes.append(contentsOf: #","seq":"#.utf8)
    JSON.append(event.seq, to: &bytes)
    bytes.append(contentsOf: #","data":"#.utf8)
    bytes.append(contentsOf: event.data.utf8)
    bytes.append(contentsOf: #","timestamp":"#.utf8)
    JSON.append(event.time, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }
}
