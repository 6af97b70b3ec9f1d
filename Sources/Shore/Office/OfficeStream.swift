import HTTPTypes
import Hummingbird
import Inventory
import NIOCore
import ServiceLifecycle
import Sync
import Wire

/// What the office's screens hear: a site's log as it comes in, read only.
///
/// Server-sent events with the messages of the hub's own protocol: first `subscribed` with one of its
/// outcomes, then what was missed, then what comes. The id of each is a cursor; whoever comes back
/// with it misses nothing and hears nothing twice. A cursor of a log that a restore has cut off gets
/// `snapshot_required` and the present state is at `/v1/sites/{site}/…`.
struct OfficeStream: Sendable {
  let store: ShoreStore
  let site: SiteName
  let cursor: OfficeCursor?
  var look = Duration.milliseconds(500)
  private static let page = 500
  /// A caller that is gone is noticed when it is written to.
  private static let breath = Duration.seconds(15)

  func write(to writer: inout any ResponseBodyWriter) async throws {
    guard let end = try await store.end(of: site) else {
      return try await say(&writer, outcome: "nothing_yet", nil)
    }
    var cursor = cursor ?? end
    guard case .events(let missed, _) = try await store.tail(of: site, after: cursor, limit: 1)
    else { return try await say(&writer, outcome: "snapshot_required", end) }
    let outcome = self.cursor == nil ? "live" : missed.isEmpty ? "nothing_missed" : "replayed"
    try await say(&writer, outcome: outcome, cursor)

    var silence = Duration.zero
    while !Task.isCancelled, !Task.isShuttingDownGracefully {
      switch try await store.tail(of: site, after: cursor, limit: Self.page) {
      case .lost:
        return try await say(&writer, outcome: "snapshot_required", end)
      case .events(let events, let next) where events.isEmpty:
        cursor = next
        try await Task.sleep(for: look)
        silence += look
        if silence >= Self.breath {
          try await writer.write(ByteBuffer(string: ":\n\n"))
          silence = .zero
        }
      case .events(let events, let next):
        var buffer = ByteBuffer()
        cursor.epoch = next.epoch
        for arrival in events {
          cursor.show(arrival)
          buffer.writeString("id: \(cursor.text)\n")
          Self.append(arrival.event, epoch: arrival.epoch, to: &buffer)
        }
        cursor = next
        silence = .zero
        try await writer.write(buffer)
      }
    }
  }

  private static func append(_ event: Event, epoch: String, to buffer: inout ByteBuffer) {
    let head: JSON = [
      "type": .string(event.type), "namespace": .string(event.topics.first ?? ""),
      "epoch": .string(epoch), "seq": .int(event.seq),
    ]
    buffer.writeString("data: \(head.encoded.dropLast()),\"data\":\(event.data)")
    buffer.writeString(",\"timestamp\":\(event.time)}\n\n")
  }

  private func say(
    _ writer: inout any ResponseBodyWriter, outcome: String, _ cursor: OfficeCursor?
  ) async throws {
    let message: JSON = [
      "type": "subscribed",
      "data": .compact([
        "site": .string(site.text), "outcome": .string(outcome), "cursor": .text(cursor?.text),
      ]),
    ]
    let id = cursor.map { "id: \($0.text)\n" } ?? ""
    try await writer.write(ByteBuffer(string: "\(id)data: \(message.encoded)\n\n"))
  }
}
