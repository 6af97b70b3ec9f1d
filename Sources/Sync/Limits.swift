/// What both ends of the uplink agree on: batches, answers, refusals and the proof that each was
/// read.
///
/// A batch is a head and the lane's next events, as JSON lines under gzip. The hub signs the bytes
/// it sends, shore signs what it answers together with the digest of those bytes, and neither ever
/// sends the site's key: whoever sits between (a marina's sign-in page, a proxy) can spoil a batch,
/// but can not make the hub believe that shore has it. Identity is (site, epoch, seq); what shore
/// can't accept is refused by its seq, so that one bad event never holds up the rest.
///
/// Values and bytes only: no database, no sockets, no clock.
package enum Limits {
  /// Bytes of one request's body, as sent.
  package static let body = 4 << 20
  /// Bytes of the same body once inflated.
  package static let inflated = 32 << 20
  package static let events = 5000
  /// A batch that a hub makes aims at this many bytes before compression.
  package static let page = 1 << 20
  package static let pageEvents = 1000
  /// Bytes of an answer that the hub reads.
  package static let answer = 4 << 20
  /// Arrays and objects nested in one event line.
  package static let depth = 64
  /// Restores that one site may have been through.
  package static let epochs = 1000
  package static let nameLength = 64
}
