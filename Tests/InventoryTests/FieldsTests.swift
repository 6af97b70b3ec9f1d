import Inventory
import Testing
import Wire

@Suite struct FieldsTests {
  private enum Colour: String, CaseIterable { case red, green }

  private func read<Value>(
    _ json: JSON, _ read: (inout Fields) throws(Refusal) -> Value
  ) throws(Refusal) -> Value {
    var fields = Fields(json.members ?? .init())
    return try read(&fields)
  }

  @Test(
    arguments: [
      (JSON.null, "is missing"), ("7", "must be a whole number"),
      (.number(7), "must be a whole number"),
      (.number(1.5), "must be a whole number"), (true, "must be a whole number"),
      ([1], "must be a whole number"), (0, "must be from 1 to 1000000000"),
      (-1, "must be from 1 to 1000000000"), (1_000_000_001, "must be from 1 to 1000000000"),
      (.int(.max), "must be from 1 to 1000000000"), (.int(.min), "must be from 1 to 1000000000"),
      (.number(1e19), "must be a whole number"),
    ] as [(JSON, String)])
  func `a quantity is a whole number within its range`(value: JSON, problem: String) {
    #expect(throws: Refusal.invalid("n", problem)) {
      try read(["n": value]) { fields throws(Refusal) in try fields.quantity("n", "") }
    }
  }

  @Test func `a required field that is not there is missing`() {
    #expect(throws: Refusal.invalid("n", "is missing")) {
      try read([:]) { fields throws(Refusal) in try fields.id("n", "") }
    }
    #expect(throws: Refusal.invalid("t", "is missing")) {
      try read([:]) { fields throws(Refusal) in try fields.text("t", 1...9, "") }
    }
    #expect(throws: Refusal.invalid("c", "is missing")) {
      try read([:]) { fields throws(Refusal) in try fields.choice("c", "", of: Colour.self) }
    }
    #expect(throws: Refusal.invalid("lines", "is missing")) {
      try read([:]) { fields throws(Refusal) in
        try fields.lines("lines", "") { line throws(Refusal) in try line.id("n", "") }
      }
    }
  }

  @Test(arguments: [.null, nil] as [JSON?])
  func `an optional field may be null or left out`(value: JSON?) throws {
    let message = JSON.compact(["n": value])

    let quantity = try read(message) { fields throws(Refusal) in
      try fields.optionalQuantity("n", "")
    }
    let text = try read(message) { fields throws(Refusal) in try fields.optionalText("n", 1...9, "")
    }
    let flag = try read(message) { fields throws(Refusal) in try fields.flag("n", "") }

    #expect(quantity == nil)
    #expect(text == nil)
    #expect(flag == nil)
  }

  @Test func `a reference can be set, cleared and left alone`() throws {
    func parent(_ json: JSON) throws(Refusal) -> Int64?? {
      try read(json) { fields throws(Refusal) in try fields.clearableID("p", "") }
    }

    #expect(try parent(["p": 7]) == .some(.some(7)))
    #expect(try parent(["p": .null]) == .some(.none))
    #expect(try parent([:]) == .none)
    #expect(throws: Refusal.self) { try parent(["p": 0]) }
  }

  @Test func `a change may be negative but not nought`() throws {
    func change(_ value: JSON) throws(Refusal) -> Int64 {
      try read(["n": value]) { fields throws(Refusal) in try fields.change("n", "") }
    }

    #expect(try change(-1_000_000_000) == -1_000_000_000)
    #expect(throws: Refusal.invalid("n", "must not be 0")) { try change(0) }
    #expect(throws: Refusal.self) { try change(-1_000_000_001) }
  }

  @Test(
    arguments: [
      ("", false), ("a", true), ("four", true), ("fives", false),
      ("\u{1F468}\u{200D}\u{1F469}", true),
      ("e\u{301}e\u{301}e\u{301}e\u{301}", true), ("a\u{0}", false), ("a\u{1B}", false),
      ("a\u{7F}", false), ("a\nb", true), ("a\tb", true),
      ("\u{1F6A2}\u{1F6A2}\u{1F6A2}\u{1F6A2}", true),
    ] as [(String, Bool)])
  func `a text is measured in characters and holds no control characters`(text: String, fits: Bool)
  {
    let value = try? read(["t": .string(text)]) { fields throws(Refusal) in
      try fields.text("t", 1...4, "")
    }

    #expect(value == (fits ? text : nil))
  }

  @Test func `a character of endless accents does not pass for one character`() {
    let endless = "a" + String(repeating: "\u{301}", count: 100_000)

    #expect(throws: Refusal.self) {
      try read(["t": .string(endless)]) { fields throws(Refusal) in try fields.text("t", 1...10, "")
      }
    }
  }

  @Test(
    arguments: [
      ("EUR", true), ("USD", true), ("eur", false), ("EU", false), ("EURO", false), ("E1R", false),
      ("\u{C4}\u{D6}\u{DC}", false), ("", false),
    ] as [(String, Bool)])
  func `a currency is three capital letters`(code: String, isCode: Bool) {
    let read = try? read(["currency": .string(code)]) { fields throws(Refusal) in
      try fields.currency()
    }

    #expect((read != nil) == isCode)
  }

  @Test func `a choice is one of its names and the refusal lists them`() throws {
    func choice(_ value: JSON) throws(Refusal) -> Colour {
      try read(["c": value]) { fields throws(Refusal) in try fields.choice("c", "") }
    }

    #expect(try choice("green") == .green)
    for wrong: JSON in ["Green", "blue", 1, ["red"]] {
      #expect(throws: Refusal.invalid("c", "must be one of red, green")) { try choice(wrong) }
    }
  }

  @Test(
    arguments: [
      (["vintage": 2015, "dry": true, "grape": "Syrah", "abv": .number(13.5)], true),
      ([:], true), (["a": .null], true), (["a": ["b": 1]], false), (["a": [1]], false),
      ([1], false),
      ("x", false), (["a": .string(String(repeating: "x", count: 1001))], false),
      (.object(.init([(key: String(repeating: "k", count: 65), value: 1)])), false),
      (.object(.init((0..<64).map { (key: "\($0)", value: 1) })), true),
      (.object(.init((0..<65).map { (key: "\($0)", value: 1) })), false),
    ] as [(JSON, Bool)])
  func `free attributes are a flat object of moderate size`(value: JSON, fits: Bool) {
    let read = try? read(["a": value]) { fields throws(Refusal) in try fields.attributes("a", "") }

    #expect((read != nil) == fits)
  }

  @Test(
    arguments: [
      ([], true), ([1, 2], true), ([0], false), ([-1], false), (["1"], false), (7, false),
      (.array(Array(repeating: 1, count: 1000)), true),
      (.array(Array(repeating: 1, count: 1001)), false),
    ] as [(JSON, Bool)])
  func `ids are a list of positive whole numbers`(value: JSON, fits: Bool) {
    let read = try? read(["ids": value]) { fields throws(Refusal) in try fields.ids("ids", "") }

    #expect((read != nil) == fits)
  }

  @Test(
    arguments: [
      ([["n": 1], ["n": 0]], "lines[1].n must be from 1 to 1000000000.", "lines[1].n"),
      ([["n": 1], [:]], "lines[1].n is missing.", "lines[1].n"),
      ([["n": "1"]], "lines[0].n must be a whole number.", "lines[0].n"),
      ([7], "lines must hold objects only.", "lines"),
      ([], "lines must be a list of 1 to 1000 lines.", "lines"),
      (7, "lines must be a list of 1 to 1000 lines.", "lines"),
      (
        .array(Array(repeating: ["n": 1], count: 1001)), "lines must be a list of 1 to 1000 lines.",
        "lines"
      ),
    ] as [(JSON, String, String)])
  func `a refused line is named`(lines: JSON, message: String, field: String) {
    #expect(throws: Refusal(.invalidField, message, field: field)) {
      try read(["lines": lines]) { fields throws(Refusal) in
        try fields.lines("lines", "") { line throws(Refusal) in try line.quantity("n", "") }
      }
    }
  }

  @Test func `members that no field names are ignored`() throws {
    let quantity = try read(["n": 3, "fromTheFuture": ["x": 1]]) { fields throws(Refusal) in
      try fields.quantity("n", "")
    }

    #expect(quantity == 3)
  }

  @Test func `a command's data must be an object`() {
    for data: JSON in [.null, [], "x", 1] {
      #expect(throws: Refusal(.malformed, "The command's data must be an object.")) {
        try OpenCount(data: data)
      }
    }
  }
}
