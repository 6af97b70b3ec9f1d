import Inventory
import ShoreFixtures
import Sync
import Testing
import Wire

@Suite struct ChangePageTests {
  private static func change(_ number: Int64, data: JSON = ["price": 1290]) -> ShoreChange {
    ShoreChange(
      number: number, tag: "tag-of-\(number)", stamp: Stamp(time: 7, count: 2, side: .ashore),
      seen: .init(epoch: "e1", through: [.first: 1, .normal: 2, .bulk: 3]), author: "Añá \"x\"",
      command: "product.update", data: data)
  }

  private static let question = ChangeRequest(
    site: .yacht, epoch: "e1", after: 4, tag: "tag-of-4", wait: 60,
    backlog: [.first: 0, .normal: 12, .bulk: 3], nonce: "00112233445566778899aabb")

  @Test func `a question reads as it was written`() throws {
    let target = Self.question.target
    let query = try #require(target.split(separator: "?").last)

    #expect(ChangeRequest(site: .yacht, query: String(query)) == Self.question)
  }

  @Test(arguments: [
    "", "after=1", "epoch=e1&after=-1&wait=0&backlog=0.0.0&nonce=0011223344556677",
    "epoch=e1&after=1&wait=x&backlog=0.0.0&nonce=0011223344556677",
    "epoch=e1&after=1&wait=0&backlog=0.0&nonce=0011223344556677",
    "epoch=e1&after=1&wait=0&backlog=0.0.x&nonce=0011223344556677",
    "epoch=e1&after=1&wait=0&backlog=0.0.0&nonce=short",
    "epoch=e1&after=1&after=2&wait=0&backlog=0.0.0&nonce=0011223344556677",
  ])
  func `a question that lacks something is none`(query: String) {
    #expect(ChangeRequest(site: .yacht, query: query) == nil)
  }

  @Test func `shore holds no question longer than it says`() {
    var question = Self.question
    question.wait = 1 << 40

    let read = ChangeRequest(
      site: .yacht, query: String(question.target.split(separator: "?")[1]))

    #expect(read?.wait == Limits.changeWait)
  }

  @Test func `a page reads as it was written`() throws {
    let page = ChangePage(
      after: 4,
      changes: [Self.change(5), Self.change(6, data: ["note": "line\nend", "x": .null])],
      sent: 99)

    #expect(ChangePage(body: try page.body(), to: Self.question) == page)
  }

  @Test(arguments: [[6], [5, 7], [6, 5], [5, 5], [4, 5]] as [[Int64]])
  func `a page with a gap, or out of order, is none`(numbers: [Int64]) throws {
    let page = ChangePage(after: 4, changes: numbers.map { Self.change($0) }, sent: 99)

    #expect(ChangePage(body: try page.body(), to: Self.question) == nil)
  }

  @Test func `a page that answers another question, is cut off or is rubbish is none`() throws {
    let other = try ChangePage(after: 3, changes: [], sent: 99).body()
    let cut = try ChangePage(after: 4, changes: [Self.change(5)], sent: 99).body().dropLast(9)
    let short = try Gzip.deflated(Array(#"{"after":4,"count":1,"sent":99}"#.utf8))
    let line = try Gzip.deflated(
      Array("{\"after\":4,\"count\":1,\"sent\":99}\n{\"number\":5}".utf8))

    for body in [other, Array(cut), short, line, [], Array("<html>".utf8)] {
      #expect(ChangePage(body: body, to: Self.question) == nil)
    }
  }

  @Test func `a seal holds for one page, one site and one question`() throws {
    let key = SiteKey()
    let body = try ChangePage(after: 4, changes: [Self.change(5)], sent: 99).body()
    let digest = ChangeRequest.digest(target: Self.question.target)
    var older = Self.question
    older.nonce = "ffeeddccbbaa998877665544"
    let seal = key.seal(page: body, site: .yacht, request: digest)

    #expect(key.verifies(seal, page: body, site: .yacht, request: digest))
    #expect(!key.verifies(seal, page: body + [0], site: .yacht, request: digest))
    #expect(
      !key.verifies(
        seal, page: body, site: .yacht, request: ChangeRequest.digest(target: older.target)))
    #expect(!SiteKey().verifies(seal, page: body, site: .yacht, request: digest))
    #expect(!key.verifies("", page: body, site: .yacht, request: digest))
  }
}
