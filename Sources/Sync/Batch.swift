import Inventory
import Wire

/// The next events of one lane, ready to be sent.
package struct Batch: Sendable, Hashable {
  package var head: BatchHead
  package var events: [Event]
  /// The JSON lines, head first.
  package var text: [UInt8]

  /// As many of `events` as one batch may hold: one epoch, about `Limits.page` bytes, at least one.
  ///
  /// `events` are the lane's next ones after its cursor, in order; `nil` when there are none.
  package init?(_ events: some Sequence<Event>, lane: Lane, after: Int64, lineage: Lineage) {
    var lines: [UInt8] = []
    var taken: [Event] = []
    var epoch: String?
    for event in events {
      let own = lineage.epoch(of: event.seq) ?? lineage.entries[0].epoch
      let before = lines.count
      guard epoch == nil || epoch == own, taken.count < Limits.events else { break }
      EventLine.append(event, to: &lines)
      lines.append(UInt8(ascii: "\n"))
      if !taken.isEmpty, lines.count > Limits.page {
        lines.removeLast(lines.count - before)
        break
      }
      epoch = own
      taken.append(event)
    }
    guard let epoch, let last = taken.last else { return nil }
    self.init(
      head: BatchHead(
        epoch: epoch, lane: lane, after: after, through: last.seq, count: taken.count,
        lineage: lineage),
      events: taken, lines: lines)
  }

  /// A batch that moves shore's cursor past one event without sending it.
  package init(withholding event: Event, lane: Lane, after: Int64, lineage: Lineage) {
    self.init(
      head: BatchHead(
        epoch: lineage.epoch(of: event.seq) ?? lineage.entries[0].epoch, lane: lane, after: after,
        through: event.seq, count: 0, lineage: lineage, withheld: [event.seq]),
      events: [], lines: [])
  }

  private init(head: BatchHead, events: [Event], lines: [UInt8]) {
    self.head = head
    self.events = events
    text = head.json.encodedBytes + [UInt8(ascii: "\n")] + lines
  }

  /// The request's body.
  package func body(_ coding: Coding = .gzip) throws(BatchFault) -> [UInt8] {
    try coding.packed(text)
  }
}
