import Inventory
import Wire

/// A batch as shore read it: every event either good or refused by its seq.
package struct ReceivedBatch: Sendable, Hashable {
  package var head: BatchHead
  package var events: [Event]
  package var refused: [EventRefusal]

  /// Reads a body whose seal has been verified.
  package init(body: [UInt8], coding: Coding = .gzip) throws(BatchFault) {
    try self.init(text: try coding.unpacked(body))
  }

  /// Reads a batch that is inflated already.
  package init(text: [UInt8]) throws(BatchFault) {
    let lines = text.split(
      separator: UInt8(ascii: "\n"), maxSplits: Limits.events + 2, omittingEmptySubsequences: true)
    guard let first = lines.first else { throw .badHead("there is none") }
    let json: JSON
    do throws(JSONError) {
      json = try JSON(first)
    } catch {
      throw .badHead("it is no JSON")
    }
    head = try BatchHead(json)
    guard lines.count - 1 == head.count else {
      throw .wrongCount(head: head.count, lines: lines.count - 1)
    }
    events = []
    refused = head.withheld.map {
      EventRefusal(seq: $0, code: .withheld, message: "The hub kept the event back.")
    }
    var last = head.after
    for (index, line) in lines.dropFirst().enumerated() {
      guard let result = EventLine.read(line, lane: head.lane) else {
        throw .unreadableLine(index + 2)
      }
      do throws(EventRefusal) {
        let event = try result.get()
        try check(event.seq, last: last)
        last = event.seq
        events.append(event)
      } catch {
        refused.append(error)
      }
    }
  }

  private func check(_ seq: Int64, last: Int64) throws(EventRefusal) {
    guard seq > head.after, seq <= head.through else {
      throw EventRefusal(
        seq: seq, code: .outOfRange,
        message: "The batch holds events after \(head.after) through \(head.through).")
    }
    guard seq > last else {
      throw EventRefusal(
        seq: seq, code: .outOfOrder, message: "The event came after event \(last).")
    }
    guard head.lineage.epoch(of: seq) == head.epoch else {
      throw EventRefusal(
        seq: seq, code: .wrongEpoch, message: "The event is not one of epoch \(head.epoch).")
    }
  }
}
