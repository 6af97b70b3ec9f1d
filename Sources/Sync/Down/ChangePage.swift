import Inventory
import Wire

/// Shore's next changes for one site, in order: a head and a line each, under gzip and seal.
package struct ChangePage: Sendable, Hashable {
  /// The header that carries the seal.
  package static let sealHeader = "QM-Seal"

  package var after: Int64
  package var changes: [ShoreChange]
  /// What shore's clock showed when it answered, in milliseconds since 1970.
  package var sent: Int64

  package init(after: Int64, changes: [ShoreChange], sent: Int64) {
    self.after = after
    self.changes = changes
    self.sent = sent
  }

  package func body() throws(GzipError) -> [UInt8] {
    let head: JSON = [
      "after": .int(after), "count": .int(Int64(changes.count)), "sent": .int(sent),
    ]
    var text = head.encodedBytes
    for change in changes {
      text.append(UInt8(ascii: "\n"))
      text.append(contentsOf: change.json.encodedBytes)
    }
    return try Gzip.deflated(text)
  }

  /// Reads a body whose seal has been verified; `nil` unless it is whole and in order.
  package init?(body: [UInt8], to request: ChangeRequest) {
    guard let text = try? Gzip.inflated(body, limit: Limits.inflated) else { return nil }
    let lines = text.split(separator: UInt8(ascii: "\n"), maxSplits: Limits.pageChanges + 1)
    guard let head = lines.first.flatMap({ try? JSON($0, depth: Limits.depth) }),
      let after = head["after"]?.integer, after == request.after,
      let sent = head["sent"]?.integer, let count = head["count"]?.integer,
      count == Int64(lines.count - 1)
    else { return nil }
    let changes = lines.dropFirst().compactMap { line in
      (try? JSON(line, depth: Limits.depth)).flatMap(ShoreChange.init)
    }
    guard changes.count == lines.count - 1,
      zip(changes, after...).allSatisfy({ $0.number == $1 + 1 })
    else { return nil }
    self.init(after: after, changes: changes, sent: sent)
  }
}

extension SiteKey {
  /// The seal of a page, which holds for the very question it answers.
  package func seal(page body: [UInt8], site: SiteName, request: BodyDigest) -> String {
    seal(["changes", site.text, request.hex, BodyDigest(of: body).hex])
  }

  package func verifies(
    _ seal: String, page body: [UInt8], site: SiteName, request: BodyDigest
  ) -> Bool {
    verifies(seal, of: ["changes", site.text, request.hex, BodyDigest(of: body).hex])
  }
}

extension ShoreChange {
  /// `{"number":51,"tag":"…","time":…,"count":0,"epoch":"…","seen":[9,12,3],"by":"Ana",…}`
  package var json: JSON {
    .compact([
      "number": .int(number), "tag": .string(tag), "time": .int(stamp.time),
      "count": .int(stamp.count), "epoch": .text(seen.epoch),
      "seen": .array(Lane.allCases.map { .int(seen.through[$0] ?? 0) }),
      "by": .string(author), "command": .string(command), "data": data,
    ])
  }

  package init?(_ json: JSON) {
    guard let number = json["number"]?.integer, number > 0, let tag = json["tag"]?.text,
      Self.allows(tag: tag), let time = json["time"]?.integer, let count = json["count"]?.integer,
      let seen = json["seen"]?.elements?.map({ $0.integer ?? -1 }),
      seen.count == Lane.allCases.count, seen.allSatisfy({ $0 >= 0 }),
      let author = json["by"]?.text, let command = json["command"]?.text, let data = json["data"]
    else { return nil }
    self.init(
      number: number, tag: tag, stamp: Stamp(time: time, count: count, side: .ashore),
      seen: Seen(
        epoch: json["epoch"]?.text,
        through: Dictionary(uniqueKeysWithValues: zip(Lane.allCases, seen))),
      author: author, command: command, data: data)
  }

  /// A tag goes into an address and serves as an operation id: 8 to 64 of `A-Z a-z 0-9 . _ -`.
  package static func allows(tag: String) -> Bool {
    tag.utf8.count >= 8 && SiteName(tag) != nil
  }

  package static func freshTag() -> String {
    Hex.text((0..<8).map { _ in UInt8.random(in: .min ... .max) })
  }
}
