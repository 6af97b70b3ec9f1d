import Inventory
import Wire

/// The hub's question for what shore wants of it: what follows `after`, held open for a while.
///
/// Asking also acknowledges: everything through `after` is on the hub's disk. The whole target,
/// with a nonce, is under the site's seal, and so is the answer together with it; so nobody in
/// between can move the cursor, and an old answer fits no new question.
package struct ChangeRequest: Sendable, Hashable {
  package var site: SiteName
  /// The hub's present epoch: changes are for the log that shore knows, and no other hub's.
  package var epoch: String
  package var after: Int64
  /// The tag of the change `after`, by which shore sees that both mean the same one.
  package var tag: String?
  /// How long shore may hold the question while it has no answer, in seconds.
  package var wait: Int64
  /// The events of each lane that shore has not confirmed, as the hub counts them.
  package var backlog: [Lane: Int64]
  package var nonce: String

  package init(
    site: SiteName, epoch: String, after: Int64, tag: String?, wait: Int64,
    backlog: [Lane: Int64], nonce: String
  ) {
    self.site = site
    self.epoch = epoch
    self.after = after
    self.tag = tag
    self.wait = wait
    self.backlog = backlog
    self.nonce = nonce
  }

  /// A nonce that has never been used: 96 random bits.
  package static func freshNonce() -> String {
    Hex.text((0..<12).map { _ in UInt8.random(in: .min ... .max) })
  }

  /// `/v1/sites/yacht/changes?epoch=…&after=51&tag=…&wait=60&backlog=0.12.3&nonce=…`
  package var target: String {
    let counts = Lane.allCases.map { String(backlog[$0] ?? 0) }.joined(separator: ".")
    return
      "/v1/sites/\(site)/changes?epoch=\(epoch)&after=\(after)\(tag.map { "&tag=\($0)" } ?? "")"
      + "&wait=\(wait)&backlog=\(counts)&nonce=\(nonce)"
  }

  /// Reads what `target` writes, the query only; `nil` for anything else.
  package init?(site: SiteName, query: String) {
    var values: [Substring: Substring] = [:]
    for pair in query.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, values.updateValue(parts[1], forKey: parts[0]) == nil else {
        return nil
      }
    }
    let counts = (values["backlog"] ?? "").split(separator: ".").map { Int64($0) ?? -1 }
    guard let epoch = values["epoch"].map(String.init), SiteName(epoch) != nil,
      let after = values["after"].flatMap({ Int64($0) }), after >= 0,
      let wait = values["wait"].flatMap({ Int64($0) }), wait >= 0,
      let nonce = values["nonce"], (16...64).contains(nonce.utf8.count),
      counts.count == Lane.allCases.count, counts.allSatisfy({ $0 >= 0 })
    else { return nil }
    self.init(
      site: site, epoch: epoch, after: after, tag: values["tag"].map(String.init),
      wait: min(wait, Limits.changeWait),
      backlog: Dictionary(uniqueKeysWithValues: zip(Lane.allCases, counts)), nonce: String(nonce))
  }

  /// What both seals are made over, given the target as it stood on the wire.
  package static func digest(target: String) -> BodyDigest {
    BodyDigest(of: Array("GET \(target)".utf8))
  }
}

extension Limits {
  /// Changes and bytes of JSON in one page.
  package static let pageChanges = 500
  package static let changePage = 256 << 10
  /// Seconds that shore holds a question.
  package static let changeWait: Int64 = 300
  /// Bytes of one change's data.
  package static let changeData = 128 << 10
}
