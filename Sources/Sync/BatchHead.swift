import Inventory
import Wire

/// A batch's first line: which stretch of which lane follows, and under which lineage.
package struct BatchHead: Sendable, Hashable {
  /// The epoch of all events in the batch.
  package var epoch: String
  package var lane: Lane
  /// Where shore's cursor must have got to, or there would be a gap.
  package var after: Int64
  /// Where the cursor stands once this batch is applied.
  package var through: Int64
  package var count: Int
  package var lineage: Lineage
  /// Seqs in `after...through` that the hub keeps back, because shore could not read them.
  package var withheld: [Int64]

  package init(
    epoch: String, lane: Lane, after: Int64, through: Int64, count: Int, lineage: Lineage,
    withheld: [Int64] = []
  ) {
    self.epoch = epoch
    self.lane = lane
    self.after = after
    self.through = through
    self.count = count
    self.lineage = lineage
    self.withheld = withheld
  }

  /// `{"epoch":"…","lane":"normal","after":0,"through":9,"count":9,"lineage":[["…",1]]}`
  package var json: JSON {
    .compact([
      "epoch": .string(epoch), "lane": .string(lane.name), "after": .int(after),
      "through": .int(through), "count": .int(Int64(count)), "lineage": lineage.json,
      "withheld": withheld.isEmpty ? nil : .array(withheld.map(JSON.int)),
    ])
  }

  package init(_ json: JSON) throws(BatchFault) {
    guard let lineage = json["lineage"].flatMap(Lineage.init) else {
      throw .badHead("lineage is not a list of epochs in order")
    }
    guard let epoch = json["epoch"]?.text, lineage.entries.contains(where: { $0.epoch == epoch })
    else { throw .badHead("epoch is not in the lineage") }
    guard let lane = json["lane"]?.text.flatMap({ Lane(name: $0) }) else {
      throw .badHead("lane is not one of first, normal and bulk")
    }
    guard let after = json["after"]?.integer, let through = json["through"]?.integer, after >= 0,
      through >= after
    else { throw .badHead("after and through do not follow each other") }
    guard let count = json["count"]?.integer, (0...Int64(Limits.events)).contains(count) else {
      throw .badHead("count is not from 0 to \(Limits.events)")
    }
    let withheld = (json["withheld"]?.elements ?? []).map { $0.integer ?? 0 }
    guard withheld.count <= Limits.events,
      withheld.allSatisfy({ $0 > after && $0 <= through })
    else { throw .badHead("withheld is not within the batch") }
    self.init(
      epoch: epoch, lane: lane, after: after, through: through, count: Int(count),
      lineage: lineage, withheld: withheld)
  }
}

/// Why a batch as a whole can't be read. The hub then sends it in halves, until one event is left.
package enum BatchFault: Error, Sendable, Hashable {
  case unreadableBody
  case tooLarge
  case badHead(String)
  case wrongCount(head: Int, lines: Int)
  case unreadableLine(Int)

  package var problem: Problem {
    switch self {
    case .unreadableBody: Problem(.malformed, "The body is no whole stream of its encoding.")
    case .tooLarge:
      Problem(.tooLarge, "The body unpacks to more than \(Limits.inflated) bytes.")
    case .badHead(let what): Problem(.malformed, "The batch's head is wrong: \(what).")
    case .wrongCount(let head, let lines):
      Problem(.malformed, "The head announces \(head) events, but \(lines) lines follow.")
    case .unreadableLine(let line):
      Problem(.malformed, "Line \(line) of the batch has no seq that can be read.")
    }
  }
}
