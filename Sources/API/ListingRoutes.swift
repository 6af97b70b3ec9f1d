import Access
import Hummingbird
import HummingbirdCore
import Inventory
import NIOCore
import Storage
import Wire

/// Every listing as `GET /api/v1/NAME` and `GET /api/v1/NAME/{id}`, the event log and the snapshot.
struct ListingRoutes {
  let gate: Gate
  var store: Store { gate.ledger.store }

  func add(to router: Router<APIContext>) {
    for listing in Listing.all {
      router.get(RouterPath("/api/v1/\(listing.name)")) { request, _ -> Response in
        let identity = try await reader(request, listing.readers)
        let page = try store.page(
          listing, try PageRequest(request.uri.queryParameters, listing), for: identity)
        return .json(text: page.json)
      }
      router.get(RouterPath("/api/v1/\(listing.name)/{id}")) { request, context -> Response in
        let identity = try await reader(request, listing.readers)
        let id = try context.parameters.id("id")
        guard let item = try store.item(listing, id: id, for: identity) else {
          throw Refusal(.notFound, "There is no such entry in \(listing.name): \(id).")
        }
        return .json(text: Array(item.utf8))
      }
    }
    router.get("/api/v1/events") { request, _ -> Response in try await events(request) }
    router.get("/api/v1/snapshot") { request, _ -> Response in try await snapshot(request) }
  }

  private func reader(_ request: Request, _ roles: Roles) async throws -> Identity? {
    let visitor = try await gate.visitor(request)
    guard roles.contains(visitor?.role ?? .guest) else {
      throw visitor == nil
        ? Refusal(.unauthenticated, "Sign in first, or send a bearer token.")
        : Refusal(.forbidden, "Your role may not see this.")
    }
    return visitor
  }

  /// The log as the reader may hear it, oldest first. `next` goes on even where nothing of a stretch
  /// was for the reader.
  private func events(_ request: Request) async throws -> Response {
    let identity = try await gate.person(request)
    let parameters = request.uri.queryParameters
    let limit = min(max(try parameters.integer("limit") ?? 100, 1), 1000)
    let topic = parameters["topic"].map(String.init)
    let lineage = try store.lineage()
    var cursor = try parameters.integer("after") ?? 0
    var found: [String] = []
    // A reader who may hear little is not made to scan the whole log in one request, and large events
    // do not pile up here.
    for _ in 0..<20 where found.count < Int(limit) {
      let page = try store.events(after: cursor, limit: 500, bytes: 1 << 18)
      for event in page where found.count < Int(limit) {
        cursor = event.seq
        guard event.audience.includes(identity),
          topic.map({ event.topics.contains($0) }) ?? true
        else { continue }
        let epoch = lineage.last { $0.firstSeq <= event.seq }
        found.append(event.json(epoch: epoch?.name ?? "").encoded)
      }
      if page.isEmpty { break }
    }
    let head = try store.position().seq
    return .json(text: Page(items: found, next: cursor < head ? cursor : nil).json)
  }

  /// The reader's working copy in one consistent state, streamed: `{"epoch":…,"seq":…,"products":[…],…}`.
  private func snapshot(_ request: Request) async throws -> Response {
    let identity = try await gate.person(request)
    let snapshot = try store.snapshot()
    return Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody { writer in
        let position = snapshot.position
        let head: JSON = ["epoch": .string(position.epoch), "seq": .int(position.seq)]
        try await writer.write(ByteBuffer(bytes: head.encodedBytes.dropLast()))
        for listing in Snapshot.listings where listing.readers.contains(identity.role) {
          try await writer.write(ByteBuffer(string: ",\"\(listing.name)\":["))
          var cursor: Int64?
          var isFirst = true
          repeat {
            let page = try snapshot.page(listing, after: cursor, for: identity)
            let text = page.items.joined(separator: ",")
            if !text.isEmpty {
              try await writer.write(ByteBuffer(string: isFirst ? text : "," + text))
              isFirst = false
            }
            cursor = page.next
          } while cursor != nil
          try await writer.write(ByteBuffer(string: "]"))
        }
        try await writer.write(ByteBuffer(string: "}"))
        try await writer.finish(nil)
      })
  }
}

extension Event {
  func json(epoch: String) -> JSON {
    .compact([
      "epoch": .string(epoch), "seq": .int(seq), "type": .string(type),
      "lane": .string(lane.name), "topics": .array(topics.map(JSON.string)),
      "userId": .integer(user), "time": .int(time), "deviceTime": .integer(deviceTime),
      "data": (try? JSON(parsing: data)) ?? .null,
    ])
  }
}

extension Page {
  var json: [UInt8] {
    var bytes = Array(#"{"items":["#.utf8)
    bytes.append(contentsOf: items.joined(separator: ",").utf8)
    bytes.append(contentsOf: #"],"next":"#.utf8)
    bytes.append(contentsOf: (next.map { $0.description } ?? "null").utf8)
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }
}

extension PageRequest {
  init(_ parameters: Parameters, _ listing: Listing) throws(Refusal) {
    self.init(
      cursor: try parameters.integer("after"),
      limit: Int(clamping: try parameters.integer("limit") ?? 100))
    if let order = parameters["order"] {
      guard let order = Order(rawValue: String(order)) else {
        throw Refusal.invalid("order", "must be oldest or newest")
      }
      self.order = order
    }
    for filter in listing.filters {
      guard let value = parameters[Substring(filter.name)] else { continue }
      switch filter.kind {
      case .integer: filters[filter.name] = .integer(try parameters.integer(filter.name) ?? 0)
      case .text, .boolean, .json: filters[filter.name] = .text(String(value))
      }
    }
  }
}

extension Parameters {
  func integer(_ name: String) throws(Refusal) -> Int64? {
    guard let text = self[Substring(name)] else { return nil }
    guard let integer = Int64(text), integer >= 0 else {
      throw Refusal.invalid(name, "must be a whole number, not negative")
    }
    return integer
  }
}
