import Inventory
import SocketIO
import Sync
import Synchronization
import WebSockets
import Wire

/// What a screen listens to: one site or the fleet, all of it or what bears one topic.
struct OfficeTopic: Sendable, Hashable {
  /// `nil` is every site, those that are added later included.
  var site: SiteName?
  /// A namespace such as `inventory`, or a finer topic such as `inventory:location:7`; `nil` is all.
  var topic: String?

  func covers(_ arrival: Arrival) -> Bool {
    (site ?? arrival.site) == arrival.site && topic.map(arrival.event.topics.contains) ?? true
  }

  /// As it is said back.
  var members: [(key: String, value: JSON)] {
    [site.map { ("site", .string($0.text)) }, topic.map { ("topic", .string($0)) }]
      .compactMap { $0 }
  }
}

/// Something that came in, in the frames that all screens share.
final class OfficeNews: Sendable {
  let arrival: Arrival
  let frames: SharedFrames
  private let packed = Mutex<SharedFrames?>(nil)

  /// - Parameter cursor: where the site's cursor stands behind it.
  init(_ arrival: Arrival, _ cursor: OfficeCursor) {
    self.arrival = arrival
    frames = SharedFrames([Self.message(arrival, cursor)])
  }

  /// The same as a packet of Socket.IO, made once for all who speak that.
  var packet: SharedFrames {
    packed.withLock { packed in
      if let packed { return packed }
      let texts = frames.messages.map { String(decoding: $0, as: UTF8.self) }
      let made = SharedFrames([
        SocketPacket.event(arrival.event.type, in: "/", json: texts)
      ])
      packed = made
      return made
    }
  }

  /// The hub's own message with the site and the cursor beside it:
  /// `{"type":…,"namespace":…,"site":…,"epoch":…,"seq":…,"cursor":…,"data":…,"timestamp":…}`
  private static func message(_ arrival: Arrival, _ cursor: OfficeCursor) -> [UInt8] {
    let event = arrival.event
    let head: JSON = [
      "type": .string(event.type), "namespace": .string(event.topics.first ?? ""),
      "site": .string(arrival.site.text), "epoch": .string(arrival.epoch), "seq": .int(event.seq),
      "cursor": .string(cursor.text),
    ]
    var bytes = head.encodedBytes
    bytes.removeLast()
    bytes.append(contentsOf: #","data":"#.utf8)
    bytes.append(contentsOf: event.data.utf8)
    bytes.append(contentsOf: #","timestamp":"#.utf8)
    JSON.append(event.time, to: &bytes)
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }
}
