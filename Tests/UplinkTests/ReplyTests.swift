import Inventory
import ShoreFixtures
import Sync
import Testing
import Wire

@testable import Uplink

struct ReplyTests {
  let key = SiteKey()
  let batch = Batch.sample(11...20)
  let digest = BodyDigest(of: [1, 2, 3])

  private func reply(_ status: Int, _ json: JSON, retryAfter: Duration? = nil) -> Reply {
    reply(status, text: json.encoded, retryAfter: retryAfter)
  }

  private func reply(_ status: Int, text: String, retryAfter: Duration? = nil) -> Reply {
    Reply(
      status: status, retryAfter: retryAfter, body: Array(text.utf8), to: batch.head,
      site: .yacht, digest: digest, key: key)
  }

  private func answer(_ verdict: Answer.Verdict, through: Int64) -> Answer {
    Answer(verdict, to: batch.head, site: .yacht, through: through, digest: digest)
  }

  @Test func `shore's own answers are believed`() {
    #expect(
      reply(200, answer(.accepted, through: 20).json(key: key)) == .accepted(refused: []))
    #expect(reply(409, answer(.gap, through: 5).json(key: key)) == .gap(through: 5))
  }

  @Test(arguments: ["", "{}", "<html>Welcome to the marina</html>", "null", "[[["])
  func `a captive portal's 200 is no ack`(text: String) {
    #expect(reply(200, text: text) == .failed(.notShore))
  }

  @Test func `a 200 for other bytes, another stretch or under another key is no ack`() {
    var other = answer(.accepted, through: 20)
    other.digest = BodyDigest(of: [])

    #expect(reply(200, other.json(key: key)) == .failed(.notShore))
    #expect(reply(200, answer(.accepted, through: 21).json(key: key)) == .failed(.notShore))
    #expect(reply(200, answer(.accepted, through: 20).json(key: SiteKey())) == .failed(.notShore))
    #expect(reply(200, answer(.gap, through: 5).json(key: key)) == .failed(.notShore))
  }

  @Test func `a gap that is none moves nothing`() {
    #expect(reply(409, answer(.gap, through: 10).json(key: key)) == .failed(.notShore))
    #expect(reply(409, answer(.gap, through: 5).json(key: SiteKey())) == .failed(.notShore))
    #expect(reply(409, answer(.accepted, through: 5).json(key: key)) == .failed(.notShore))
  }

  @Test func `only shore's own word takes a batch apart`() {
    let problem = Problem(.malformed, "The head is wrong.")
    let sealed = problem.json(site: .yacht, digest: digest, key: key)

    #expect(reply(400, sealed) == .rejected(code: "malformed", message: "The head is wrong."))
    #expect(reply(400, problem.json) == .failed(.unexpected(status: 400)))
    #expect(reply(400, text: "<html>") == .failed(.unexpected(status: 400)))
  }

  @Test func `too large is heard from anyone, and known for shore's where it is`() {
    let problem = Problem(.tooLarge, "Too much.")
    let sealed = problem.json(site: .yacht, digest: digest, key: key)

    #expect(reply(413, sealed) == .tooLarge(isProven: true, message: "Too much."))
    #expect(reply(413, problem.json) == .tooLarge(isProven: false, message: "Too much."))
  }

  @Test func `two hubs under one key are a matter for a person`() {
    let problem = Problem(.lineageConflict, "Two hubs.")

    #expect(
      reply(409, problem.json(site: .yacht, digest: digest, key: key))
        == .failed(.conflict("Two hubs.")))
    #expect(reply(409, problem.json) == .failed(.notShore))
  }

  @Test(arguments: [
    (301, Trouble.notShore), (302, .notShore), (307, .notShore), (511, .notShore),
    (404, .notShore), (401, .notShore), (403, .notShore), (429, .busy(retryAfter: .seconds(7))),
    (503, .busy(retryAfter: .seconds(7))), (500, .unexpected(status: 500)),
    (502, .unexpected(status: 502)), (204, .unexpected(status: 204)),
  ])
  func `everything else is a failure that says what to look at`(status: Int, trouble: Trouble) {
    let reply = reply(status, text: "<html>", retryAfter: .seconds(7))

    #expect(reply == .failed(trouble))
    #expect(trouble.description.hasSuffix("."))
  }

  @Test func `a key that shore does not know is told apart from a sign-in page`() {
    let problem = Problem(.unauthenticated, "Not known here.")

    #expect(reply(401, problem.json) == .failed(.unknownKey))
  }

  @Test(arguments: ["", "shore.example", "ftp://shore", "https://", "https://a b", "https://a?b"])
  func `an address that is none is told so`(address: String) {
    #expect(throws: UplinkSettings.Fault.badAddress(address)) {
      try UplinkSettings(shore: address, site: "yacht", key: key.text)
    }
  }

  @Test func `settings are read as a person writes them`() throws {
    let settings = try UplinkSettings(
      shore: "https://shore.example/base//", site: "yacht", key: key.text + "\n")

    #expect(settings.url == "https://shore.example/base/v1/sites/yacht/events")
    #expect(throws: UplinkSettings.Fault.badSite("a b")) {
      try UplinkSettings(shore: "https://a", site: "a b", key: key.text)
    }
    #expect(throws: UplinkSettings.Fault.badKey) {
      try UplinkSettings(shore: "https://a", site: "yacht", key: "swordfish")
    }
  }
}
