import HTTPTypes
import Hummingbird
import Inventory
import Logging
import NIOCore
import Sync
import Wire

/// Answers every request: batches from the hubs, the status for the operator, `/health` for anyone.
struct ShoreResponder: HTTPResponder {
  let store: ShoreStore
  let operatorToken: OperatorToken
  let gate: Gate
  let doorkeeper: Doorkeeper
  private let turnstile = Turnstile()
  let answers = Answers()
  let mailroom: Mailroom
  private let entrance: OfficeEntrance
  let clock: @Sendable () -> Int64
  let logger: Logger
  /// Stands in for the key of a site that does not exist, so that its refusal takes as long.
  private let nobody = SiteKey()

  init(
    store: ShoreStore, operatorToken: OperatorToken, gate: Gate = Gate(bytes: 64 << 20),
    mailroom: Mailroom = Mailroom(), entrance: OfficeEntrance, limits: SiteLimits = SiteLimits(),
    clock: @escaping @Sendable () -> Int64, logger: Logger
  ) {
    self.store = store
    self.operatorToken = operatorToken
    self.gate = gate
    doorkeeper = Doorkeeper(limits)
    self.mailroom = mailroom
    self.entrance = entrance
    self.clock = clock
    self.logger = logger
  }

  func respond(to request: Request, context: ShoreContext) async throws -> Response {
    do {
      return try await route(request, context)
    } catch let problem as Problem {
      return Self.response(problem)
    } catch let error as ShoreError {
      // Whoever asked is gone, and what was begun for him has been taken back.
      if !Task.isCancelled {
        logger.error("A request failed.", metadata: ["error": "\(error)"])
      }
      return Self.response(Self.problem(error))
    }
  }

  private func route(_ request: Request, _ context: ShoreContext) async throws -> Response {
    let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: true)
    let isReading = request.method == .get || request.method == .head
    switch path {
    case ["health"]:
      try allow(isReading)
      return Self.response(200, JSON.compact(["status": "ok"]))
    case ["api", "ws"]:
      try allow(request.method == .get)
      // It would be a socket by now if it could be one.
      try admitToSockets(request)
      throw entrance.refusal()
    case ["socket.io"]:
      try admitToSockets(request)
      return try await entrance.poll(request, context)
    case ["v1", "status"]:
      try allow(isReading)
      try admit(request)
      let sites = try await store.summariesInServer()
      return Self.response(200, JSON.compact(["sites": .array(sites.map(\.json))]))
    case []:
      try allow(isReading)
      try admit(request)
      return Self.page(FleetPage.html(try await store.summariesInServer(), now: clock()))
    case _ where path.count == 4 && path[..<2] == ["v1", "sites"] && path[3] == "events":
      try allow(request.method == .post)
      return try await receive(request, siteName: String(path[2]), from: context.address)
    case _ where path.count >= 4 && path[..<2] == ["v1", "sites"]:
      return try await answer(request, siteName: String(path[2]), path[3...].map(String.init))
    case _ where path.count >= 2 && path[0] == "sites":
      return try await page(request, siteName: String(path[1]), path[2...].map(String.init))
    default: throw Problem(.notFound, "There is nothing at this address.")
    }
  }

  func allow(_ isAllowed: Bool) throws(Problem) {
    guard isAllowed else {
      throw Problem(.methodNotAllowed, "This address does not take that method.")
    }
  }

  func admit(_ request: Request) throws(Problem) {
    guard operatorToken.admits(request.headers[.authorization]) else {
      throw .notTheOperator
    }
  }

  private func admitToSockets(_ request: Request) throws(Problem) {
    try entrance.check(
      authorization: request.headers[.authorization], origin: request.headers[.origin],
      host: request.head.authority, uri: request.uri.description)
  }

  private func receive(
    _ request: Request, siteName: String, from address: String
  ) async throws -> Response {
    let coding = request.headers[.contentEncoding].flatMap { Coding(name: $0.lowercased()) }
    let isLines =
      request.headers[.contentType]?.lowercased().hasPrefix("application/x-ndjson") == true
    try doorkeeper.check(address, siteName, now: clock())
    let length = request.headers[.contentLength].flatMap { Int($0) } ?? Limits.body
    guard (0...Limits.body).contains(length) else { throw Self.tooLarge }
    return try await gate.pass(length) {
      let body = try await collect(request, length: length)
      let digest = BodyDigest(of: body)
      let (site, key) = try await authenticate(
        request, siteName: siteName, digest: digest, from: address)
      do {
        guard let coding, isLines else {
          throw Problem(
            .unsupportedMediaType, "A batch is application/x-ndjson under gzip or zstd.")
        }
        return try await doorkeeper.admit(site, bytes: body.count, now: clock()) {
          try await turnstile.pass(site) {
            try await apply(body, coding, digest: digest, from: site, key: key)
          }
        }
      } catch let problem as Problem {
        let json = problem.json(site: site, digest: digest, key: key)
        return Self.response(problem, json)
      }
    }
  }

  private static let tooLarge = Problem(
    .tooLarge, "A batch's body has at most \(Limits.body) bytes.")

  func collect(_ request: Request, length: Int) async throws -> [UInt8] {
    do {
      return Array(buffer: try await request.body.collect(upTo: length))
    } catch is NIOTooManyBytesError {
      throw Self.tooLarge
    }
  }

  /// An unknown site and a wrong key get the same answer, after the same work.
  func authenticate(
    _ request: Request, siteName: String, digest: BodyDigest, from address: String = "unknown"
  ) async throws -> (SiteName, SiteKey) {
    let authorization = request.headers[.authorization] ?? ""
    let site = SiteName(siteName)
    let accepts = { @Sendable (key: SiteKey) in
      site.map { key.verifies(authorization: authorization, site: $0, digest: digest) } ?? false
    }
    if let site, let key = try await store.key(of: site, at: clock(), where: accepts) {
      return (site, key)
    }
    _ = accepts(nobody)
    doorkeeper.wrongKey(address, siteName, now: clock())
    throw Problem(.unauthenticated, "The site or its key is not known here.")
  }

  private func apply(
    _ body: [UInt8], _ coding: Coding, digest: BodyDigest, from site: SiteName, key: SiteKey
  ) async throws -> Response {
    let batch: ReceivedBatch
    do throws(BatchFault) {
      batch = try ReceivedBatch(body: body, coding: coding)
    } catch {
      throw error.problem
    }
    switch try await store.receive(batch, from: site, at: clock()) {
    case .accepted(let refused):
      let answer = Answer(
        .accepted, to: batch.head, site: site, through: batch.head.through, digest: digest,
        refused: refused)
      let text = answer.json(key: key).encodedBytes
      answers.keep(text, to: digest, from: site)
      var response = Self.response(answer.status, text: text, type: "application/json")
      response.headers[.acceptEncoding] = Coding.accepted
      return response
    case .gap(let through):
      answers.forget(site)
      let answer = Answer(.gap, to: batch.head, site: site, through: through, digest: digest)
      return Self.response(answer.status, answer.json(key: key), type: Problem.mediaType)
    case .stranger:
      throw Problem(
        .lineageConflict,
        "Shore knows \(site) under other epochs: two different hubs use this site's key. Give each "
          + "its own with `quartermaster-shore site add`.")
    }
  }
}
