import Testing
import Wire

@Suite struct ISO8601Tests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1_705_314_600_000, "2024-01-15T10:30:00.000Z"),
      (1_709_164_800_001, "2024-02-29T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
      (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func `a moment is written and read back`(milliseconds: Int64, text: String) {
    #expect(ISO8601.text(milliseconds) == text)
    #expect(ISO8601.milliseconds(text) == milliseconds)
  }

  @Test func `every day of four centuries is read as it is written`() {
    for day in stride(from: Int64(-73_000), to: 73_000, by: 1) {
      let moment = day * 86_400_000 + 45_296_789
      #expect(ISO8601.milliseconds(ISO8601.text(moment)) == moment)
    }
  }

  @Test(
    arguments: [
      ("2024-01-15T12:30:00+02:00", 1_705_314_600_000), ("2024-01-15 10:30:00Z", 1_705_314_600_000),
      ("2024-01-15T05:00:00.5-05:30", 1_705_314_600_500),
      ("2024-01-15T10:30:00.123456Z", 1_705_314_600_123),
    ] as [(String, Int64)])
  func `zones and fractions are read`(text: String, milliseconds: Int64) {
    #expect(ISO8601.milliseconds(text) == milliseconds)
  }

  @Test(arguments: [
    "", "2024-01-15", "2024-01-15T10:30:00", "2024-13-15T10:30:00Z", "2024-02-30T10:30:00Z",
    "2023-02-29T10:30:00Z", "2024-01-15T24:30:00Z", "2024-01-15T10:30:00.Z",
    "2024-01-15T10:30:00Z ", "24-01-15T10:30:00Z", "2024-01-15T10:30:00+2:00",
  ])
  func `what is no moment is none`(text: String) {
    #expect(ISO8601.milliseconds(text) == nil)
  }
}
