import CrewApp
import HubFixtures
import Sync
import Testing

@testable import API

/// The crew's app as a browser fetches it.
@Suite struct AppTests {
  @Test func `the page allows nothing from elsewhere and nothing inline`() async throws {
    try await LiveHub.with { live in
      let page = try await live.request("GET", "/")

      #expect(page.status == 200)
      #expect(page.headers["content-type"] == "text/html; charset=utf-8")
      #expect(page.headers["cache-control"] == "no-cache")
      #expect(page.headers["x-content-type-options"] == "nosniff")
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.contains("default-src 'none'"))
      #expect(policy.contains("frame-ancestors 'none'"))
      #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("http"))
    }
  }

  @Test func `what a browser has is not sent again`() async throws {
    try await LiveHub.with { live in
      let first = try await live.request("GET", "/sw.js")
      let tag = try #require(first.headers["etag"])
      for known in [tag, "\"other\", \(tag)", "W/\(tag)", "*"] {
        let again = try await live.request("GET", "/sw.js", headers: ["If-None-Match: \(known)"])
        #expect(again.status == 304, "\(known)")
        #expect(again.body.isEmpty)
        #expect(again.headers["etag"] == tag)
      }

      let other = try await live.request("GET", "/sw.js", headers: ["If-None-Match: \"other\""])
      #expect(other.status == 200)
    }
  }

  @Test func `files of this version are kept for good, those of another are not there`()
    async throws
  {
    try await LiveHub.with { live in
      let version = CrewApp.shared.version
      let script = try await live.request("GET", "/app/\(version)/app.js")
      let before = try await live.request("GET", "/app/0000000000000000/app.js")
      let above = try await live.request("GET", "/app/\(version)/../../Package.swift")

      #expect(script.status == 200)
      #expect(script.headers["content-type"] == "text/javascript; charset=utf-8")
      #expect(script.headers["cache-control"] == "public, max-age=31536000, immutable")
      #expect(before.status == 404)
      #expect(above.status == 404)
    }
  }

  @Test func `gzip goes to those who take it`() async throws {
    try await LiveHub.with { live in
      let plain = try await live.request("GET", "/")
      let packed = try await live.request("GET", "/", headers: ["Accept-Encoding: br, gzip"])
      let refused = try await live.request("GET", "/", headers: ["Accept-Encoding: gzip;q=0"])

      #expect(plain.headers["content-encoding"] == nil)
      #expect(packed.headers["content-encoding"] == "gzip")
      #expect(packed.headers["vary"] == "Accept-Encoding")
      let isSame = try Gzip.inflated(packed.body, limit: 1 << 20) == plain.body
      #expect(isSame)
      #expect(refused.headers["content-encoding"] == nil)
    }
  }
}
