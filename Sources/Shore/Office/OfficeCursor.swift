import Inventory
import Sync

/// How much of a site's log a screen in the office has shown: as far as each lane has come, for the
/// lanes overtake each other on their way ashore, and how many of those that came late.
struct OfficeCursor: Sendable, Hashable {
  var epoch: String
  var through: [Lane: Int64]
  /// As `Arrival.late` counts.
  var late: Int64

  /// `e1.0.12.3`: the epoch, then the lanes, first to bulk; `e1.0.12.3+2` once two have come late.
  /// Serves as an event's id, which browsers send back when they return (HTML Standard, section 9.2,
  /// "Server-sent events").
  var text: String {
    ([epoch] + Lane.allCases.map { String(through[$0] ?? 0) }).joined(separator: ".")
      + (late > 0 ? "+\(late)" : "")
  }

  init(epoch: String, through: [Lane: Int64], late: Int64 = 0) {
    self.epoch = epoch
    self.through = through
    self.late = late
  }

  init?(_ text: String) {
    var text = text[...]
    var late: Int64 = 0
    if let plus = text.lastIndex(of: "+"), let number = Int64(text[plus...]) {
      (late, text) = (number, text[..<plus])
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let seqs = parts.suffix(Lane.allCases.count).compactMap { Int64($0) }
    guard parts.count > Lane.allCases.count, seqs.count == Lane.allCases.count,
      seqs.allSatisfy({ $0 >= 0 })
    else { return nil }
    self.init(
      epoch: parts.dropLast(Lane.allCases.count).joined(separator: "."),
      through: Dictionary(uniqueKeysWithValues: zip(Lane.allCases, seqs)), late: late)
  }

  /// Whether `arrival` has been shown.
  func isBehind(_ arrival: Arrival) -> Bool {
    if let number = arrival.late { return number <= late }
    return arrival.event.seq <= through[arrival.event.lane] ?? 0
  }

  mutating func show(_ arrival: Arrival) {
    guard !isBehind(arrival) else { return }
    if let number = arrival.late {
      late = number
    } else {
      through[arrival.event.lane] = arrival.event.seq
    }
  }

  /// Whether what was shown still belongs to the site's log: not where a restore aboard cut it off.
  func isPart(of lineage: Lineage) -> Bool {
    guard let index = lineage.entries.firstIndex(where: { $0.epoch == epoch }) else { return false }
    let next = lineage.entries.dropFirst(index + 1).first?.firstSeq ?? Int64.max
    return through.values.allSatisfy { $0 < next }
  }

  /// Less what a restore aboard has cut off.
  func clamped(to lineage: Lineage) -> OfficeCursor {
    let epoch = lineage.entries.last?.epoch ?? epoch
    guard let index = lineage.entries.firstIndex(where: { $0.epoch == self.epoch }) else {
      return OfficeCursor(epoch: epoch, through: [:], late: late)
    }
    let end = lineage.entries.dropFirst(index + 1).first.map { $0.firstSeq - 1 } ?? Int64.max
    return OfficeCursor(epoch: epoch, through: through.mapValues { min($0, end) }, late: late)
  }
}
