import Inventory
import Storage
import Sync

/// Takes in a receipt that a courier brought back: moves the cursors as shore's live answers would.
///
/// An answer counts only where the hub's log holds, at this moment and under the same epoch, exactly
/// the lines that shore got, and where nothing before them is unconfirmed. Everything else is passed
/// over: what is not confirmed goes again, and shore holds it once.
package struct CourierReceipt {
  package struct Summary: Sendable, Hashable {
    package var confirmed = 0
    package var refused = 0
    /// Batches that were confirmed before, by this receipt or by the live link.
    package var known = 0
    /// Batches that are not, or no longer, in this hub's log like that.
    package var foreign = 0
    /// Lanes of which shore has less than this hub thought; they go again from there.
    package var rewound: [Lane] = []

    package init(
      confirmed: Int = 0, refused: Int = 0, known: Int = 0, foreign: Int = 0, rewound: [Lane] = []
    ) {
      self.confirmed = confirmed
      self.refused = refused
      self.known = known
      self.foreign = foreign
      self.rewound = rewound
    }
  }

  private let store: Store

  package init(_ store: Store) {
    self.store = store
  }

  package func apply(_ answers: [CourierAnswer]) throws -> Summary {
    var summary = Summary()
    let lineage = try store.wholeLineage()
    for answer in answers { try apply(answer, lineage, &summary) }
    return summary
  }

  private func apply(
    _ answer: CourierAnswer, _ lineage: Lineage, _ summary: inout Summary
  ) throws {
    let cursor = try store.shoreCursor(answer.lane)
    if let gap = answer.gap {
      // A cursor that has moved since was moved by a later word of shore's.
      guard cursor == answer.after, gap < cursor else {
        summary.known += 1
        return
      }
      try store.rewound(answer.lane, to: gap)
      summary.rewound.append(answer.lane)
      return
    }
    guard answer.through > cursor else {
      summary.known += 1
      return
    }
    let withheld = Set(answer.withheld)
    let stretch = try store.outbox(
      lane: answer.lane, after: answer.after, limit: answer.count + withheld.count + 1
    ).prefix { $0.seq <= answer.through }
    let sent = stretch.filter { !withheld.contains($0.seq) }
    guard answer.after <= cursor, sent.count == answer.count,
      stretch.last?.seq == answer.through,
      stretch.allSatisfy({ lineage.epoch(of: $0.seq) == answer.epoch }),
      CourierAnswer.digest(of: sent) == answer.digest
    else {
      summary.foreign += 1
      return
    }
    let refused = answer.refused.filter { refusal in
      refusal.seq > cursor && stretch.contains { $0.seq == refusal.seq }
    }
    try store.acknowledged(
      answer.lane, through: answer.through,
      refused: refused.map { ShoreRefusal(seq: $0.seq, code: $0.code, message: $0.message) })
    summary.confirmed += stretch.count { $0.seq > cursor } - refused.count
    summary.refused += refused.count
  }
}
