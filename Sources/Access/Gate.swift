import Inventory
import Logging
import Storage
import Synchronization
import Wire

/// Who gets in, and on whose behalf a command is submitted.
///
/// Owns passwords, tokens, the one-time set-up code and the limits on guessing. Promises that an
/// identity always comes from the hub's own rows: a message can name a token and nothing more.
/// Imports Storage and Inventory; the protocols ask it and never look at sessions themselves.
package final class Gate: Sendable {
  package let ledger: Ledger
  private let rules: Mutex<Rules>
  package let usage = Usage()
  private let passwords: PasswordHash
  private let tokens: Tokens
  private let logger: Logger
  private let setupCode: Mutex<String?>
  private let used = Mutex<Set<Int64>>([])
  private let signIns = Mutex(RateLimiter<String>())
  /// Wrong passwords within a minute, by the user whom they were for.
  private let refusals = Mutex(RateLimiter<Int64>())
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  private var store: Store { ledger.store }

  package init(
    ledger: Ledger, tokens: Tokens, passwords: PasswordHash = PasswordHash(),
    rules: Rules = Rules(), logger: Logger
  ) throws(StoreError) {
    self.ledger = ledger
    self.tokens = tokens
    self.passwords = passwords
    self.rules = Mutex(rules)
    self.logger = logger
    start = clock.now
    setupCode = Mutex(try ledger.store.hasUsers() ? nil : Self.newSetupCode())
  }

  package var limits: Limits { rules.withLock { $0.limits } }

  /// Origins that pages of other hosts may connect from; `*` for any. Same-origin always passes, and
  /// so does what sends no Origin, which is no browser.
  package var allowedOrigins: Set<String> { rules.withLock { $0.allowedOrigins } }

  /// Rules that count from the next request, message or connection on.
  package func adopt(_ rules: Rules) {
    self.rules.withLock { $0 = rules }
  }

  /// The one-time code that creates the first admin; `nil` once there are users.
  package var openSetupCode: String? { setupCode.withLock { $0 } }

  /// 32^8 codes, few guesses a minute.
  private static func newSetupCode() -> String {
    newCode(letters: 8)
  }

  /// Letters and digits that cannot be taken for one another, in two groups.
  static func newCode(letters count: Int) -> String {
    let letters = Array("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    let code = (0..<count).compactMap { _ in letters.randomElement() }
    return String(code[..<(count / 2)]) + "-" + String(code[(count / 2)...])
  }

  func matches(_ secret: String, _ hash: String?) async -> Bool {
    await passwords.matches(secret, hash)
  }

  /// Who the bearer of `token` is by the rows of this moment.
  package func identity(token: String) async throws(Refusal) -> Identity {
    guard let session = await tokens.session(of: token) else {
      throw Refusal(.unauthenticated, "This token is not valid here. Sign in again.")
    }
    return try identity(session: session)
  }

  package func identity(session: Int64) throws(Refusal) -> Identity {
    let found: Identity?
    do {
      found = try store.identity(session: session)
    } catch {
      logger.error("a session could not be read: \(error)")
      throw Refusal(failure: error)
    }
    guard let found else {
      throw Refusal(.sessionEnded, "This session has ended. Sign in again.")
    }
    _ = used.withLock { $0.insert(session) }
    return found
  }

  /// Sessions used since the last call; the caller notes them in the store.
  package func takeUsedSessions() -> Set<Int64> {
    used.withLock { used in
      defer { used = [] }
      return used
    }
  }

  /// Submits what `identity` asks for. The session's row is read again inside the transaction, so a
  /// command that was queued when its session ended is refused. `reply` is called exactly once.
  package func submit(
    _ request: CommandRequest, from identity: Identity,
    reply: @escaping @Sendable (Outcome) -> Void
  ) {
    _ = used.withLock { $0.insert(identity.session) }
    do throws(Refusal) {
      let command = try request.read()
      usage.note(request.command, by: identity.user)
      let submission = Submission(
        command, by: .session(identity.session), operation: request.operation,
        fingerprint: request.operation == nil ? 0 : request.fingerprint,
        deviceTime: request.deviceTime)
      guard let bearer = command as? any LedgerCommand & SecretBearing, bearer.secret != nil else {
        ledger.submit(submission, reply: reply)
        return
      }
      // Hashing takes a tenth of a second and must not hold up an event loop.
      Task {
        var submission = submission
        submission.command = await sealed(bearer)
        ledger.submit(submission, reply: reply)
      }
    } catch {
      reply(.refused(error))
    }
  }

  package func submit(_ request: CommandRequest, from identity: Identity) async -> Outcome {
    await withCheckedContinuation { continuation in
      submit(request, from: identity) { continuation.resume(returning: $0) }
    }
  }

  /// The command with its secret replaced by its hash.
  package func sealed<Bearer: LedgerCommand & SecretBearing>(_ bearer: Bearer) async -> Bearer {
    var bearer = bearer
    if case .plain(let password) = bearer.secret {
      bearer.secret = .sealed(await passwords.hash(password))
    }
    return bearer
  }
}

/// What is counted of use.
extension Gate {
  /// Writes down what was counted since the last time; what cannot be written now is kept.
  package func recordUsage() async {
    var left = usage.take()[...]
    // A few at a time: whoever saves something meanwhile does not wait for all of them.
    while !left.isEmpty {
      let uses = left.prefix(100)
      let command = RecordUsage(Dictionary(uniqueKeysWithValues: uses.map { ($0.key, $0.value) }))
      if case .refused(let refusal) = await ledger.submit(Submission(command, by: .hub)) {
        logger.warning("figures of use could not be saved: \(refusal)")
        usage.restore(Dictionary(uniqueKeysWithValues: left.map { ($0.key, $0.value) }))
        return
      }
      left = left.dropFirst(uses.count)
    }
  }
}

/// Signing in and out.
extension Gate {
  package struct SignIn: Sendable {
    package var token: String
    package var identity: Identity
  }

  /// The device as it calls itself: an id that it chose once, and a name for people.
  package struct Device: Sendable {
    package var key: String?
    package var name: String?

    package init(key: String? = nil, name: String? = nil) {
      self.key = key
      self.name = name
    }
  }

  package func signIn(
    login: String, password: String, device: Device, address: String
  ) async throws(Refusal) -> SignIn {
    try admitAttempt(from: address)
    let account: Store.Account?
    do {
      account = try store.account(login: login)
    } catch {
      throw Refusal(failure: error)
    }
    let isRight = await passwords.matches(password, account?.password)
    guard let account, isRight, account.isActive else {
      logger.notice("a sign-in was refused", metadata: ["address": "\(address)"])
      if let account { noteRefusal(of: account.user) }
      throw Refusal(.unauthenticated, "The name or the password is wrong.")
    }
    return try await startSession(user: account.user, device: device, kind: .person)
  }

  /// A token for a script, made by whoever administers the hub's files.
  package func issueToken(login: String) async throws(Refusal) -> String {
    let account: Store.Account?
    do {
      account = try store.account(login: login)
    } catch {
      throw Refusal(failure: error)
    }
    guard let account else { throw Refusal(.notFound, "There is no user called \(login).") }
    return try await startSession(user: account.user, device: Device(), kind: .script).token
  }

  /// Creates the first admin for whoever knows the code that the hub printed when it started.
  package func setUp(
    code: String, data: JSON, device: Device, address: String
  ) async throws(Refusal) -> SignIn {
    try admitAttempt(from: address)
    guard let expected = openSetupCode else {
      throw Refusal(.wrongState, "The hub has been set up already. Sign in instead.")
    }
    let given = code.uppercased().filter { $0 != "-" && $0 != " " }
    guard ConstantTime.areEqual(Array(given.utf8), expected.utf8.filter { $0 != 0x2D }) else {
      throw Refusal(.unauthenticated, "That is not the set-up code that the hub printed.")
    }
    var data = data
    data["role"] = .string(Role.admin.rawValue)
    let command = try SetUpHub(data: data)
    guard command.secret != nil else { throw Refusal.invalid("password", "is missing") }
    switch await ledger.submit(Submission(await sealed(command), by: .hub)) {
    case .refused(let refusal): throw refusal
    case .done(let receipt):
      setupCode.withLock { $0 = nil }
      return try await startSession(
        user: receipt.integer("userId"), device: device, kind: .person)
    }
  }

  package func signOut(_ identity: Identity) async throws(Refusal) {
    let request = CommandRequest(
      command: EndSession.name, data: ["sessionId": .int(identity.session)], operation: nil)
    if case .refused(let refusal) = await submit(request, from: identity) { throw refusal }
  }

  func admitAttempt(from address: String) throws(Refusal) {
    let now = clock.now - start
    let isAdmitted = signIns.withLock {
      $0.admit(address, limit: limits.signInAttemptsPerMinute, now: now)
    }
    guard isAdmitted else {
      throw Refusal(.rateLimited, "Too many attempts to sign in. Wait a minute.")
    }
  }

  /// Tells of wrong passwords once a minute a user, when they have become many.
  func noteRefusal(of user: Int64) {
    let (many, now) = (limits.refusedSignInsBeforeAlert, clock.now - start)
    let isDue = refusals.withLock { refusals in
      let isFew = refusals.admit(user, limit: many - 1, now: now)
      // One more than the limit is counted, so that those beyond it are told from the first.
      return !isFew && refusals.admit(user, limit: many, now: now)
    }
    guard isDue else { return }
    let alert = RaiseSecurityAlert(.refusedSignIns(attempts: many), about: user)
    ledger.submit(Submission(alert, by: .hub)) { [logger] outcome in
      if case .refused(let refusal) = outcome {
        logger.error("a security alert could not be saved: \(refusal)")
      }
    }
  }

  private func startSession(
    user: Int64, device: Device, kind: StartSession.Kind
  ) async throws(Refusal) -> SignIn {
    try await signedIn(
      by: StartSession(
        user: user, deviceKey: device.key, deviceName: device.name, kind: kind))
  }

  /// By a command that begins a session and returns its id.
  func signedIn(by command: some LedgerCommand) async throws(Refusal) -> SignIn {
    switch await ledger.submit(Submission(command, by: .hub)) {
    case .refused(let refusal): throw refusal
    case .done(let receipt):
      let session = try receipt.integer("sessionId")
      do {
        return SignIn(
          token: try await tokens.token(for: session), identity: try identity(session: session))
      } catch {
        throw Refusal(failure: error)
      }
    }
  }
}

extension Receipt {
  /// A whole number that the command always returns.
  package func integer(_ key: String) throws(Refusal) -> Int64 {
    guard let integer = (try? JSON(parsing: data))?[key]?.integer else {
      throw Refusal(.internalError, "The hub's own answer lacks \(key).")
    }
    return integer
  }
}
