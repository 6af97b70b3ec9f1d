/// Why a text is no JSON that the hub reads, with the byte at which reading stopped.
package struct JSONError: Error, Equatable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    case unexpectedEnd = "the text ends too early"
    case unexpectedByte = "a character is not expected"
    case badNumber = "a number is malformed or too large"
    case badEscape = "an escape sequence is malformed"
    case controlCharacter = "a control character is not escaped"
    case invalidUTF8 = "the text is not valid UTF-8"
    case tooDeep = "arrays and objects are nested too deeply"
    case trailingText = "more text follows the value"
  }

  package var reason: Reason
  package var offset: Int

  package var description: String { "\(reason.rawValue) (at byte \(offset))" }
}

extension JSON {
  /// The nesting that a message may have unless its reader says otherwise.
  package static let defaultDepth = 32

  /// Reads exactly one JSON text (RFC 8259) of at most `depth` nested arrays and objects.
  package init(_ bytes: some Collection<UInt8>, depth: Int = defaultDepth) throws(JSONError) {
    let result: Result<JSON, JSONError>? = bytes.withContiguousStorageIfAvailable {
      Self.parse($0, depth: depth)
    }
    if let result {
      self = try result.get()
    } else {
      self = try Array(bytes).withUnsafeBufferPointer { Self.parse($0, depth: depth) }.get()
    }
  }

  package init(parsing text: String, depth: Int = defaultDepth) throws(JSONError) {
    var text = text
    self = try text.withUTF8 { Self.parse($0, depth: depth) }.get()
  }

  /// Reads the bytes of one text where they lie; for callers that already hold a buffer.
  package static func parse(
    _ bytes: UnsafeBufferPointer<UInt8>, depth: Int = defaultDepth
  ) -> Result<JSON, JSONError> {
    var parser = JSONParser(bytes: bytes, depth: depth)
    do throws(JSONError) {
      return .success(try parser.wholeText())
    } catch {
      return .failure(error)
    }
  }
}

private struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  var depth: Int
  var position = 0

  func failure(_ reason: JSONError.Reason) -> JSONError {
    JSONError(reason: reason, offset: position)
  }

  mutating func wholeText() throws(JSONError) -> JSON {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw failure(.trailingText) }
    return value
  }

  @inline(__always)
  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  mutating func value() throws(JSONError) -> JSON {
    skipSpace()
    guard position < bytes.count else { throw failure(.unexpectedEnd) }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw failure(.unexpectedByte)
    }
  }

  mutating func literal(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    let length = word.utf8CodeUnitCount
    guard position + length <= bytes.count else { throw failure(.unexpectedEnd) }
    for index in 0..<length where bytes[position + index] != word.utf8Start[index] {
      throw failure(.unexpectedByte)
    }
    position += length
    return value
  }

  mutating func enter() throws(JSONError) {
    depth -= 1
    guard depth >= 0 else { throw failure(.tooDeep) }
    position += 1
    skipSpace()
  }

  /// After an element: `true` when another follows the comma, `false` at `close`.
  mutating func another(before close: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    guard position < bytes.count else { throw failure(.unexpectedEnd) }
    defer { position += 1 }
    switch bytes[position] {
    case UInt8(ascii: ","): return true
    case close: return false
    default: throw failure(.unexpectedByte)
    }
  }

  mutating func array() throws(JSONError) -> JSON {
    try enter()
    defer { depth += 1 }
    if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
      position += 1
      return .array([])
    }
    var elements: [JSON] = []
    repeat { elements.append(try value()) } while try another(before: UInt8(ascii: "]"))
    return .array(elements)
  }

  mutating func object() throws(JSONError) -> JSON {
    try enter()
    defer { depth += 1 }
    if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
      position += 1
      return .object(JSON.Members())
    }
    var members = JSON.Members()
    members.pairs.reserveCapacity(4)
    repeat {
      skipSpace()
      guard position < bytes.count else { throw failure(.unexpectedEnd) }
      guard bytes[position] == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
      let key = try string()
      skipSpace()
      guard position < bytes.count else { throw failure(.unexpectedEnd) }
      guard bytes[position] == UInt8(ascii: ":") else { throw failure(.unexpectedByte) }
      position += 1
      members.pairs.append((key, try value()))
    } while try another(before: UInt8(ascii: "}"))
    return .object(members)
  }

  mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let plain = UnsafeBufferPointer(rebasing: bytes[start..<position])
        guard let text = String(validating: plain, as: UTF8.self) else {
          throw failure(.invalidUTF8)
        }
        position += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw failure(.controlCharacter)
      default: position += 1
      }
    }
    throw failure(.unexpectedEnd)
  }

  mutating func escapedString(from start: Int) throws(JSONError) -> String {
    var unescaped = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: unescaped, as: UTF8.self) else {
          throw failure(.invalidUTF8)
        }
        position += 1
        return text
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &unescaped)
      case 0..<0x20: throw failure(.controlCharacter)
      default:
        unescaped.append(byte)
        position += 1
      }
    }
    throw failure(.unexpectedEnd)
  }

  mutating func escape(into unescaped: inout [UInt8]) throws(JSONError) {
    guard position < bytes.count else { throw failure(.unexpectedEnd) }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
    case UInt8(ascii: "b"): unescaped.append(0x08)
    case UInt8(ascii: "f"): unescaped.append(0x0C)
    case UInt8(ascii: "n"): unescaped.append(0x0A)
    case UInt8(ascii: "r"): unescaped.append(0x0D)
    case UInt8(ascii: "t"): unescaped.append(0x09)
    case UInt8(ascii: "u"): unescaped.append(contentsOf: try unicodeEscape().utf8)
    default: throw failure(.badEscape)
    }
  }

  /// RFC 8259, section 7: code points above U+FFFF come as a surrogate pair. A lone half is refused.
  mutating func unicodeEscape() throws(JSONError) -> Character {
    var code = try fourHexDigits()
    if (0xD800..<0xDC00).contains(code) {
      guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      else { throw failure(.badEscape) }
      position += 2
      let low = try fourHexDigits()
      guard (0xDC00..<0xE000).contains(low) else { throw failure(.badEscape) }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw failure(.badEscape) }
    return Character(scalar)
  }

  mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure(.unexpectedEnd) }
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw failure(.badEscape)
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  mutating func digits() -> Int {
    let start = position
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    return position - start
  }

  mutating func number() throws(JSONError) -> JSON {
    let start = position
    var whole = true
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let leading = position
    let count = digits()
    guard count == 1 || (count > 1 && bytes[leading] != UInt8(ascii: "0")) else {
      throw failure(.badNumber)
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      whole = false
      position += 1
      guard digits() > 0 else { throw failure(.badNumber) }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      whole = false
      position += 1
      if position < bytes.count,
        bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        position += 1
      }
      guard digits() > 0 else { throw failure(.badNumber) }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if whole, let integer = Int64(text) { return .int(integer) }
    guard let number = Double(text), number.isFinite else { throw failure(.badNumber) }
    return .number(number)
  }
}
