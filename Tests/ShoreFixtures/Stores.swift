import Inventory
import Shore
import Sync

extension ShoreStore {
  /// The site's export, a line each.
  package var exported: [String] {
    get throws {
      var lines: [String] = []
      try export(.yacht) { lines.append(String(decoding: $0, as: UTF8.self)) }
      return lines
    }
  }
}

extension Batch {
  package var received: ReceivedBatch {
    get throws { try ReceivedBatch(body: try body()) }
  }

  /// What the hub's own export prints of the batch's events.
  package func exported(epoch: String) -> [String] {
    events.map { String(decoding: EventLine.export($0, epoch: epoch), as: UTF8.self) }
  }
}
