import Inventory
import Wire

/// How an event is written: one line of JSON, its data last and exactly as the hub stored it.
///
/// Operation ids and device names stay aboard: random ids do not compress, and shore needs neither.
package enum EventLine {
  /// `{"seq":1,"type":"…","topics":[…],"roles":7,…,"time":…,"data":{…}}`
  package static func append(_ event: Event, to bytes: inout [UInt8]) {
    append("{\"seq\":", to: &bytes)
    JSON.append(event.seq, to: &bytes)
    appendRest(of: event, to: &bytes)
  }

  /// The line that both ends export, byte for byte the same:
  /// `{"epoch":"…","seq":1,"lane":"normal","type":"…",…,"data":{…}}`
  package static func export(_ event: Event, epoch: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(event.data.utf8.count + 256)
    append("{\"epoch\":", to: &bytes)
    JSON.append(epoch, to: &bytes)
    append(",\"seq\":", to: &bytes)
    JSON.append(event.seq, to: &bytes)
    append(",\"lane\":", to: &bytes)
    JSON.append(event.lane.name, to: &bytes)
    appendRest(of: event, to: &bytes)
    return bytes
  }

  private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private static func appendRest(of event: Event, to bytes: inout [UInt8]) {
    append(",\"type\":", to: &bytes)
    JSON.append(event.type, to: &bytes)
    append(",\"topics\":", to: &bytes)
    JSON.array(event.topics.map(JSON.string)).append(to: &bytes)
    append(",\"roles\":", to: &bytes)
    JSON.append(Int64(event.audience.roles.rawValue), to: &bytes)
    append(",\"branch\":", event.audience.branch, to: &bytes)
    append(",\"customer\":", event.audience.customer, to: &bytes)
    append(",\"hearer\":", event.audience.user, to: &bytes)
    append(",\"user\":", event.user, to: &bytes)
    append(",\"time\":", event.time, to: &bytes)
    append(",\"deviceTime\":", event.deviceTime, to: &bytes)
    append(",\"data\":", to: &bytes)
    // Outside its strings, where JSON escapes them, a line end is nothing but space (RFC 8259,
    // section 2): written as a space, the event stays one line and means the same.
    bytes.append(contentsOf: event.data.utf8.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
    bytes.append(UInt8(ascii: "}"))
  }

  private static func append(_ name: StaticString, _ value: Int64?, to bytes: inout [UInt8]) {
    guard let value else { return }
    append(name, to: &bytes)
    JSON.append(value, to: &bytes)
  }
}
