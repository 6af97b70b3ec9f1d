import Inventory
import Wire

extension EventLine {
  /// Reads one event of a batch, its data kept byte for byte.
  ///
  /// `nil` when not even a seq can be made out, so that nobody could say which event is refused.
  package static func read(_ line: ArraySlice<UInt8>, lane: Lane) -> Result<Event, EventRefusal>? {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(line, depth: Limits.depth)
    } catch {
      guard let seq = leadingSeq(of: line) else { return nil }
      let message = "The event is no JSON: \(error)."
      return .failure(EventRefusal(seq: seq, code: .malformed, message: message))
    }
    guard let seq = json["seq"]?.integer else { return nil }
    do throws(EventRefusal) {
      return .success(try event(json, seq: seq, line: line, lane: lane))
    } catch {
      return .failure(error)
    }
  }

  private static func event(
    _ json: JSON, seq: Int64, line: ArraySlice<UInt8>, lane: Lane
  ) throws(EventRefusal) -> Event {
    let malformed = { (what: String) in
      EventRefusal(seq: seq, code: .malformed, message: "The event's \(what).")
    }
    guard seq > 0 else { throw malformed("seq is not above 0") }
    guard let type = json["type"]?.text, !type.isEmpty, type.utf8.allSatisfy({ $0 > 0x20 }) else {
      throw malformed("type is missing or no plain word")
    }
    guard let topics = json["topics"]?.elements else { throw malformed("topics are missing") }
    guard let roles = json["roles"]?.integer.flatMap({ UInt8(exactly: $0) }) else {
      throw malformed("roles are missing")
    }
    guard let time = json["time"]?.integer else { throw malformed("time is missing") }
    guard json["data"]?.members != nil, let data = member("data", of: line) else {
      throw EventRefusal(seq: seq, code: .badData, message: "The event's data is no object.")
    }
    var event = Event(
      seq: seq, type: type, lane: lane, audience: Audience(roles: Roles(rawValue: roles)),
      topics: [], time: time, data: String(decoding: data, as: UTF8.self))
    for topic in topics {
      guard let text = topic.text else { throw malformed("topics are not all texts") }
      event.topics.append(text)
    }
    let optional = { (name: String) throws(EventRefusal) -> Int64? in
      guard let value = json[name], !value.isNull else { return nil }
      guard let integer = value.integer else { throw malformed("\(name) is no whole number") }
      return integer
    }
    event.audience.branch = try optional("branch")
    event.audience.customer = try optional("customer")
    event.audience.user = try optional("hearer")
    event.user = try optional("user")
    event.deviceTime = try optional("deviceTime")
    return event
  }

  /// The seq of a line that is broken further on: every hub writes it first.
  private static func leadingSeq(of line: ArraySlice<UInt8>) -> Int64? {
    let opening = Array("{\"seq\":".utf8)
    guard line.starts(with: opening) else { return nil }
    let digits = line.dropFirst(opening.count).prefix { (0x30...0x39).contains($0) }
    return Int64(String(decoding: digits, as: UTF8.self))
  }

  /// The bytes of the object's own member `name` where they lie; the last one where it is repeated.
  /// `line` has already been read as one valid JSON object.
  private static func member(_ name: String, of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let wanted = Array(name.utf8)
    var depth = 0
    var key: ArraySlice<UInt8>?
    var start: Int?
    var found: ArraySlice<UInt8>?
    var index = line.startIndex
    let endMember = { (end: Int) in
      if let from = start, key?.elementsEqual(wanted) == true { found = trimmed(line[from..<end]) }
      (key, start) = (nil, nil)
    }
    while index < line.endIndex {
      switch line[index] {
      case UInt8(ascii: "\""):
        let opened = index
        index = endOfString(line, from: opened)
        if depth == 1, start == nil { key = line[(opened + 1)..<index] }
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 1 { endMember(index) }
        depth -= 1
      case UInt8(ascii: ":") where depth == 1: start = index + 1
      case UInt8(ascii: ",") where depth == 1: endMember(index)
      default: break
      }
      index += 1
    }
    return found
  }

  private static func endOfString(_ line: ArraySlice<UInt8>, from opened: Int) -> Int {
    var index = opened + 1
    while index < line.endIndex, line[index] != UInt8(ascii: "\"") {
      index += line[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index, line.endIndex)
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
    let start = bytes.drop(while: isSpace)
    guard let last = start.lastIndex(where: { !isSpace($0) }) else { return start }
    return start[...last]
  }
}
