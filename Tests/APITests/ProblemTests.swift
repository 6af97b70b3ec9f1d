import Access
import HTTPTypes
import HubFixtures
import HummingbirdCore
import Inventory
import Realtime
import Testing
import Wire

@testable import API

/// Errors as problem details (RFC 9457), and requests that are no requests.
@Suite struct ProblemTests {
  @Test(
    arguments: [
      (.malformed, 400), (.invalidField, 400), (.unauthenticated, 401), (.sessionEnded, 401),
      (.forbidden, 403), (.notFound, 404), (.unknownCommand, 404), (.duplicate, 409),
      (.insufficientStock, 409), (.wrongState, 409), (.alreadyCompleted, 409), (.inUse, 409),
      (.tooLarge, 413),
      (.operationReused, 422), (.upgradeRequired, 426), (.rateLimited, 429), (.internalError, 500),
      (.unavailable, 503),
      (.storageFull, 507),
    ] as [(Refusal.Code, Int)])
  func `each code has its status`(code: Refusal.Code, status: Int) throws {
    let problem = Problem(Refusal(code, "So it is.", field: "name"))

    #expect(problem.status.code == status)
    #expect(problem.response.status.code == status)
    #expect(problem.response.headers[.contentType] == "application/problem+json")
    #expect(problem.json["type"]?.text == "urn:quartermaster:problem:\(code.rawValue)")
    #expect(problem.json["status"]?.integer == Int64(status))
    #expect(problem.json["code"]?.text == code.rawValue)
    #expect(problem.json["detail"]?.text == "So it is.")
    #expect(problem.json["field"]?.text == "name")
    #expect(problem.json["title"]?.text?.isEmpty == false)
    #expect((problem.response.headers[.retryAfter] != nil) == (status == 429 || status == 503))
    #expect((problem.response.headers[.wwwAuthenticate] != nil) == (status == 401))
  }

  @Test func `every code is in the table`() {
    #expect(Refusal.Code.allCases.count == 19)
  }

  @Test(
    arguments: [
      ("{", 400, "malformed"), ("not JSON", 400, "malformed"), ("[]", 400, "malformed"),
      ("null", 400, "malformed"), ("7", 400, "malformed"), ("\u{FEFF}{}", 400, "malformed"),
      (String(repeating: "[", count: 100_000), 400, "malformed"),
      (#"{"a":"# + String(repeating: "[", count: 100), 400, "malformed"),
      (#"{"name":"x""#, 400, "malformed"), ("{}{}", 400, "malformed"),
      (#"{"name":7}"#, 400, "invalid_field"), (#"{"name":""}"#, 400, "invalid_field"),
      ("{}", 400, "invalid_field"), ("", 400, "invalid_field"),
      (#"{"name":"a\u0000b"}"#, 400, "invalid_field"),
      (#"{"name":"\#(String(repeating: "x", count: 2 << 20))"}"#, 413, "too_large"),
    ])
  func `a bad body is refused with its fault`(body: String, status: Int, code: String)
    async throws
  {
    try await LiveHub.with { live in
      let admin = try await live.person(.admin)

      let answer = try await live.request(
        "POST", "/api/v1/branches", bytes: Array(body.utf8), as: admin)

      #expect(answer.status == status)
      #expect(answer.code == code)
      #expect(answer.headers["content-type"] == "application/problem+json")
    }
  }

  @Test func `a body of invalid UTF-8 is refused`() async throws {
    try await LiveHub.with { live in
      let admin = try await live.person(.admin)

      let answer = try await live.request(
        "POST", "/api/v1/branches", bytes: Array(#"{"name":""#.utf8) + [0xC3, 0x28, 0x22, 0x7D],
        as: admin)

      #expect(answer.code == "malformed")
    }
  }

  @Test(
    arguments: [
      ("GET", "/nowhere", 404), ("GET", "/api/v1/nothing", 404),
      ("DELETE", "/api/v1/products", 404),
      ("PUT", "/api/v1/products/1", 404), ("GET", "/api/v1/products/x", 404),
      ("GET", "/api/v1/products/0", 404), ("GET", "/api/v1/products/-1", 404),
      ("GET", "/api/v1/products/99999999999999999999", 404), ("GET", "/api/v1/products/7", 404),
      ("GET", "/api/v1/products?limit=x", 400), ("GET", "/api/v1/products?limit=-1", 400),
      ("GET", "/api/v1/products?after=1.5", 400), ("GET", "/api/v1/products?order=up", 400),
      ("GET", "/api/v1/stock?productId=x", 400), ("GET", "/api/v1/events?after=x", 400),
      ("POST", "/api/v1/hub/setup", 404), ("GET", "/%00", 404), ("GET", "/../etc/passwd", 404),
    ])
  func `a wrong path or method is answered in kind`(
    method: String, path: String, status: Int
  ) async throws {
    try await LiveHub.with { live in
      let admin = try await live.person(.admin)

      let answer = try await live.request(method, path, as: admin)

      #expect(answer.status == status)
      #expect(try answer.json["detail"]?.text?.hasSuffix(".") ?? false, "\(answer.text)")
    }
  }

  @Test func `a page of another origin is turned away, the hub's own and listed ones are not`()
    async throws
  {
    try await LiveHub.with(origins: ["https://bridge.example"]) { live in
      var statuses: [Int] = []
      for origin in [
        "https://evil.example", "null", "http://hub.example", "https://bridge.example",
        "http://hub.example.evil.example",
      ] {
        statuses.append(
          try await live.request("GET", "/health", headers: ["Origin: \(origin)"]).status)
      }

      #expect(statuses == [403, 403, 200, 200, 403])
    }
  }

  @Test func `too many requests are refused until later`() async throws {
    var limits = Limits()
    limits.requestsPerMinute = 3
    try await LiveHub.with(limits) { live in
      var answers: [HTTPAnswer] = []
      for _ in 0..<4 { answers.append(try await live.get("/health")) }

      #expect(answers.map(\.status) == [200, 200, 200, 429])
      #expect(answers[3].headers["retry-after"] == "60")
      #expect(answers[3].code == "rate_limited")
    }
  }
}

/// HTTP/1.1 itself, byte by byte.
@Suite struct HTTPTests {
  private func answer(_ live: LiveHub, _ request: String) async throws -> HTTPAnswer {
    let client = try await RawClient.connect(to: live.port)
    try await client.send(request)
    return try await client.readResponse()
  }

  @Test(
    arguments: [
      "nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nA b\r\n\r\n",
      "GET /health HTTP/1.1\r\nHost : a\r\n\r\n",
      "POST /api/v1/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
      "POST /api/v1/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 5x\r\n\r\nhello",
      """
      POST /api/v1/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\
      Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n
      """,
      """
      POST /api/v1/sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\
      Content-Length: 5\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n
      """,
      """
      POST /api/v1/sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n\
      hello
      """,
      """
      POST /api/v1/sign-in HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n
      """,
      "GET /health HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n",
      "GET /\(String(repeating: "x", count: 200_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
  func `what is no HTTP is answered with 400, once, and the connection ends`(request: String)
    async throws
  {
    try await LiveHub.with { live in
      let client = try await RawClient.connect(to: live.port)
      client.post(Array(request.utf8))

      #expect(try await client.readResponse().status == 400)
      #expect(try await client.readToEnd().isEmpty)
      #expect(try await live.get("/health").status == 200)
    }
  }

  @Test func `a fault after a good request is answered in its turn`() async throws {
    try await LiveHub.with { live in
      let client = try await RawClient.connect(to: live.port)

      try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.readResponse().status == 200)
      try await client.send("nonsense\r\n\r\n")

      #expect(try await client.readResponse().status == 400)
      #expect(try await client.readToEnd().isEmpty)
    }
  }

  @Test func `requests on one connection are answered in their order`() async throws {
    try await LiveHub.with { live in
      let client = try await RawClient.connect(to: live.port)
      let paths = ["/health", "/nowhere", "/api/openapi.json", "/health"]

      try await client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())

      var statuses: [Int] = []
      for _ in paths { statuses.append(try await client.readResponse().status) }
      #expect(statuses == [200, 404, 200, 200])
    }
  }

  @Test func `a chunked body is read like any other`() async throws {
    try await LiveHub.with { live in
      let admin = try await live.person(.admin)

      let answer = try await answer(
        live,
        """
        POST /api/v1/branches HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(admin.token)\r\n\
        Transfer-Encoding: chunked\r\n\r\n8\r\n{"name":\r\n8\r\n"North"}\r\n0\r\n\r\n
        """)

      #expect(answer.status == 200)
    }
  }

  @Test func `health is open, details are for the crew, and answers are not kept by caches`()
    async throws
  {
    try await LiveHub.with { live in
      let (staff, guest) = (try await live.person(.staff), try await live.person(.guest))
      _ = try await WebSocketClient.open(live, as: staff)

      let health = try await live.get("/health")
      let detailed = try await live.get("/health/detailed", as: staff)

      #expect(try health.json["success"]?.boolean == true)
      #expect(health.headers["cache-control"] == "no-store")
      #expect(health.headers["x-content-type-options"] == "nosniff")
      #expect(try detailed.json["websocket"]?["connections"]?.integer == 1)
      #expect(try detailed.json["log"]?["epoch"]?.text == live.hub.epoch)
      #expect(try detailed.json["checks"]?["database"]?["ok"]?.boolean == true)
      #expect(try await live.get("/health/detailed", as: guest).status == 403)
      #expect(try await live.get("/health/detailed").status == 401)
    }
  }

  @Test func `metrics are in the text format that scrapers read`() async throws {
    try await LiveHub.with { live in
      let metrics = try await live.get("/metrics")

      #expect(metrics.status == 200)
      #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4")
      let lines = metrics.text.split(separator: "\n")
      let samples = lines.filter { !$0.hasPrefix("#") }
      #expect(samples.allSatisfy { Int64($0.split(separator: " ").last ?? "") != nil })
      for sample in samples {
        let name = sample.prefix { $0 != " " && $0 != "{" }
        #expect(lines.contains { $0.hasPrefix("# TYPE \(name) ") })
      }
    }
  }
}
