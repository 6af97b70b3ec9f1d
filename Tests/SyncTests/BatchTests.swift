import Inventory
import ShoreFixtures
import Sync
import Testing
import Wire

struct BatchTests {
  let lineage = Lineage.sample(("e1", 1), ("e2", 151))

  @Test func `a batch comes out as it went in`() throws {
    let batch = Batch.sample(1...1000)

    let received = try ReceivedBatch(body: try batch.body())

    #expect(received.head == batch.head)
    #expect(received.events == batch.events)
    #expect(received.refused == [])
    #expect(received.head.count == 1000)
    #expect(received.head.through == 1000)
  }

  @Test func `a batch costs less than 30 bytes an event`() throws {
    let body = try Batch.sample(1...1000).body()

    #expect(body.count < 30 * 1000)
  }

  @Test func `a batch ends with its epoch`() throws {
    let events = (149...153).map { Event.sample($0) }

    let first = try #require(Batch(events, lane: .normal, after: 148, lineage: lineage))
    let second = try #require(
      Batch(events.dropFirst(2), lane: .normal, after: 150, lineage: lineage))

    #expect(first.head.epoch == "e1")
    #expect(first.events.map(\.seq) == [149, 150])
    #expect(second.head.epoch == "e2")
    #expect(second.events.map(\.seq) == [151, 152, 153])
  }

  @Test func `a batch ends at a page, but holds one event however large`() throws {
    let large = #"{"note":"\#(String(repeating: "x", count: Limits.page))"}"#
    let events = [1, 2, 3].map { Event.sample($0, data: $0 == 2 ? large : nil) }

    let first = try #require(Batch(events, lane: .normal, after: 0, lineage: lineage))
    let second = try #require(
      Batch(events.dropFirst(), lane: .normal, after: 1, lineage: lineage))

    #expect(first.events.map(\.seq) == [1])
    #expect(second.events.map(\.seq) == [2])
    #expect(try ReceivedBatch(body: try second.body()).events == second.events)
  }

  @Test func `data is kept byte for byte`() throws {
    let data = #"{ "data":{"data":[1,{"x":"},{\"\\"}]},"n":1.50,"e":1E2,"u":"\u00e9\/" }"#
    let batch = try #require(
      Batch([Event.sample(1, data: data)], lane: .normal, after: 0, lineage: lineage))

    let received = try ReceivedBatch(body: try batch.body())

    #expect(received.events.map(\.data) == [data])
  }

  @Test func `line ends between tokens do not break a line`() throws {
    let event = Event.sample(1, data: "{\r\n\"a\":1\n}")
    let batch = try #require(Batch([event], lane: .normal, after: 0, lineage: lineage))

    let received = try ReceivedBatch(body: try batch.body())

    #expect(received.events.map(\.data) == ["{  \"a\":1 }"])
  }

  @Test func `a batch without its last lines is unreadable as a whole`() {
    let lines = Batch.sample(1...10).lines

    #expect(throws: BatchFault.wrongCount(head: 10, lines: 8)) {
      try ReceivedBatch(lines: lines.dropLast(2))
    }
  }

  @Test func `a doubled line is refused, its first is kept`() throws {
    var lines = Batch.sample(1...3).lines
    lines[3] = lines[2]

    let received = try ReceivedBatch(lines: lines)

    #expect(received.events.map(\.seq) == [1, 2])
    #expect(received.refused.map(\.code) == ["out_of_order"])
  }

  @Test func `a line out of order is refused, the rest goes on`() throws {
    var lines = Batch.sample(1...4).lines
    lines.swapAt(2, 3)

    let received = try ReceivedBatch(lines: lines)

    #expect(received.events.map(\.seq) == [1, 3, 4])
    #expect(received.refused.map(\.seq) == [2])
    #expect(received.refused.map(\.code) == ["out_of_order"])
  }

  @Test(arguments: [
    (#"{"seq":2,"type":"a""#, "malformed"),
    (#"{"seq":2,"type":"a","topics":[],"roles":7,"time":1,"data":[]}"#, "bad_data"),
    (#"{"seq":2,"type":"a","topics":[],"roles":7,"time":1}"#, "bad_data"),
    (#"{"seq":2,"type":7,"topics":[],"roles":7,"time":1,"data":{}}"#, "malformed"),
    (#"{"seq":2,"type":"a\u0000","topics":[],"roles":7,"time":1,"data":{}}"#, "malformed"),
    (#"{"seq":2,"type":"a","topics":[7],"roles":7,"time":1,"data":{}}"#, "malformed"),
    (#"{"seq":2,"type":"a","topics":[],"roles":256,"time":1,"data":{}}"#, "malformed"),
    (#"{"seq":2,"type":"a","topics":[],"roles":7,"time":"1","data":{}}"#, "malformed"),
    (#"{"seq":2,"type":"a","topics":[],"roles":7,"user":"x","time":1,"data":{}}"#, "malformed"),
  ])
  func `a bad event is refused by its seq and never blocks the rest`(
    line: String, code: String
  ) throws {
    var lines = Batch.sample(1...3).lines
    lines[2] = line

    let received = try ReceivedBatch(lines: lines)

    #expect(received.events.map(\.seq) == [1, 3])
    #expect(received.refused.map(\.seq) == [2])
    #expect(received.refused.map(\.code) == [code])
  }

  @Test func `an event outside the stretch or the epoch is refused`() throws {
    let other = Batch.sample(160...160, lineage: lineage).lines[1]
    var lines = Batch.sample(149...150, lineage: lineage).lines
    let head = lines[0].replacing(#""through":150"#, with: #""through":170"#)
    lines[2] = other

    let outside = try ReceivedBatch(lines: lines)
    lines[0] = head
    let foreign = try ReceivedBatch(lines: lines)

    #expect(outside.refused.map(\.code) == ["out_of_range"])
    #expect(foreign.refused.map(\.code) == ["wrong_epoch"])
  }

  @Test func `a line without a seq makes the batch unreadable`() {
    var lines = Batch.sample(1...3).lines
    lines[2] = "%%%"

    #expect(throws: BatchFault.unreadableLine(3)) { try ReceivedBatch(lines: lines) }
  }

  @Test(arguments: [
    ("\"lane\":\"normal\"", "\"lane\":\"slow\""), ("\"after\":0", "\"after\":-1"),
    ("\"through\":3", "\"through\":-3"), ("\"count\":3", "\"count\":5001"),
    ("[[\"e1\",1]]", "[]"), ("[[\"e1\",1]]", "[[\"e0\",1]]"),
    ("[[\"e1\",1]]", "[[\"e1\",5],[\"e2\",4]]"), ("{\"epoch\"", "\"epoch\""),
  ])
  func `a wrong head makes the batch unreadable`(good: String, bad: String) throws {
    var lines = Batch.sample(1...3).lines
    lines[0] = lines[0].replacing(good, with: bad)

    let problem = #expect(throws: BatchFault.self) { try ReceivedBatch(lines: lines) }?.problem

    #expect(problem?.code == .malformed)
  }

  @Test func `a withheld event is told and counted as refused`() throws {
    let batch = Batch(
      withholding: Event.sample(7), lane: .normal, after: 6, lineage: lineage)

    let received = try ReceivedBatch(body: try batch.body())

    #expect(received.head == batch.head)
    #expect(received.events.isEmpty)
    #expect(received.refused.map(\.seq) == [7])
    #expect(received.refused.map(\.code) == ["withheld"])
  }

  @Test func `the export line is the same text for ever`() {
    let event = Event(
      seq: 9, type: "order:created", lane: .first,
      audience: Audience(roles: .signedIn, branch: 1, customer: 2, user: 3),
      topics: ["orders", "orders:customer:2"], user: 4, device: "till", operation: "x",
      time: 5, deviceTime: 6, data: #"{"total": 1.50}"#)

    let line = String(decoding: EventLine.export(event, epoch: "e1"), as: UTF8.self)

    #expect(
      line == #"{"epoch":"e1","seq":9,"lane":"first","type":"order:created","topics":["#
        + #""orders","orders:customer:2"],"roles":15,"branch":1,"customer":2,"hearer":3,"user":4,"#
        + #""time":5,"deviceTime":6,"data":{"total": 1.50}}"#)
  }
}

extension Batch {
  var lines: [String] {
    String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

extension ReceivedBatch {
  init(lines: some Sequence<String>) throws {
    let text = Array(lines).joined(separator: "\n") + "\n"
    try self.init(body: try Gzip.deflated(Array(text.utf8)))
  }
}
