import Testing
import Wire

@Suite struct WritingTests {
  @Test(
    arguments: [
      (.null, "null"), (true, "true"), (false, "false"), (0, "0"), (9, "9"), (10, "10"),
      (-1, "-1"), (.int(.min), "-9223372036854775808"), (.int(.max), "9223372036854775807"),
      (.number(1.5), "1.5"), (.number(-0.25), "-0.25"), ("", "\"\""), ([], "[]"), ([:], "{}"),
      ([1, "a", .null], #"[1,"a",null]"#),
      (["z": 1, "a": ["b": []]], #"{"z":1,"a":{"b":[]}}"#),
      ("\"\\/\u{8}\u{C}\n\r\t", #""\"\\/\b\f\n\r\t""#),
      ("\u{0}\u{1F}\u{10}\u{7F}", "\"\\u0000\\u001f\\u0010\u{7F}\""),
      ("b\u{E9}b\u{E9} \u{1F6A2}", "\"b\u{E9}b\u{E9} \u{1F6A2}\""),
      (["a\"b": 1], #"{"a\"b":1}"#),
    ] as [(JSON, String)])
  func `a value is written in one line with nothing escaped that need not be`(
    value: JSON, text: String
  ) {
    #expect(value.encoded == text)
    #expect(value.encodedBytes == Array(text.utf8))
  }

  @Test(
    arguments: [
      .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1, 1e21, 1e-7, -0.0, 123_456_789.125,
      1 / 3.0, 100,
      9_007_199_254_740_992,
    ] as [Double])
  func `a fraction is read back as the very same fraction`(number: Double) throws {
    let read = try JSON(parsing: JSON.number(number).encoded)

    #expect(read == .number(number))
  }

  @Test func `a text with characters of every kind survives the way there and back`() throws {
    let everyLowScalar = String(
      String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init)))
    let text = everyLowScalar + "\u{2028}\u{2029}\u{FFFD}\u{10FFFF}e\u{301}"

    let read = try JSON(JSON.string(text).encodedBytes)

    #expect(read.text.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
  }

  @Test func `writing appends to what is there already`() {
    var bytes = Array("data: ".utf8)

    JSON.append("x", to: &bytes)
    JSON.append(-5, to: &bytes)
    JSON.bool(true).append(to: &bytes)

    #expect(String(decoding: bytes, as: UTF8.self) == "data: \"x\"-5true")
  }
}

@Suite struct FuzzTests {
  @Test(arguments: 0..<20)
  func `what is written is read back equal`(seed: UInt64) throws {
    var dice = Dice(seed: seed)

    for _ in 0..<100 {
      let value = JSON.random(&dice, depth: 5)
      #expect(try JSON(value.encodedBytes) == value)
    }
  }

  @Test(arguments: 0..<20)
  func `damaged texts are refused or read, and what is read can be written`(seed: UInt64) {
    var dice = Dice(seed: 1000 + seed)

    for _ in 0..<200 {
      var bytes = JSON.random(&dice, depth: 4).encodedBytes
      for _ in 0...Int.random(in: 0..<3, using: &dice) where !bytes.isEmpty {
        let place = Int.random(in: bytes.indices, using: &dice)
        switch Int.random(in: 0..<3, using: &dice) {
        case 0: bytes[place] = .random(in: .min ... .max, using: &dice)
        case 1: bytes.remove(at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      guard let read = try? JSON(bytes) else { continue }
      #expect((try? JSON(read.encodedBytes)) == read)
    }
  }
}

/// The same throws for the same seed on every machine (SplitMix64).
private struct Dice: RandomNumberGenerator {
  var seed: UInt64

  mutating func next() -> UInt64 {
    seed &+= 0x9E37_79B9_7F4A_7C15
    var mixed = seed
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension JSON {
  fileprivate static func random(_ dice: inout Dice, depth: Int) -> JSON {
    switch Int.random(in: 0..<(depth == 0 ? 5 : 7), using: &dice) {
    case 0: return .null
    case 1: return .bool(.random(using: &dice))
    case 2: return .int(Int64(bitPattern: dice.next()) >> Int64.random(in: 0..<64, using: &dice))
    case 3: return .number(Double(Int64(bitPattern: dice.next())) / 4096 + 0.5)
    case 4: return .string(randomText(&dice))
    case 5:
      return .array(
        (0..<Int.random(in: 0..<5, using: &dice)).map { _ in random(&dice, depth: depth - 1) })
    default:
      let members = (0..<Int.random(in: 0..<5, using: &dice)).map { index in
        (key: "\(index)" + randomText(&dice), value: random(&dice, depth: depth - 1))
      }
      return .object(Members(members))
    }
  }

  private static func randomText(_ dice: inout Dice) -> String {
    let scalars = (0..<Int.random(in: 0..<8, using: &dice)).compactMap { _ in
      Unicode.Scalar(
        UInt32.random(in: 0..<0x11_0000, using: &dice) >> UInt32.random(in: 0..<17, using: &dice))
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
