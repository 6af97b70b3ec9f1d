import Access
import Testing

@Suite struct RateLimiterTests {
  @Test func `a window takes so many, and the next one as many again`() {
    var limiter = RateLimiter<String>()

    let first = (0..<4).map { limiter.admit("a", limit: 3, now: .seconds($0)) }
    let late = limiter.admit("a", limit: 3, now: .seconds(59))
    let next = limiter.admit("a", limit: 3, now: .seconds(60))

    #expect(first == [true, true, true, false])
    #expect(!late)
    #expect(next)
  }

  @Test func `keys do not count for each other`() {
    var limiter = RateLimiter<String>()

    _ = limiter.admit("a", limit: 1, now: .zero)
    let (again, other) = (
      limiter.admit("a", limit: 1, now: .zero), limiter.admit("b", limit: 1, now: .zero)
    )

    #expect(!again)
    #expect(other)
  }

  @Test func `a limit of nothing admits nobody`() {
    var limiter = RateLimiter<Int>()

    let isAdmitted = limiter.admit(1, limit: 0, now: .zero)

    #expect(!isAdmitted)
  }

  @Test func `memory is bounded, and a known key is not forgotten for its own attempts`() {
    var limiter = RateLimiter<Int>(capacity: 100)
    for _ in 0..<5 { _ = limiter.admit(7, limit: 5, now: .zero) }

    for key in 1000..<1099 { _ = limiter.admit(key, limit: 5, now: .zero) }

    let known = limiter.admit(7, limit: 5, now: .zero)
    // One address more than fits: the window begins anew.
    let another = limiter.admit(5000, limit: 5, now: .zero)

    #expect(!known)
    #expect(another)
  }
}

@Suite struct OriginTests {
  @Test(
    arguments: [
      ("http://hub.local:8080", "hub.local:8080", [], true),
      ("https://hub.local", "hub.local", [], true), ("http://HUB.local", "hub.LOCAL", [], true),
      ("http://hub.local", "hub.local:8080", [], false),
      ("http://evil.example", "hub.local", [], false),
      ("http://hub.local.evil.example", "hub.local", [], false),
      ("http://hub.local@evil.example", "hub.local", [], false),
      ("null", "hub.local", [], false), ("", "hub.local", [], false), ("null", "null", [], false),
      ("http://hub.local", nil, [], false), ("://", "", [], false),
      ("https://bridge.example", "hub.local", ["https://bridge.example"], true),
      ("http://bridge.example", "hub.local", ["https://bridge.example"], false),
      ("https://bridge.example.evil", "hub.local", ["https://bridge.example"], false),
      ("null", "hub.local", ["*"], true), ("http://any.example", nil, ["*"], true),
    ] as [(String, String?, Set<String>, Bool)])
  func `a page may connect from the hub's own host and from listed origins`(
    origin: String, host: String?, allowed: Set<String>, mayConnect: Bool
  ) {
    #expect(Origins.mayConnect(origin, host: host, allowed) == mayConnect)
  }
}

@Suite struct CredentialsTests {
  @Test(
    arguments: [
      (nil, nil, nil, nil), ("Bearer abc", nil, nil, "abc"), ("bearer  abc ", nil, nil, "abc"),
      ("BEARER abc", nil, nil, "abc"), ("Basic abc", nil, nil, nil), ("Bearer", nil, nil, nil),
      ("Bearer ", nil, nil, ""), (nil, "quartermaster_session=abc", nil, "abc"),
      (nil, "a=b; quartermaster_session=abc; c=d", nil, "abc"),
      (nil, "a=b;quartermaster_session=abc", nil, "abc"),
      (nil, "xquartermaster_session=abc", nil, nil), (nil, "quartermaster_session", nil, nil),
      (nil, "quartermaster_session=", nil, nil), (nil, "quartermaster_session=a=b", nil, "a=b"),
      (nil, nil, "access_token=abc", "abc"), (nil, nil, "x=1&access_token=abc&y=2", "abc"),
      (nil, nil, "access_tokens=abc", nil), (nil, nil, "", nil), (nil, nil, "&&=&", nil),
      ("Bearer one", "quartermaster_session=three", "access_token=two", "one"),
      ("Basic one", "quartermaster_session=three", "access_token=two", "two"),
      (nil, "quartermaster_session=three", "x=1", "three"),
    ] as [(String?, String?, String?, String?)])
  func `a token is looked for in the header, the query and the cookie`(
    authorization: String?, cookie: String?, query: String?, token: String?
  ) {
    #expect(
      Credentials.token(authorization: authorization, cookie: cookie, query: query) == token)
  }

  @Test(
    arguments: [
      (nil, nil), ("", nil), ("theme=dark", "theme=dark"), ("quartermaster_session=a", nil),
      ("a=b; quartermaster_session=a; quartermaster_device=b;c=d", "a=b;c=d"),
      (" quartermaster_device =b", nil),
      ("__Host-quartermaster_session=a", "__Host-quartermaster_session=a"),
      (
        "quartermaster_session=old; __Host-quartermaster_session=new",
        " __Host-quartermaster_session=new"
      ),
    ] as [(String?, String?)])
  func `in TLS the cookies of plain HTTP do not count`(sent: String?, kept: String?) {
    #expect(Credentials.trusted(sent, isSecure: true) == kept)
    #expect(Credentials.trusted(sent, isSecure: false) == sent)
  }
}
