import Sync

/// Where shore is, who this site is, and how patient the uplink may be.
package struct UplinkSettings: Sendable {
  /// `https://shore.example`, without a trailing slash.
  package let shore: String
  package let site: SiteName
  package let key: SiteKey
  package var pace = Forwarder.Pace()
  package var profile = LinkProfile(.marina)
  package var trust = Trust()
  /// How long of powered time something may wait without getting anywhere before people are told.
  package var patience = Duration.seconds(15 * 60)
  package var connectTimeout = Duration.seconds(20)
  /// For how long the other end may leave bytes unconfirmed before the kernel ends the connection.
  package var confirmationTimeout = Duration.seconds(30)
  /// For one whole exchange: a full batch takes over a minute at 9,600 bit/s.
  package var exchangeTimeout = Duration.seconds(240)

  package enum Fault: Error, Sendable, Hashable, CustomStringConvertible {
    case badAddress(String)
    case badSite(String)
    case badKey

    package var description: String {
      switch self {
      case .badAddress(let address):
        "'\(address)' is no address of a shore server; write it like https://shore.example."
      case .badSite(let name): "'\(name)' can't be a site's name; use \(SiteName.rule)."
      case .badKey:
        "The site key is not valid; save what `quartermaster-shore site add` printed, and nothing "
          + "else, to the key file."
      }
    }
  }

  package init(shore: String, site: String, key: String) throws(Fault) {
    var address = shore[...]
    while address.hasSuffix("/") { address = address.dropLast() }
    let host = ["https://", "http://"].first { address.hasPrefix($0) }
      .map { address.dropFirst($0.count) }
    let isPlain = address.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard let host, !host.isEmpty, isPlain, !host.contains(where: { "?#@".contains($0) }) else {
      throw .badAddress(shore)
    }
    guard let name = SiteName(site) else { throw .badSite(site) }
    guard let key = SiteKey(text: key) else { throw .badKey }
    self.shore = String(address)
    self.site = name
    self.key = key
    // As many as a page holds of the shortest ones; each is read from the log whole.
    pace.batchEvents = 3000
  }

  var url: String { "\(shore)/v1/sites/\(site)/events" }
}
