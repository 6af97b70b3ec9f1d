import Testing
import Wire

@Suite struct ValueTests {
  @Test func `the last of several members of one name counts`() throws {
    let json = try JSON(parsing: #"{"role":"guest","a":1,"role":"admin"}"#)

    #expect(json["role"] == "admin")
    #expect(json["a"] == 1)
  }

  @Test func `setting a member keeps its place and leaves one of its name`() throws {
    var json = try JSON(parsing: #"{"a":1,"b":2,"a":3}"#)

    json["a"] = 9
    json["c"] = 4

    #expect(json["a"] == 9)
    #expect(json.encoded == #"{"a":9,"b":2,"c":4}"#)
  }

  @Test func `a member that is removed is gone however often it was written`() throws {
    var json = try JSON(parsing: #"{"a":1,"b":2,"a":3}"#)

    json["a"] = nil

    #expect(json["a"] == nil)
    #expect(json.encoded == #"{"b":2}"#)
  }

  @Test func `setting a member of what is no object makes it one`() {
    var json: JSON = 7

    json["a"] = true

    #expect(json == ["a": true])
  }

  @Test func `objects are equal in any order of their members`() {
    let left: JSON = ["a": 1, "b": [2, 3], "c": ["d": .null]]
    let right: JSON = ["c": ["d": .null], "b": [2, 3], "a": 1]

    #expect(left == right)
    #expect(left.hashValue == right.hashValue)
    #expect(Set([left, right]).count == 1)
  }

  @Test(
    arguments: [
      (.null, false), (1, .number(1)), (1, "1"), ([1, 2], [2, 1]), ([:], []),
      (["a": 1], ["a": 2]), (["a": 1], ["b": 1]), (["a": 1], ["a": 1, "b": 2]),
      (["a": .null], [:]), (["a": .null], ["b": .null]),
    ] as [(JSON, JSON)])
  func `different values are different both ways round`(left: JSON, right: JSON) {
    #expect(left != right)
    #expect(right != left)
  }

  @Test func `equality holds with itself and both ways with repeated names`() throws {
    let repeated = try JSON(parsing: #"{"a":1,"a":2}"#)
    let other = try JSON(parsing: #"{"a":2,"b":3}"#)

    #expect(repeated == repeated)
    #expect(repeated != other)
    #expect(other != repeated)
  }

  @Test func `compact leaves out what is absent but keeps what is null`() {
    let json = JSON.compact(["a": .text(nil), "b": .integer(2), "c": .null, "d": .text("x")])

    #expect(json.encoded == #"{"b":2,"c":null,"d":"x"}"#)
  }

  @Test func `a value answers only to its own kind`() {
    #expect(JSON.bool(true).boolean == true)
    #expect(JSON.int(1).boolean == nil)
    #expect(JSON.string("1").integer == nil)
    #expect(JSON.number(1).integer == nil)
    #expect(JSON.int(1).text == nil)
    #expect(JSON.array([]).members == nil)
    #expect(JSON.object(.init()).elements == nil)
    #expect(JSON.null.isNull)
    #expect(JSON.int(0).isNull == false)
    #expect(JSON.array([1])["a"] == nil)
  }
}
