import Access
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import Storage
import Wire

/// Seed 003's routes: scanning and completing a monthly count over REST, and who is in which room.
/// The rooms hear of it as of any other scan. Who scans is who signed in, whatever the body claims.
struct CountRoutes {
  let gate: Gate
  let surroundings: Surroundings

  func add(to router: Router<APIContext>) {
    router.post("/api/inventory/save-scan") { request, _ -> Response in
      try await answer(request) { person, body throws(Refusal) in
        let code = try Self.text(body, "code")
        let count = try await open(try Self.room(body), as: person)
        return try await perform(
          ScanCount.name, ["countId": .int(count), "code": .string(code), "unique": true], request,
          as: person)
      }
    }
    router.post("/api/inventory/finish-session") { request, _ -> Response in
      try await answer(request) { person, body throws(Refusal) in
        let count = try found(try Self.room(body))
        return try await perform(CompleteCount.name, ["countId": .int(count)], request, as: person)
      }
    }
    router.delete("/api/inventory/delete-scanned-entry") { request, _ -> Response in
      try await answer(request) { person, body throws(Refusal) in
        let code = try Self.text(body, "barcode")
        let count = try scanned(code, body)
        return try await perform(
          UnscanCount.name, ["countId": .int(count), "code": .string(code)], request, as: person)
      }
    }
    router.get("/api/inventory/websocket/room-info/:agency/:month/:year") {
      request, context -> Response in
      _ = try await gate.person(request, .crew)
      let parameters = context.parameters
      guard
        let room = CountRoom(
          agency: parameters.get("agency")?.removingPercentEncoding ?? "",
          month: .string(parameters.get("month") ?? ""),
          year: .string(parameters.get("year") ?? ""))
      else { throw Refusal.invalid("month", "must be a month, and year a year") }
      return .json(try await info(room))
    }
    router.get("/api/inventory/websocket/metrics") { request, _ -> Response in
      _ = try await gate.person(request, .crew)
      return .json(try await metrics())
    }
  }

  /// `{"success":true,…}` or `{"success":false,"error":…,"message":…}`, as the system's clients read it.
  private func answer(
    _ request: Request,
    _ body: (Identity, JSON) async throws(Refusal) -> JSON
  ) async throws -> Response {
    let data = try await request.json(gate.limits)
    let refusal: Refusal
    do throws(Refusal) {
      let person = try await gate.person(request, .crew)
      return .json(["success": true, "data": try await body(person, data)])
    } catch {
      refusal = error
    }
    let code: JSON =
      refusal.code == .unauthenticated || refusal.code == .forbidden
      ? .string(refusal.code.rawValue.uppercased()) : "VALIDATION_ERROR"
    let status = Problem(refusal).status
    return .json(
      ["success": false, "error": code, "message": .string(refusal.message)],
      status: [.conflict, .notFound, .unprocessableContent].contains(status) ? .badRequest : status)
  }

  private static func text(_ body: JSON, _ key: String) throws(Refusal) -> String {
    guard let text = body[key]?.text, (1...200).contains(text.utf8.count) else {
      throw Refusal.invalid(key, "is missing")
    }
    return text
  }

  private static func room(_ body: JSON) throws(Refusal) -> CountRoom {
    guard
      let room = CountRoom(
        agency: body["agency"]?.text ?? "", month: body["month"] ?? .null,
        year: body["year"] ?? .null)
    else { throw Refusal.invalid("agency", "month and year must name a monthly inventory") }
    return room
  }

  /// The open session in which `code` was scanned: of the month that is named, else the agency's latest.
  private func scanned(_ code: String, _ body: JSON) throws(Refusal) -> Int64 {
    guard (body["month"] ?? .null).isNull, (body["year"] ?? .null).isNull else {
      return try found(try Self.room(body))
    }
    let agency = try Self.text(body, "agency")
    do {
      if let count = try gate.ledger.store.openCount(of: agency, holding: code) { return count }
    } catch {
      throw Refusal(failure: error)
    }
    throw Refusal(
      .notFound, "Barcode \(code) is not in an open count of \(agency).", field: "barcode")
  }

  /// The room's open session. Unlike scanning, taking back and completing begin none.
  private func found(_ room: CountRoom) throws(Refusal) -> Int64 {
    let history: CountHistory
    do {
      history = try gate.ledger.store.countHistory(room: room.name)
    } catch {
      throw Refusal(failure: error)
    }
    if let count = history.count { return count }
    if history.completedBy != nil {
      throw Refusal(
        .alreadyCompleted, "Monthly inventory for \(room.name) is already completed.", field: "room"
      )
    }
    throw Refusal(.notFound, "There is no count open for \(room.name).", field: "room")
  }

  private func open(_ room: CountRoom, as person: Identity) async throws(Refusal) -> Int64 {
    let request = CommandRequest(
      command: OpenCount.name, data: ["room": .string(room.name), "once": true], operation: nil)
    switch await gate.submit(request, from: person) {
    case .refused(let refusal): throw refusal
    case .done(let receipt): return try receipt.integer("countId")
    }
  }

  private func perform(
    _ command: String, _ data: JSON, _ request: Request, as person: Identity
  ) async throws(Refusal) -> JSON {
    let request = CommandRequest(
      command: command, data: data, operation: request.headers[.idempotencyKey])
    switch await gate.submit(request, from: person) {
    case .refused(let refusal): throw refusal
    case .done(let receipt): return (try? JSON(parsing: receipt.data)) ?? [:]
    }
  }

  private func info(_ room: CountRoom) async throws -> JSON {
    let people = try await surroundings.presences().filter {
      $0["place"]?.text == "count:\(room.name)"
    }
    return [
      "roomKey": .string(room.name), "agency": .string(room.agency),
      "month": .string("\(room.month)"), "year": .string("\(room.year)"),
      "usersInRoom": .array(people.map(Self.person)), "totalUsers": .int(Int64(people.count)),
      "roomExists": .bool(!people.isEmpty),
      "allRooms": .array(try await rooms().keys.sorted().map(JSON.string)),
    ]
  }

  private func metrics() async throws -> JSON {
    let time = ISO8601.json(gate.ledger.store.now())
    let rooms = try await rooms()
    let people = rooms.values.flatMap { $0 }
    let figures = LiveMetrics(
      connections: people.count, rooms: rooms.count,
      users: Set(people.compactMap { $0["userId"]?.integer }).count,
      attendance: try await surroundings.attendance(),
      errors: surroundings.traffic()["refused"] ?? 0)
    return [
      "metrics": figures.json(at: time),
      "roomStats": .object(
        JSON.Members(
          rooms.sorted { $0.key < $1.key }.map { name, people in
            (
              name,
              [
                "userCount": .int(Int64(people.count)),
                "users": .array(people.map(Self.person)),
              ]
            )
          })),
      "timestamp": time,
    ]
  }

  /// Everybody who is in a count room, by room.
  private func rooms() async throws -> [String: [JSON]] {
    let inRooms = try await surroundings.presences().filter {
      $0["place"]?.text?.hasPrefix("count:") ?? false
    }
    return Dictionary(grouping: inRooms) { String(($0["place"]?.text ?? "").dropFirst(6)) }
  }

  private static func person(_ presence: JSON) -> JSON {
    .compact([
      "userId": presence["userId"]?.integer.map { .string("\($0)") },
      "userName": presence["userName"],
      "connectedAt": presence["since"]?.integer.map(ISO8601.json),
    ])
  }
}
