import Inventory
import Wire

/// Shore's word on one batch that came by courier: a line of the receipt.
///
/// It names the very lines by their digest, so that the hub moves a cursor over nothing that it does
/// not hold itself just as shore got it, whatever happened aboard while the stick travelled.
package struct CourierAnswer: Sendable, Hashable {
  package var epoch: String
  package var lane: Lane
  package var after: Int64
  package var through: Int64
  package var count: Int
  package var withheld: [Int64]
  package var digest: BodyDigest
  package var refused: [EventRefusal]
  /// Where shore's log of the lane ends, when that is before `after` and nothing was taken.
  package var gap: Int64?

  /// - Parameter text: the batch as it came, head and all.
  package init(
    _ head: BatchHead, text: [UInt8], refused: [EventRefusal] = [], gap: Int64? = nil
  ) {
    epoch = head.epoch
    lane = head.lane
    after = head.after
    through = head.through
    count = head.count
    withheld = head.withheld
    let lines = text.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
    digest = BodyDigest(of: Array(lines))
    self.refused = refused
    self.gap = gap
  }

  package static func digest(of events: [Event]) -> BodyDigest {
    var lines: [UInt8] = []
    for event in events {
      EventLine.append(event, to: &lines)
      lines.append(UInt8(ascii: "\n"))
    }
    return BodyDigest(of: lines)
  }

  package var json: JSON {
    .compact([
      "epoch": .string(epoch), "lane": .string(lane.name), "after": .int(after),
      "through": .int(through), "count": .int(Int64(count)),
      "withheld": withheld.isEmpty ? nil : .array(withheld.map(JSON.int)),
      "digest": .string(digest.hex),
      "refused": refused.isEmpty ? nil : .array(refused.map(\.json)), "gap": .integer(gap),
    ])
  }

  package init?(_ json: JSON) {
    guard let epoch = json["epoch"]?.text,
      let lane = json["lane"]?.text.flatMap({ Lane(name: $0) }),
      let after = json["after"]?.integer, let through = json["through"]?.integer,
      0 <= after, after <= through, let count = json["count"]?.integer,
      (0...Int64(Limits.events)).contains(count),
      let digest = json["digest"]?.text.flatMap(BodyDigest.init(hex:))
    else { return nil }
    self.epoch = epoch
    self.lane = lane
    self.after = after
    self.through = through
    self.count = Int(count)
    self.digest = digest
    withheld = json["withheld"]?.elements?.compactMap(\.integer) ?? []
    refused = json["refused"]?.elements?.compactMap(EventRefusal.init) ?? []
    gap = json["gap"]?.integer
  }
}

extension CourierContents {
  /// What goes into the envelope that comes back.
  package static func receipt(
    _ answers: [CourierAnswer], to site: SiteName
  ) throws(GzipError) -> [UInt8] {
    var lines: [UInt8] = []
    for answer in answers { lines += answer.json.encodedBytes + [UInt8(ascii: "\n")] }
    return try label(.receipt, site) + Gzip.deflated(lines)
  }

  /// The answers of a receipt.
  package mutating func answers() throws(CourierFault) -> [CourierAnswer] {
    var answers: [CourierAnswer] = []
    for line in (try next() ?? []).split(separator: UInt8(ascii: "\n")) {
      guard let answer = (try? JSON(line)).flatMap(CourierAnswer.init) else { throw .unreadable }
      answers.append(answer)
    }
    return answers
  }
}
