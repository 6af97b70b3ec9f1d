import Inventory
import Storage
import Sync

/// Writes what shore has not confirmed into a file for a courier: every lane, in the batches that the
/// uplink sends.
///
/// Moves no cursor: that is for the receipt, or for a live answer that comes first. So a stick may be
/// lost, or made again, and costs nothing.
package struct CourierExport {
  package struct Summary: Sendable, Hashable {
    package var events = 0
    package var batches = 0
    /// Events that shore could not read, kept aboard; the receipt puts them into the tray.
    package var withheld = 0
  }

  private let store: Store
  private let site: SiteName
  private let largest: Int

  /// - Parameter largest: bytes of a batch that shore reads.
  package init(_ store: Store, of site: SiteName, largest: Int = Limits.inflated) {
    self.store = store
    self.site = site
    self.largest = largest
  }

  /// - Parameter write: takes the content piece by piece, at most a batch at a time.
  package func write(to write: ([UInt8]) throws -> Void) throws -> Summary {
    var summary = Summary()
    let lineage = try store.wholeLineage()
    // What is committed from now on goes with the next stick, or this one would never be full.
    let head = try store.position().seq
    try write(try CourierContents.label(.events, site))
    for lane in Lane.allCases {
      var after = try store.shoreCursor(lane)
      while true {
        let events = try store.outbox(lane: lane, after: after, limit: Limits.pageEvents)
          .prefix { $0.seq <= head }
        guard let batch = readable(events, lane: lane, after: after, lineage: lineage) else {
          break
        }
        try write(try Gzip.deflated(batch.text))
        after = batch.head.through
        summary.batches += 1
        summary.events += batch.events.count
        summary.withheld += batch.head.withheld.count
      }
    }
    return summary
  }

  /// The next batch that shore will be able to read, since a courier can't come back to ask: where
  /// shore's own reader stumbles the stretch is halved, and an event at fault is withheld.
  private func readable(
    _ events: ArraySlice<Event>, lane: Lane, after: Int64, lineage: Lineage
  ) -> Batch? {
    guard let batch = Batch(events, lane: lane, after: after, lineage: lineage) else { return nil }
    if batch.text.count <= largest, (try? ReceivedBatch(text: batch.text)) != nil {
      return batch
    }
    guard batch.events.count > 1 else {
      return Batch(withholding: batch.events[0], lane: lane, after: after, lineage: lineage)
    }
    return readable(
      events.prefix(batch.events.count / 2), lane: lane, after: after, lineage: lineage)
  }
}

extension Store {
  /// The log's epochs, as shore is told them.
  func wholeLineage() throws -> Lineage {
    let entries = try lineage().map { Lineage.Entry(epoch: $0.name, firstSeq: $0.firstSeq) }
    guard let lineage = Lineage(entries) else {
      throw Trouble.hub("The hub's list of epochs is damaged; restore the latest backup.")
    }
    return lineage
  }
}
