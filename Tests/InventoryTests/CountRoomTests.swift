import Inventory
import Testing
import Wire

@Suite struct CountRoomTests {
  @Test(
    arguments: [
      ("Alfa Romeo/09/2025", "Alfa Romeo/9/2025"), ("Alfa Romeo/9/2025", "Alfa Romeo/9/2025"),
      ("Alfa Romeo/10/2025", "Alfa Romeo/10/2025"), ("  Alfa Romeo/ 9 /2025 ", "Alfa Romeo/9/2025"),
      ("Cellar", "Cellar"), (" Cellar ", "Cellar"), ("A/13/2025", "A/13/2025"),
      ("A/0/2025", "A/0/2025"), ("A/9/25", "A/9/25"), ("A/B/9/2025", "A/B/9/2025"),
      ("/9/2025", "/9/2025"), ("A/+9/2025", "A/+9/2025"), ("A/٩/2025", "A/٩/2025"), ("", ""),
    ])
  func `a month's room has one name`(name: String, normal: String) {
    #expect(CountRoom.normalised(name) == normal)
    #expect(CountRoom.normalised(normal) == normal)
  }

  @Test func `month and year may come as texts or as numbers`() {
    let room = CountRoom(agency: "Alfa Romeo", month: "09", year: 2025)

    #expect(room?.name == "Alfa Romeo/9/2025")
    #expect(room == CountRoom(agency: "Alfa Romeo", month: 9, year: "2025"))
    for (month, year): (JSON, JSON) in [
      (.null, 2025), (true, 2025), (0, 2025), (13, 2025), ("", 2025), ("9.0", 2025),
      (9, .null), (9, 99), (.int(.max), 2025),
    ] {
      #expect(CountRoom(agency: "A", month: month, year: year) == nil)
    }
    for agency in ["", " ", "A/B", String(repeating: "A", count: 151)] {
      #expect(CountRoom(agency: agency, month: 9, year: 2025) == nil)
    }
  }
}
