import Wire

/// Every epoch that a site's log has been through, oldest first.
///
/// An epoch's events are numbered from its `firstSeq` up to where the next one starts. A restore
/// from a backup starts a new epoch; what the old one held from there on no longer belongs to the
/// site's log.
package struct Lineage: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    package var epoch: String
    package var firstSeq: Int64

    package init(epoch: String, firstSeq: Int64) {
      self.epoch = epoch
      self.firstSeq = firstSeq
    }
  }

  package let entries: [Entry]

  /// `nil` unless the epochs are named, differ, and start one after the other from 1 or above.
  package init?(_ entries: [Entry]) {
    guard (1...Limits.epochs).contains(entries.count),
      entries.allSatisfy({ Self.allows($0.epoch) && $0.firstSeq > 0 }),
      zip(entries, entries.dropFirst()).allSatisfy({ $0.firstSeq <= $1.firstSeq }),
      Set(entries.map(\.epoch)).count == entries.count
    else { return nil }
    self.entries = entries
  }

  /// The epoch that the event `seq` belongs to; `nil` below the first one.
  package func epoch(of seq: Int64) -> String? {
    entries.last { $0.firstSeq <= seq }?.epoch
  }

  /// Each epoch with the seqs that belong to it; an epoch in which nothing happened is left out.
  package var spans: [(epoch: String, seqs: ClosedRange<Int64>)] {
    let ends = entries.dropFirst().map { $0.firstSeq - 1 } + [Int64.max]
    return zip(entries, ends).compactMap { entry, end in
      entry.firstSeq <= end ? (entry.epoch, entry.firstSeq...end) : nil
    }
  }

  /// How a newly told lineage stands to this one.
  package enum Change: Sendable, Hashable {
    case none
    /// The log goes on under new epochs, or turned off this lineage in a restore: what lies above
    /// `through` counts as not received.
    case turned(through: Int64)
    /// The two have no epoch in common: they are the logs of two different hubs.
    case stranger
  }

  package func change(to told: Lineage) -> Change {
    guard told != self else { return .none }
    let shared = zip(entries, told.entries).prefix { $0 == $1 }.count
    guard shared > 0 else { return .stranger }
    let turns = [entries.dropFirst(shared).first, told.entries.dropFirst(shared).first]
    return .turned(through: (turns.compactMap { $0?.firstSeq }.min() ?? Int64.max) - 1)
  }

  private static func allows(_ epoch: String) -> Bool {
    (1...Limits.nameLength).contains(epoch.utf8.count)
      && epoch.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}

extension Lineage {
  /// `[["e1",1],["e2",151]]`
  package var json: JSON {
    .array(entries.map { [.string($0.epoch), .int($0.firstSeq)] })
  }

  package init?(_ json: JSON) {
    guard let elements = json.elements, elements.count <= Limits.epochs else { return nil }
    var entries: [Entry] = []
    for element in elements {
      guard let pair = element.elements, pair.count == 2, let epoch = pair[0].text,
        let firstSeq = pair[1].integer
      else { return nil }
      entries.append(Entry(epoch: epoch, firstSeq: firstSeq))
    }
    self.init(entries)
  }
}
