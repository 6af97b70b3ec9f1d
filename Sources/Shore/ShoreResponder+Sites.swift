import HTTPTypes
import Hummingbird
import Inventory
import NIOCore
import Sync
import Wire

/// The addresses below `/v1/sites/{site}/`.
extension ShoreResponder {
  func answer(_ request: Request, siteName: String, _ path: [String]) async throws -> Response {
    let isReading = request.method == .get || request.method == .head
    switch path {
    case ["changes"]:
      try allow(request.method == .get)
      return try await changes(request, siteName: siteName)
    case _ where path.count == 2 && path[0] == "answers":
      try allow(request.method == .get)
      return try await answer(request, siteName: siteName, to: path[1])
    case ["send"]:
      try allow(request.method == .post)
      try admit(request)
      return try await send(request, to: try await known(siteName))
    case ["pending-changes"]:
      try allow(isReading)
      try admit(request)
      let pending = try await store.pendingChanges(of: try await known(siteName))
      return Self.response(200, ["items": .array(pending.map(\.json))])
    case ["stream"]:
      try allow(request.method == .get)
      try admit(request)
      return try stream(request, of: try await known(siteName))
    case _ where path.count == 1:
      guard let kind = DocumentKind.allCases.first(where: { $0.plural == path[0] }) else {
        throw Problem(.notFound, "There is nothing at this address.")
      }
      try allow(isReading)
      try admit(request)
      let documents = try await store.documents(kind, of: try await known(siteName))
      return Self.response(
        200, ["items": .array(documents.map { $0.data })])
    default: throw Problem(.notFound, "There is nothing at this address.")
    }
  }

  /// The hub's question what became of a batch.
  private func answer(
    _ request: Request, siteName: String, to batch: String
  ) async throws -> Response {
    let asked = BodyDigest(of: Array((request.head.path ?? "").utf8))
    let (site, _) = try await authenticate(request, siteName: siteName, digest: asked)
    guard let digest = BodyDigest(hex: batch),
      request.head.path == AnswerRequest.target(site: site, batch: digest),
      let text = answers.answer(to: digest, from: site)
    else { throw Problem(.notFound, "Shore has given no answer to such a batch of late.") }
    return Self.response(200, text: text, type: "application/json")
  }

  /// The hub's question for changes, held open while there are none.
  private func changes(_ request: Request, siteName: String) async throws -> Response {
    let target = request.head.path ?? ""
    let digest = ChangeRequest.digest(target: target)
    let (site, key) = try await authenticate(request, siteName: siteName, digest: digest)
    guard
      let question = ChangeRequest(site: site, query: request.uri.query ?? ""),
      target.hasPrefix("/v1/sites/\(site)/changes?")
    else { throw Problem(.malformed, "The question lacks something that hubs always say.") }
    var changes = try await next(question)
    if changes.isEmpty, question.wait > 0 {
      await mailroom.wait(
        for: site, after: question.after, atMost: .seconds(question.wait))
      changes = try await next(question)
    }
    let page = ChangePage(after: question.after, changes: changes, sent: clock())
    let body = try page.body()
    // No content encoding, which somebody in between may undo: the seal is over these very bytes.
    var response = Self.response(200, text: body, type: "application/gzip")
    if let name = HTTPField.Name(ChangePage.sealHeader) {
      response.headers[name] = key.seal(page: body, site: site, request: digest)
    }
    return response
  }

  private func next(_ question: ChangeRequest) async throws -> [ShoreChange] {
    guard let changes = try await store.changes(question, at: clock()) else {
      throw Problem(
        .unavailable,
        "Shore does not know the log of this hub yet; changes follow once its events have come.")
    }
    return changes
  }

  /// The site's log as it comes in, after the cursor in `after` or in a browser's `Last-Event-ID`.
  private func stream(_ request: Request, of site: SiteName) throws -> Response {
    let told =
      HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
      ?? request.uri.queryParameters.get("after")
    let cursor = told.flatMap { OfficeCursor($0) }
    guard told == nil || cursor != nil else {
      throw Problem(.malformed, "The cursor is none; use the id of an event as it was sent.")
    }
    let stream = OfficeStream(store: store, site: site, cursor: cursor)
    return Response(
      status: .ok,
      headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        var writer: any ResponseBodyWriter = writer
        try await stream.write(to: &writer)
        try await writer.finish(nil)
      })
  }

  /// `{"command":"product.update","data":{…},"by":"Ana"}`; a repeated Idempotency-Key brings the
  /// same change.
  private func send(_ request: Request, to site: SiteName) async throws -> Response {
    let body = try await collect(request, length: Limits.changeData + 4096)
    guard let json = try? JSON(body, depth: Limits.depth), let command = json["command"]?.text,
      let data = json["data"]
    else { throw Problem(.malformed, "Send a JSON object with command and data.") }
    let order = try ShoreStore.Order(
      command, data, by: json["by"]?.text ?? "the office",
      tag: HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] })
    let numbers = try await enqueue([order], for: site)
    return Self.response(
      202, ["site": .string(site.text), "change": .int(numbers[0]), "tag": .string(order.tag)])
  }

  func enqueue(_ orders: [ShoreStore.Order], for site: SiteName) async throws -> [Int64] {
    let numbers = try await store.enqueue(orders, for: site, at: clock())
    mailroom.ring([site: numbers.max() ?? 0])
    return numbers
  }

  func known(_ siteName: String) async throws -> SiteName {
    guard let site = SiteName(siteName), try await store.has(site) else {
      throw Problem(.notFound, "There is no site of that name.")
    }
    return site
  }
}
