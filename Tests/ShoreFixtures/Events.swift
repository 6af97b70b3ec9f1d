import Inventory
import Sync

extension Event {
  package static func sample(
    _ seq: Int64, lane: Lane = .normal, data: String? = nil
  ) -> Event {
    Event(
      seq: seq, type: "inventory:updated", lane: lane,
      audience: Audience(roles: .crew, branch: seq.isMultiple(of: 2) ? 1 : nil),
      topics: ["inventory", "inventory:location:7"], user: 3, time: 1_764_547_200_000 + seq,
      deviceTime: seq.isMultiple(of: 3) ? 1_764_547_100_000 : nil,
      data: data ?? #"{"productId":\#(seq),"change":-1,"note":"Fuß \"½\" 🍷","price":1.50}"#)
  }
}

extension Lineage {
  package static func sample(_ entries: (String, Int64)...) -> Lineage {
    guard let lineage = Lineage(entries.map { Entry(epoch: $0.0, firstSeq: $0.1) }) else {
      preconditionFailure("The test's lineage is none.")
    }
    return lineage
  }
}

extension SiteName {
  package static var yacht: SiteName {
    guard let name = SiteName("yacht") else { preconditionFailure("'yacht' is a site's name.") }
    return name
  }
}

extension Batch {
  /// Events `seqs` of one lane, all of the lineage's epochs that they fall in being one.
  package static func sample(
    _ seqs: ClosedRange<Int64>, lane: Lane = .normal, after: Int64? = nil,
    lineage: Lineage = .sample(("e1", 1))
  ) -> Batch {
    let events = seqs.map { Event.sample($0, lane: lane) }
    guard
      let batch = Batch(
        events, lane: lane, after: after ?? seqs.lowerBound - 1, lineage: lineage)
    else { preconditionFailure("A range is never empty.") }
    return batch
  }
}
