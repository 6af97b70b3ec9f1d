import Testing

@testable import Wire

@Suite struct ParsingTests {
  @Test(
    arguments: [
      ("null", .null), ("true", true), ("false", false), (" \t\r\n1 \n", 1),
      ("\"\"", ""), ("[]", []), ("{}", [:]), ("[ ]", []), ("{ }", [:]),
      ("[1,[2,{\"a\":[]}],\"x\"]", [1, [2, ["a": []]], "x"]),
      ("{\"a\" : 1 , \"b\":{\"c\":null}}", ["a": 1, "b": ["c": .null]]),
      ("\"b\u{E9}b\u{E9} \u{1F6A2}\"", "b\u{E9}b\u{E9} \u{1F6A2}"),
      ("\"\u{7F}\"", "\u{7F}"),
    ] as [(String, JSON)])
  func `a text is read as the value it says`(text: String, value: JSON) throws {
    #expect(try JSON(parsing: text) == value)
  }

  @Test(
    arguments: [
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
      (#""\u0041\u00e9\u00E9\u20ac""#, "A\u{E9}\u{E9}\u{20AC}"),
      (#""\uD83D\uDEA2 sails""#, "\u{1F6A2} sails"),
      (#""before \u0000 after""#, "before \u{0} after"),
      (#""\uFFFF\uD7FF\uE000""#, "\u{FFFF}\u{D7FF}\u{E000}"),
      (#""\uDBFF\uDFFF""#, "\u{10FFFF}"),
    ] as [(String, String)])
  func `escape sequences stand for their characters`(text: String, value: String) throws {
    #expect(
      try JSON(parsing: text).text?.unicodeScalars.elementsEqual(value.unicodeScalars) == true)
  }

  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", Int64.max),
      ("-9223372036854775808", Int64.min),
    ] as [(String, Int64)])
  func `whole numbers of 64 bits stay whole`(text: String, value: Int64) throws {
    #expect(try JSON(parsing: text).integer == value)
  }

  @Test(
    arguments: [
      ("1.5", 1.5), ("1.0", 1.0), ("-0.25", -0.25), ("1e3", 1000), ("1E+3", 1000), ("25e-1", 2.5),
      ("9223372036854775808", 9_223_372_036_854_775_808), ("1e-400", 0),
      ("123456789012345678901234567890", 123_456_789_012_345_678_901_234_567_890.0),
    ] as [(String, Double)])
  func `other numbers are fractions and never integers`(text: String, value: Double) throws {
    let json = try JSON(parsing: text)

    #expect(json == .number(value))
    #expect(json.integer == nil)
  }

  @Test(
    arguments: [
      ("", JSONError.Reason.unexpectedEnd, 0), ("  ", .unexpectedEnd, 2),
      ("[1,", .unexpectedEnd, 3),
      ("[1", .unexpectedEnd, 2), ("{\"a\"", .unexpectedEnd, 4), ("{\"a\":", .unexpectedEnd, 5),
      ("{\"a\":1,", .unexpectedEnd, 7), ("{", .unexpectedEnd, 1), ("\"abc", .unexpectedEnd, 4),
      ("\"a\\", .unexpectedEnd, 3), ("\"\\u00", .unexpectedEnd, 3), ("tru", .unexpectedEnd, 0),
      ("nope", .unexpectedByte, 0), ("truf", .unexpectedByte, 0), ("[1 2]", .unexpectedByte, 3),
      ("[,1]", .unexpectedByte, 1), ("[1,]", .unexpectedByte, 3), ("{a:1}", .unexpectedByte, 1),
      ("{\"a\" 1}", .unexpectedByte, 5), ("{\"a\":1,}", .unexpectedByte, 7),
      ("'a'", .unexpectedByte, 0),
      ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0),
      ("\u{FEFF}1", .unexpectedByte, 0), ("]", .unexpectedByte, 0),
      ("-", .badNumber, 1), ("01", .badNumber, 2), ("-01", .badNumber, 3), ("1.", .badNumber, 2),
      ("1e", .badNumber, 2), ("1e+", .badNumber, 3), ("1e400", .badNumber, 5),
      ("-1e400", .badNumber, 6), ("--1", .badNumber, 1), ("-x", .badNumber, 1),
      (#""\x""#, .badEscape, 3), (#""\u12G4""#, .badEscape, 5), (#""\uD83D""#, .badEscape, 7),
      (#""\uD83Dx\uDEA2""#, .badEscape, 7), (#""\uDEA2""#, .badEscape, 7),
      (#""\uD83D\u0041""#, .badEscape, 13), (#""\uD83D\n""#, .badEscape, 7),
      ("\"a\nb\"", .controlCharacter, 2), ("\"\u{0}\"", .controlCharacter, 1),
      ("\"\\n\tb\"", .controlCharacter, 3),
      ("1 2", .trailingText, 2), ("{}x", .trailingText, 2), ("0x10", .trailingText, 1),
      ("\"a\"\"b\"", .trailingText, 3), ("1,", .trailingText, 1),
    ] as [(String, JSONError.Reason, Int)])
  func `what is no JSON is refused with its reason and place`(
    text: String, reason: JSONError.Reason, offset: Int
  ) {
    #expect(throws: JSONError(reason: reason, offset: offset)) { try JSON(parsing: text) }
  }

  @Test(
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0x80, 0x22],
      [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
      [0x22, 0x5C, 0x6E, 0xFF, 0x22], [0x7B, 0x22, 0x80, 0x22, 0x3A, 0x31, 0x7D],
    ] as [[UInt8]])
  func `bytes that are no UTF-8 are refused`(bytes: [UInt8]) {
    let error = #expect(throws: JSONError.self) { try JSON(bytes) }

    #expect(error?.reason == .invalidUTF8)
  }

  @Test func `an escape cannot complete a character that bytes began`() {
    let bytes: [UInt8] = [0x22, 0xC3] + Array(#"\u00A9""#.utf8)

    let error = #expect(throws: JSONError.self) { try JSON(bytes) }

    #expect(error?.reason == .invalidUTF8)
  }

  @Test func `an error says in words what is wrong and where`() {
    let error = #expect(throws: JSONError.self) { try JSON(parsing: "[1 2]") }

    #expect(error?.description == "a character is not expected (at byte 3)")
  }

  @Test func `bytes that do not lie side by side are read as well`() throws {
    let scattered = AnyCollection(Array("{\"a\":[1,2]}".utf8))

    #expect(try JSON(scattered) == ["a": [1, 2]])
  }
}

@Suite struct DepthTests {
  @Test(arguments: [("[", "]"), ("{\"a\":", "}")])
  func `nesting is allowed up to the limit and not beyond`(open: String, close: String) {
    func nested(_ depth: Int) -> String {
      String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }

    #expect(throws: Never.self) { try JSON(parsing: nested(5), depth: 5) }
    #expect(throws: JSONError(reason: .tooDeep, offset: open.utf8.count * 5)) {
      try JSON(parsing: nested(6), depth: 5)
    }
    #expect(throws: Never.self) { try JSON(parsing: nested(JSON.defaultDepth)) }
    #expect(throws: JSONError.self) { try JSON(parsing: nested(JSON.defaultDepth + 1)) }
  }

  @Test func `neighbours do not add up to depth`() throws {
    let text = "[" + Array(repeating: "[[]],{\"a\":{}}", count: 50).joined(separator: ",") + "]"

    #expect(try JSON(parsing: text, depth: 3).elements?.count == 100)
  }

  @Test func `a million opening brackets are refused without harm`() {
    let text = String(repeating: "[", count: 1_000_000)

    #expect(throws: JSONError(reason: .tooDeep, offset: 32)) { try JSON(parsing: text) }
  }

  @Test func `a depth of nought allows plain values only`() throws {
    #expect(try JSON(parsing: "7", depth: 0) == 7)
    #expect(throws: JSONError(reason: .tooDeep, offset: 0)) { try JSON(parsing: "[]", depth: 0) }
  }
}
