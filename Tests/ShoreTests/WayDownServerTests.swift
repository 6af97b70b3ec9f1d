import Foundation
import Inventory
@testable import Shore
import ShoreFixtures
import Sync
import Testing
import Wire

/// Questions for changes, the operator's addresses and the pages, over the wire.
@Suite(.timeLimit(.minutes(2)))
struct WayDownServerTests {
  let directory: TemporaryDirectory
  let store: ShoreStore
  let key: SiteKey
  private static let office = ["Authorization": "Bearer operator-token-of-the-test"]

  init() throws {
    directory = try TemporaryDirectory()
    store = try ShoreStore(DataDirectory(directory.path), create: true)
    key = try store.addSite(.yacht, at: 1)
  }

  private static func question(wait: Int64 = 0, after: Int64 = 0) -> ChangeRequest {
    ChangeRequest(
      site: .yacht, epoch: "e1", after: after, tag: nil, wait: wait, backlog: [:],
      nonce: ChangeRequest.freshNonce())
  }

  private static func send(_ shore: String, key: String? = nil) async throws -> Received {
    let body: JSON = [
      "command": "product.update", "data": ["productId": 1, "price": 1290], "by": "Ana",
    ]
    return try await Post.request(
      "POST", "\(shore)/v1/sites/yacht/send",
      headers: office.merging(key.map { ["Idempotency-Key": $0] } ?? [:]) { $1 },
      body: body.encodedBytes)
  }

  @Test func `a question is answered under seal`() async throws {
    let page = try await withShore(store) { [key] shore in
      _ = try await Self.send(shore)
      return try await Post.question(Self.question(), to: shore, key: key)
    }

    #expect(page?.changes.map(\.command) == ["product.update"])
    #expect(page?.sent == 1_764_547_200_000)
  }

  @Test func `a question is held until there is something to say`() async throws {
    let page = try await withShore(store) { [key] shore in
      async let held = Post.question(Self.question(wait: 300), to: shore, key: key)
      _ = try await Self.send(shore)
      return try await held
    }

    #expect(page?.changes.count == 1)
  }

  @Test func `what another program enqueues is found as well`() async throws {
    let page = try await withShore(store) { [key, directory] shore in
      async let held = Post.question(Self.question(wait: 300), to: shore, key: key)
      let beside = try ShoreStore(DataDirectory(directory.path), create: false)
      let order = try ShoreStore.Order("product.remove", ["productId": 1], by: "Ana")
      _ = try await beside.enqueue([order], for: .yacht, at: 5)
      return try await held
    }

    #expect(page?.changes.map(\.command) == ["product.remove"])
  }

  @Test func `a question under a wrong key, or changed on its way, gets nothing`() async throws {
    let answers = try await withShore(store) { [key] shore in
      let question = Self.question()
      var other = question
      other.after = 7
      let seal = key.authorization(
        site: .yacht, digest: ChangeRequest.digest(target: question.target))
      let strange = SiteKey().authorization(
        site: .yacht, digest: ChangeRequest.digest(target: question.target))
      return [
        try await Post.request("GET", shore + other.target, headers: ["Authorization": seal]),
        try await Post.request("GET", shore + question.target, headers: ["Authorization": strange]),
        try await Post.request("GET", shore + question.target),
      ]
    }

    #expect(answers.map(\.status) == [401, 401, 401])
    #expect(try store.summaries().first?.backlog == nil)
  }

  @Test func `a repeated key sends once`() async throws {
    let answers = try await withShore(store) { shore in
      [
        try await Self.send(shore, key: "press-1234"),
        try await Self.send(shore, key: "press-1234"),
      ]
    }

    #expect(answers.map(\.status) == [202, 202])
    #expect(answers.map { $0.json["change"]?.integer } == [1, 1])
    #expect(try await store.pendingChanges(of: .yacht).count == 1)
  }

  @Test(arguments: [
    ("GET", "/"), ("GET", "/v1/status"), ("GET", "/sites/yacht"), ("GET", "/v1/sites/yacht/stock"),
    ("POST", "/v1/sites/yacht/send"), ("GET", "/v1/sites/yacht/pending-changes"),
    ("POST", "/sites/yacht/conflicts/1"),
  ])
  func `only the operator gets in`(method: String, path: String) async throws {
    let answer = try await withShore(store) { shore in
      try await Post.request(method, shore + path, body: method == "POST" ? [] : nil)
    }

    #expect(answer.status == 401)
  }

  @Test(arguments: [
    ("GET", "/v1/sites/yacht/send", 405), ("GET", "/v1/sites/nobody/stock", 404),
    ("GET", "/v1/sites/yacht/nothing", 404), ("POST", "/v1/sites/yacht/stock", 405),
    ("GET", "/sites/nobody", 404), ("GET", "/sites/yacht/x", 404),
    ("POST", "/v1/sites/yacht/send", 400), ("POST", "/sites/yacht", 405),
  ])
  func `every address says what is wrong`(method: String, path: String, status: Int) async throws {
    let answer = try await withShore(store) { shore in
      try await Post.request(
        method, shore + path, headers: Self.office, body: method == "POST" ? [0x7B] : nil)
    }

    #expect(answer.status == status)
  }

  private func conflict() async throws {
    let event = Event(
      seq: 1, type: EventType.conflictFound.rawValue, lane: .first,
      audience: Audience(roles: .managers), topics: ["inventory"], time: 1,
      data: #"{"conflictId":1,"words":"product <b>Kit</b>: price","kept":"aboard"}"#)
    let batch = try #require(
      Batch([event], lane: .first, after: 0, lineage: .sample(("e1", 1))))
    _ = try await store.receive(try batch.received, from: .yacht, at: 2)
  }

  private static func hidden(_ name: String, in html: String) -> String? {
    html.components(separatedBy: "name=\"\(name)\" value=\"").dropFirst().first?
      .prefix { $0 != "\"" }.description
  }

  @Test func `a conflict is settled on the site's page, without a script`() async throws {
    try await conflict()

    let (page, fleet, answer) = try await withShore(store) { shore in
      let page = try await Post.request("GET", "\(shore)/sites/yacht", headers: Self.office)
      let fleet = try await Post.request("GET", "\(shore)/", headers: Self.office)
      let proof = Self.hidden("proof", in: page.text) ?? ""
      let answer = try await Post.request(
        "POST", "\(shore)/sites/yacht/conflicts/1", headers: Self.office,
        body: Array("proof=\(proof)&by=Cl%C3%A9o+B&choice=custom&value=1300".utf8))
      return (page, fleet, answer)
    }

    #expect(page.text.contains("product &lt;b&gt;Kit&lt;/b&gt;: price"))
    #expect(page.headers["content-security-policy"]?.contains("form-action 'self'") == true)
    #expect(!page.text.contains("<script"))
    #expect(fleet.text.contains("Conflicts to settle</dt><dd class=\"bad\">1</dd>"))
    // The browser was sent back to the page, where the decision is on its way.
    #expect(answer.status == 200)
    #expect(answer.text.contains("conflict.settle"))
    let change = try #require(try await store.pendingChanges(of: .yacht).first)
    #expect(change.command == "conflict.settle")
    #expect(change.author == "Cléo B")
    #expect(change.data == ["conflictId": 1, "choice": "custom", "value": "1300"])
  }

  @Test func `a form that another site made a browser post settles nothing`() async throws {
    try await conflict()

    let answer = try await withShore(store) { shore in
      try await Post.request(
        "POST", "\(shore)/sites/yacht/conflicts/1", headers: Self.office,
        body: Array("by=Ana&choice=other&proof=00ff".utf8))
    }

    #expect(answer.status == 401)
    #expect(try await store.pendingChanges(of: .yacht).isEmpty)
  }
}
