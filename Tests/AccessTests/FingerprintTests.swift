import Testing
import Wire

@testable import Access

@Suite struct FingerprintTests {
  private func fingerprint(_ command: String, _ data: JSON) -> Int64 {
    CommandRequest(command: command, data: data, operation: "a").fingerprint
  }

  @Test func `the order of members does not matter, everything else does`() {
    let data: JSON = ["a": 1, "b": ["c": [1, 2], "d": "x"]]

    #expect(fingerprint("x", data) == fingerprint("x", ["b": ["d": "x", "c": [1, 2]], "a": 1]))
    for other in [
      ["a": 2, "b": ["c": [1, 2], "d": "x"]], ["a": "1", "b": ["c": [1, 2], "d": "x"]],
      ["a": 1, "b": ["c": [2, 1], "d": "x"]], ["b": 1, "a": ["c": [1, 2], "d": "x"]],
      ["a": 1], [:], ["a": 1, "b": ["c": [1, 2], "d": "x"], "e": .null],
    ] as [JSON] {
      #expect(fingerprint("x", other) != fingerprint("x", data), "\(other.encoded)")
    }
    #expect(fingerprint("y", data) != fingerprint("x", data))
  }

  @Test func `a secret does not enter it`() {
    #expect(
      fingerprint("user.password", ["userId": 1, "password": "one"])
        == fingerprint("user.password", ["userId": 1, "password": "two"]))
  }

  @Test func `it is the same in every run and version`() {
    let data: JSON = ["productId": 1, "quantity": 5]

    let kept: Int64 = -5_175_844_939_578_766_689
    #expect(fingerprint("stock.add", data) == kept)
  }
}
