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
      let name = try Self.name(body)
      guard let password = body["password"]?.text, password.count <= 200 else {
        throw Refusal.invalid("password", "is missing")
      }
      let signIn = try await gate.signIn(
        login: name, password: password, device: try Self.device(body), address: context.address)
      return Self.welcome(signIn, request)
    }
    router.post("/api/v1/pairing") { request, context -> Response in
      let identity = try await gate.person(request, .managers)
      let body = try await request.json(gate.limits)
      let (login, device) = try (Self.name(body), Self.device(body).name)
      let invitation = try await gate.invite(login: login, deviceName: device, from: identity)
      return .json([
        "code": .string(invitation.code), "name": .string(invitation.userName),
        "minutes": .int(invitation.lifetime.components.seconds / 60),
      ])
    }
    router.post("/api/v1/pair") { request, context -> Response in
      let body = try await request.json(gate.limits)
      guard let code = body["code"]?.text, code.count <= 64 else {
        throw Refusal.invalid("code", "is missing")
      }
      let paired = try await gate.pair(
        code: code, device: try Self.device(body), address: context.address)
      var response = Self.welcome(paired.signIn, request)
      response.headers.append(
        HTTPField(
          name: .setCookie,
          value: Self.cookie(paired.secret, of: .device, for: 34_560_000, request)))
      return response
    }
    router.post("/api/v1/unlock") { request, context -> Response in
      let body = try await request.json(gate.limits)
      guard let pin = body["pin"]?.text, pin.count <= 8 else {
        throw Refusal.invalid("pin", "is missing")
      }
      guard let secret = Credentials.cookie(.device, in: request.cookies) else {
        throw Refusal(
          .forbidden, "A PIN counts on a paired device only. Sign in with the password.")
      }
      let before = try? await gate.visitor(request)
      let signIn = try await gate.unlock(
        login: try Self.name(body), pin: pin, secret: secret, address: context.address)
      // One person at a time: whoever was signed in here is not any more.
      if let before, before.device == signIn.identity.device { try? await gate.signOut(before) }
      return Self.welcome(signIn, request)
    }
    router.post("/api/v1/sign-out") { request, _ -> Response in
      try await gate.signOut(try await gate.person(request))
      return .json(
        ["signedOut": true],
        headers: [.setCookie: Self.cookie("", of: .session, for: 0, request)])
    }
    router.get("/api/v1/me") { request, _ -> Response in
      .json(Self.json(try await gate.person(request)))
    }
  }

  private static func name(_ body: JSON) throws(Refusal) -> String {
    guard let name = body["name"]?.text, name.count <= 64 else {
      throw Refusal.invalid("name", "is missing")
    }
    return name
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
      headers: [.setCookie: cookie(signIn.token, of: .session, for: 34_560_000, request)])
  }

  /// In TLS the cookie has a name that browsers set and send in TLS only (RFC 6265bis, section
  /// 4.1.3.2): nobody who listens to plain HTTP on the same host learns it or plants another.
  private static func cookie(
    _ token: String, of kind: Credentials.Cookie, for seconds: Int, _ request: Request
  ) -> String {
    let rest = "\(token); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(seconds)"
    return request.isSecure
      ? "\(kind.secureName)=\(rest); Secure" : "\(kind.rawValue)=\(rest)"
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
