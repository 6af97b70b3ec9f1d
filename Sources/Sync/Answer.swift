import Inventory
import Wire

/// Shore's word on one batch: what is durable now, or where the hub must go on from instead.
package struct Answer: Sendable, Hashable {
  package enum Verdict: String, Sendable {
    /// Everything through `through` is durable, except what is refused.
    case accepted = "answer"
    /// Nothing was taken: shore's log of the lane ends at `through`, before the batch starts.
    case gap = "gap"
  }

  package var verdict: Verdict
  package var site: SiteName
  package var epoch: String
  package var lane: Lane
  package var through: Int64
  package var digest: BodyDigest
  package var refused: [EventRefusal]

  package init(
    _ verdict: Verdict, to head: BatchHead, site: SiteName, through: Int64, digest: BodyDigest,
    refused: [EventRefusal] = []
  ) {
    self.verdict = verdict
    self.site = site
    epoch = head.epoch
    lane = head.lane
    self.through = through
    self.digest = digest
    self.refused = refused
  }

  package var status: Int {
    switch verdict {
    case .accepted: 200
    case .gap: Problem.Code.gap.status
    }
  }

  /// A gap is a problem document as well, with the answer's members beside its own.
  package func json(key: SiteKey) -> JSON {
    let refused = JSON.array(refused.map(\.json))
    var json =
      switch verdict {
      case .accepted: JSON.object(JSON.Members())
      case .gap:
        Problem(.gap, "Shore has the \(lane.name) lane through \(through); send what follows.").json
      }
    json["site"] = .string(site.text)
    json["epoch"] = .string(epoch)
    json["lane"] = .string(lane.name)
    json["through"] = .int(through)
    json["digest"] = .string(digest.hex)
    json["refused"] = refused
    json["mac"] = .string(key.seal(parts(refused: refused)))
    return json
  }

  /// An answer to exactly the bytes with `digest`, sealed with the site's key; else `nil`.
  package init?(
    _ json: JSON, verdict: Verdict, to head: BatchHead, site: SiteName, digest: BodyDigest,
    key: SiteKey
  ) {
    guard json["site"]?.text == site.text, json["epoch"]?.text == head.epoch,
      json["lane"]?.text == head.lane.name, json["digest"]?.text == digest.hex,
      let through = json["through"]?.integer, let list = json["refused"],
      let elements = list.elements, let mac = json["mac"]?.text
    else { return nil }
    let refused = elements.compactMap(EventRefusal.init)
    self.init(
      verdict, to: head, site: site, through: through, digest: digest, refused: refused)
    guard refused.count == elements.count, key.verifies(mac, of: parts(refused: list)) else {
      return nil
    }
  }

  private func parts(refused: JSON) -> [String] {
    [
      verdict.rawValue, site.text, epoch, lane.name, String(through), digest.hex, refused.encoded,
    ]
  }
}
