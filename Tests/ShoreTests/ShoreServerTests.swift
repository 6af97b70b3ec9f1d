import Inventory
import Shore
import ShoreFixtures
import Sync
import Testing
import Wire

@Suite(.timeLimit(.minutes(2)))
struct ShoreServerTests {
  let directory: TemporaryDirectory
  let store: ShoreStore
  let key: SiteKey

  init() throws {
    directory = try TemporaryDirectory()
    store = try ShoreStore(DataDirectory(directory.path), create: true)
    key = try store.addSite(.yacht, at: 1)
  }

  @Test func `a batch is answered under seal, and again when the answer was lost`() async throws {
    let batch = Batch.sample(1...100)
    let digest = BodyDigest(of: try batch.body())

    let answers = try await withShore(store) { [key] shore in
      [
        try await Post.batch(batch, to: shore, key: key),
        try await Post.batch(batch, to: shore, key: key),
      ]
    }

    let expected = Answer(.accepted, to: batch.head, site: .yacht, through: 100, digest: digest)
    #expect(answers.map(\.status) == [200, 200])
    for answer in answers {
      #expect(
        Answer(
          answer.json, verdict: .accepted, to: batch.head, site: .yacht, digest: digest, key: key)
          == expected)
    }
    #expect(try store.exported == batch.exported(epoch: "e1"))
  }

  @Test func `a gap is answered under seal with where to go on`() async throws {
    let batch = Batch.sample(5...9)
    let digest = BodyDigest(of: try batch.body())

    let answer = try await withShore(store) { [key] in
      try await Post.batch(batch, to: $0, key: key)
    }

    #expect(answer.status == 409)
    #expect(answer.code == "gap")
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(
      Answer(answer.json, verdict: .gap, to: batch.head, site: .yacht, digest: digest, key: key)?
        .through == 0)
  }

  @Test func `an unknown site and a wrong key get the same answer`() async throws {
    let batch = Batch.sample(1...3)

    let answers = try await withShore(store) { [key] shore in
      [
        try await Post.batch(batch, to: shore, key: SiteKey()),
        try await Post.batch(batch, to: shore, site: "dinghy", key: key),
        try await Post.batch(batch, to: shore, site: "a%20b", key: key),
      ]
    }

    #expect(answers.map(\.status) == [401, 401, 401])
    #expect(Set(answers.map(\.text)).count == 1)
    #expect(try store.status().first?.events == 0)
  }

  @Test func `bytes that were changed on the way are turned away`() async throws {
    var body = try Batch.sample(1...3).body()
    let seal = key.authorization(site: .yacht, digest: BodyDigest(of: body))
    body[body.count / 2] ^= 1

    let answer = try await withShore(store) { [key, body] in
      try await Post.batch(body, to: $0, key: key, headers: ["Authorization": seal])
    }

    #expect(answer.code == "unauthenticated")
  }

  @Test func `an answer that was lost can be had again, by the site alone and as it was`()
    async throws
  {
    let body = try Batch.sample(1...3).body()
    let digest = BodyDigest(of: body)

    try await withShore(store) { [key] shore in
      let ask = { (digest: BodyDigest, key: SiteKey) in
        let target = AnswerRequest.target(site: .yacht, batch: digest)
        let asked = BodyDigest(of: Array(target.utf8))
        return try await Post.request(
          "GET", shore + target,
          headers: ["Authorization": key.authorization(site: .yacht, digest: asked)])
      }
      #expect(try await ask(digest, key).status == 404)
      let answer = try await Post.batch(body, to: shore, key: key)
      let again = try await ask(digest, key)
      #expect(again.status == 200)
      #expect(again.text == answer.text)
      #expect(try await ask(BodyDigest(of: [1]), key).status == 404)
      #expect(try await ask(digest, SiteKey()).status == 401)
      // A few are kept, and no more.
      for seq in Int64(4)...12 {
        _ = try await Post.batch(try Batch.sample(seq...seq).body(), to: shore, key: key)
      }
      #expect(try await ask(digest, key).status == 404)
    }
  }

  @Test func `bodies that can't be read are told under seal`() async throws {
    let bomb = try Gzip.deflated([UInt8](repeating: 0x20, count: Limits.inflated + 1))
    let bodies = [bomb, [1, 2, 3], try Gzip.deflated([])]

    let answers = try await withShore(store) { [key] shore in
      var answers: [Received] = []
      for body in bodies { answers.append(try await Post.batch(body, to: shore, key: key)) }
      return answers
    }

    #expect(answers.map(\.status) == [413, 400, 400])
    #expect(answers.map(\.code) == ["too_large", "malformed", "malformed"])
    for (answer, body) in zip(answers, bodies) {
      let problem = ReadProblem(
        answer.json, site: .yacht, digest: BodyDigest(of: body), key: key)
      #expect(problem?.isProven == true)
    }
  }

  @Test func `a body over the limit and a body of another kind are not read`() async throws {
    let large = [UInt8](repeating: 7, count: Limits.body + 1)
    let body = try Batch.sample(1...3).body()

    let answers = try await withShore(store) { [key] shore in
      [
        try await Post.batch(large, to: shore, key: key),
        try await Post.batch(body, to: shore, key: key, headers: ["Content-Encoding": "br"]),
        try await Post.batch(body, to: shore, key: key, headers: ["Content-Type": "text/plain"]),
      ]
    }

    #expect(answers.map(\.status) == [413, 415, 415])
    #expect(
      answers.map(\.code) == ["too_large", "unsupported_media_type", "unsupported_media_type"])
  }

  @Test func `two hubs under one key are told so`() async throws {
    let stranger = Batch.sample(1...3, lineage: .sample(("x1", 1)))

    let answer = try await withShore(store) { [key] shore in
      _ = try await Post.batch(Batch.sample(1...3), to: shore, key: key)
      return try await Post.batch(stranger, to: shore, key: key)
    }

    #expect(answer.status == 409)
    #expect(answer.code == "lineage_conflict")
    #expect(answer.json["detail"]?.text?.contains("two different hubs") == true)
  }

  @Test func `batches that come a hundred times at once, and overlap, are held once`() async throws
  {
    let batches = try [1...60, 31...60, 1...100, 61...100].map {
      try Batch.sample($0).body()
    }

    let answers = try await withShore(store) { [key] shore in
      try await withThrowingTaskGroup(of: Received.self) { group in
        for _ in 0..<100 {
          for batch in batches {
            group.addTask { try await Post.batch(batch, to: shore, key: key) }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }

    // What comes behind a gap is told so, and a crowd is asked to come later.
    #expect(Set(answers.map(\.status)).isSubset(of: [200, 409, 429]))
    #expect(answers.count { $0.status == 200 } > 0)
    let again = try await withShore(store) { [key] shore in
      try await Post.batch(batches[2], to: shore, key: key)
    }
    #expect(again.status == 200)
    #expect(try store.exported == Batch.sample(1...100).exported(epoch: "e1"))
  }

  @Test func `only the operator sees how the sites stand`() async throws {
    let batch = Batch.sample(1...3)
    let basic = "Basic " + "b3BlcmF0b3I6b3BlcmF0b3ItdG9rZW4tb2YtdGhlLXRlc3Q="
    let bearer = "Bearer operator-token-of-the-test"

    let answers = try await withShore(store) { [key] shore in
      _ = try await Post.batch(batch, to: shore, key: key)
      var answers: [Received] = []
      for authorization in [basic, bearer, "Basic b3BlcmF0b3I6", ""] {
        for path in ["/v1/status", "/"] {
          answers.append(
            try await Post.request(
              "GET", shore + path, headers: ["Authorization": authorization]))
        }
      }
      return answers
    }

    #expect(answers.map(\.status) == [200, 200, 200, 200, 401, 401, 401, 401])
    #expect(
      answers[0].text == #"{"sites":[{"name":"yacht","epoch":"e1","events":3,"#
        + #""cursors":{"first":0,"normal":3,"bulk":0},"lastContact":1764547200000,"refused":0,"#
        + #""alerts":0,"openConflicts":0,"refusedChanges":0,"pendingChanges":0}]}"#)
    #expect(answers[1].text.contains("<a href=\"/sites/yacht\">yacht</a>"))
    #expect(!answers[1].text.contains("<script"))
    #expect(answers[1].headers["content-security-policy"]?.contains("default-src 'none'") == true)
    #expect(answers[4].headers["www-authenticate"]?.contains("Basic") == true)
  }

  @Test func `anyone may ask for its health, and nothing else is there`() async throws {
    let answers = try await withShore(store) { shore in
      [
        try await Post.request("GET", shore + "/health"),
        try await Post.request("GET", shore + "/v1/nothing"),
        try await Post.request("DELETE", shore + "/health"),
        try await Post.request("GET", shore + "/v1/sites/yacht/events"),
      ]
    }

    #expect(answers.map(\.status) == [200, 404, 405, 405])
    #expect(
      answers.map(\.code) == [nil, "not_found", "method_not_allowed", "method_not_allowed"])
  }

  @Test func `a port that is taken is told in one sentence`() async throws {
    try await withShore(store) { [store] shore in
      let port = try #require(Int(shore.split(separator: ":").last ?? ""))
      let second = ShoreServer(
        store: store, operatorToken: OperatorToken("x"),
        address: .init(host: "127.0.0.1", port: port), logger: .silent, onListening: { _ in })

      await #expect(throws: ShoreError.portTaken("127.0.0.1:\(port)")) { try await second.run() }
    }
  }

  @Test(arguments: ["", "8470", "host", "host:", "host:70000", ":1", "[::1:1", "host:x"])
  func `an address that is none is told so`(text: String) {
    #expect(throws: ShoreError.badAddress(text)) { try ShoreServer.Address(text) }
  }

  @Test func `addresses of both kinds are read`() throws {
    #expect(try ShoreServer.Address("127.0.0.1:0") == .init(host: "127.0.0.1", port: 0))
    #expect(try ShoreServer.Address("[::1]:8470") == .init(host: "::1", port: 8470))
    #expect("\(try ShoreServer.Address("[::1]:8470"))" == "[::1]:8470")
  }
}
