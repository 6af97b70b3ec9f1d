import ShoreFixtures
import Sync
import Testing
import Wire

struct SealTests {
  let key = SiteKey()
  let batch = Batch.sample(1...3)
  let digest = BodyDigest(of: [1, 2, 3])

  @Test func `a key survives being written down`() throws {
    let read = try #require(SiteKey(text: " \(key.text)\n"))

    #expect(read.bytes == key.bytes)
    #expect(key.text.count == 43)
    #expect(!"\(key)".contains(key.text))
  }

  @Test(arguments: [
    "", "short", String(repeating: "=", count: 43), String(repeating: "A", count: 44),
  ])
  func `a text that is no key is none`(text: String) {
    #expect(SiteKey(text: text) == nil)
  }

  @Test func `a request's seal holds for its site, its bytes and its key only`() throws {
    let seal = key.authorization(site: .yacht, digest: digest)
    let other = try #require(SiteName("dinghy"))

    #expect(key.verifies(authorization: seal, site: .yacht, digest: digest))
    #expect(!key.verifies(authorization: seal, site: other, digest: digest))
    #expect(!key.verifies(authorization: seal, site: .yacht, digest: BodyDigest(of: [])))
    #expect(!SiteKey().verifies(authorization: seal, site: .yacht, digest: digest))
    #expect(!key.verifies(authorization: "QM1 ", site: .yacht, digest: digest))
    #expect(!key.verifies(authorization: "", site: .yacht, digest: digest))
  }

  @Test func `an answer is read back with its refusals`() throws {
    let refused = [EventRefusal(seq: 2, code: .badData, message: "No \"object\".")]
    let answer = Answer(
      .accepted, to: batch.head, site: .yacht, through: 3, digest: digest, refused: refused)

    let json = try JSON(parsing: answer.json(key: key).encoded)

    #expect(read(json, .accepted) == answer)
  }

  @Test func `a forged answer is no answer`() {
    let answer = Answer(
      .accepted, to: batch.head, site: .yacht, through: 3, digest: digest)
    let json = answer.json(key: key)
    let forgeries: [(String, JSON?)] = [
      ("through", 4), ("site", "dinghy"), ("epoch", "e2"), ("lane", "first"), ("digest", "00"),
      ("refused", [["seq": 1, "code": "x", "message": "y"]]), ("mac", "00"), ("mac", nil),
      ("refused", nil), ("refused", [7]),
    ]

    for (member, value) in forgeries {
      var forged = json
      forged[member] = value
      #expect(read(forged, .accepted) == nil, "\(member)")
    }
    #expect(read(json, .gap) == nil)
    #expect(read(json, .accepted, digest: BodyDigest(of: [])) == nil)
    #expect(read(json, .accepted, key: SiteKey()) == nil)
    #expect(read(answer.json(key: SiteKey()), .accepted) == nil)
    #expect(read(json, .accepted) == answer)
  }

  @Test func `a problem is proven by its seal only`() throws {
    let problem = Problem(.malformed, "The head is wrong.")
    let sealed = problem.json(site: .yacht, digest: digest, key: key)
    var forged = sealed
    forged["code"] = "too_large"

    let proofs = [sealed, problem.json, forged].map {
      ReadProblem($0, site: .yacht, digest: digest, key: key)?.isProven
    }

    #expect(proofs == [true, false, false])
  }

  private func read(
    _ json: JSON, _ verdict: Answer.Verdict, digest: BodyDigest? = nil, key: SiteKey? = nil
  ) -> Answer? {
    Answer(
      json, verdict: verdict, to: batch.head, site: .yacht, digest: digest ?? self.digest,
      key: key ?? self.key)
  }
}
