import Access
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import Storage
import Wire

/// Set-up, signing in and out, and who one is.
struct SessionRoutes {
  let gate: Gate

  func add(to router: Router<APIContext>) {
    router.post("/api/v1/setup") { request, context -> Response in
      let body = try await request.json(gate.limits)
      guard let code = body["code"]?.text else { throw Refusal.invalid("code", "is missing") }
      let signIn = try await gate.setUp(
        code: code, data: body, device: try Self.device(body), address: context.address)
      return Self.welcome(signIn, request)
    }
    router.post("/api/v1/sign-in") { request, context -> Response in
      let body = try await request.json(gate.limits)
      guard let name = body["name"]?.text, name.count <= 64 else {
        throw Refusal.invalid("name", "is missing")
      }
      guard let password = body["password"]?.text, password.count <= 200 else {
        throw Refusal.invalid("password", "is missing")
      }
      let signIn = try await gate.signIn(
        login: name, password: password, device: try Self.device(body), address: context.address)
      return Self.welcome(signIn, request)
    }
    router.post("/api/v1/sign-out") { request, _ -> Response in
      try await gate.signOut(try await gate.person(request))
      return .json(
        ["signedOut": true],
        headers: [.setCookie: Self.cookie("", for: 0, request)])
    }
    router.get("/api/v1/me") { request, _ -> Response in
      .json(Self.json(try await gate.person(request)))
    }
  }

  private static func device(_ body: JSON) throws(Refusal) -> Gate.Device {
    var fields = Fields(body.members ?? JSON.Members())
    return Gate.Device(
      key: try fields.optionalText("device", 1...64, "The device's own id."),
      name: try fields.optionalText("deviceName", 1...100, "What people call it."))
  }

  /// The token for scripts, and the same as a cookie for pages. The cookie is for same-site requests
  /// only and out of reach of scripts. It outlives the browser, since a tablet that ran flat must not
  /// sign in again to send what it kept; whether the session stands is for its row to say.
  private static func welcome(_ signIn: Gate.SignIn, _ request: Request) -> Response {
    .json(
      ["token": .string(signIn.token), "user": json(signIn.identity)],
      headers: [.setCookie: cookie(signIn.token, for: 34_560_000, request)])
  }

  /// In TLS the cookie has a name that browsers set and send in TLS only (RFC 6265bis, section
  /// 4.1.3.2): nobody who listens to plain HTTP on the same host learns it or plants another.
  private static func cookie(_ token: String, for seconds: Int, _ request: Request) -> String {
    let rest = "\(token); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(seconds)"
    return request.isSecure
      ? "\(Credentials.secureCookie)=\(rest); Secure" : "\(Credentials.cookie)=\(rest)"
  }

  private static func json(_ identity: Identity) -> JSON {
    .compact([
      "userId": .int(identity.user), "name": .string(identity.name),
      "role": .string(identity.role.rawValue),
      "branchIds": .array(identity.branches.sorted().map(JSON.int)),
      "customerId": .integer(identity.customer), "sessionId": .int(identity.session),
      "device": .string(identity.device),
    ])
  }
}
