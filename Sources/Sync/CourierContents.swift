import Inventory
import Wire

/// What lies in a courier's envelope, going out or coming back: gzip members one after the other, so
/// that `gunzip` prints JSON lines. The first is the label, `{"courier":"events","site":"aurora"}`.
///
/// Going out each further member is a batch, byte for byte as the uplink would send it. Coming back
/// there is one more, with an answer a line. The envelope proves who wrote it and that none of it is
/// missing.
package struct CourierContents: Sendable {
  package enum Kind: String, Sendable {
    case events, receipt

    var words: String {
      switch self {
      case .events: "events of a site, for shore to import"
      case .receipt: "a receipt of shore's, for a site's hub"
      }
    }
  }

  package let site: SiteName
  private var rest: ArraySlice<UInt8>

  package static func label(_ kind: Kind, _ site: SiteName) throws(GzipError) -> [UInt8] {
    try Gzip.deflated(
      JSON.compact(["courier": .string(kind.rawValue), "site": .string(site.text)]).encodedBytes
        + [UInt8(ascii: "\n")])
  }

  package init(_ content: [UInt8], expecting kind: Kind) throws(CourierFault) {
    rest = content[...]
    let text = try Self.take(&rest)
    let label = try? JSON(text)
    guard let found = label?["courier"]?.text,
      let site = label?["site"]?.text.flatMap(SiteName.init)
    else { throw .unreadable }
    guard found == kind.rawValue else {
      throw .wrongKind(Kind(rawValue: found)?.words ?? "something that a newer version made")
    }
    self.site = site
  }

  /// The text of the next member; `nil` after the last.
  package mutating func next() throws(CourierFault) -> [UInt8]? {
    rest.isEmpty ? nil : try Self.take(&rest)
  }

  private static func take(_ rest: inout ArraySlice<UInt8>) throws(CourierFault) -> [UInt8] {
    do throws(GzipError) {
      let member = try Gzip.firstMember(of: rest, limit: Limits.inflated)
      rest = member.rest
      return member.text
    } catch {
      throw .unreadable
    }
  }
}

/// Why what came by courier can't be used, in words that say what to do.
package enum CourierFault: Error, Sendable, Hashable, CustomStringConvertible {
  case unreadable
  case wrongKind(String)
  case otherSite(said: SiteName, expected: SiteName)
  case stranger(SiteName)
  case revoked(SiteName)

  package var description: String {
    switch self {
    case .unreadable:
      "The file can't be understood; it was made by a newer version. Bring this end up to date."
    case .wrongKind(let words): "The file is \(words). Take the other one."
    case .otherSite(let said, let expected):
      "The file is about the site \(said), not \(expected). Take the stick to where it belongs."
    case .stranger(let site):
      "Shore knows \(site) under other epochs: two different hubs use this name. Give each its own "
        + "with `quartermaster-shore site add`."
    case .revoked(let site):
      "\(site) has no key any more, so nothing is taken from it. If that is over, give it a new one "
        + "with `quartermaster-shore site rotate`, and its certificate with `courier trust`."
    }
  }
}
