import Access
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Inventory
import NIOCore
import Storage
import Wire

/// Health, statistics, presence, metrics and the API's own description.
struct StatusRoutes {
  let gate: Gate
  let surroundings: Surroundings
  private var store: Store { gate.ledger.store }

  func add(to router: Router<APIContext>) {
    router.get("/health") { _, _ -> Response in
      let isWell = surroundings.health().isWell
      return .json(
        [
          "status": isWell ? "healthy" : "unhealthy", "success": .bool(isWell),
          "version": .string(surroundings.version),
        ], status: isWell ? .ok : .serviceUnavailable)
    }
    router.get("/health/detailed") { request, _ -> Response in
      _ = try await gate.person(request, .crew)
      return .json(try await detailedHealth())
    }
    router.get("/api/v1/statistics") { request, _ -> Response in
      let person = try await gate.person(request, .crew)
      var statistics = try store.statistics(for: person.role)
      statistics["connections"] = .int(Int64(surroundings.traffic()["connections"] ?? 0))
      return .json(statistics)
    }
    router.get("/api/v1/sync") { request, _ -> Response in
      _ = try await gate.person(request, .crew)
      var sync: JSON = surroundings.uplink() ?? ["state": "off", "words": "No shore is set up."]
      sync["safeOnShore"] = .int(try store.safeOnShore())
      sync["needsAPerson"] = .int(try store.shoreRefusalCount())
      return .json(sync)
    }
    router.get("/api/v1/presence") { request, _ -> Response in
      _ = try await gate.person(request, .crew)
      return .json(["items": .array(try await surroundings.presences())])
    }
    router.get("/metrics") { request, context -> Response in
      // A scraper on the box itself needs no token; what it reads are counts only.
      if !["127.0.0.1", "::1"].contains(context.address) {
        _ = try await gate.person(request, .managers)
      }
      return Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: try metrics())))
    }
    // Made when asked for: the descriptions are large, rarely read, and not worth keeping in memory.
    router.get("/api/openapi.json") { _, _ -> Response in
      .json(OpenAPI.document(version: surroundings.version))
    }
    router.get("/api/asyncapi.json") { _, _ -> Response in
      .json(AsyncAPI.document(version: surroundings.version))
    }
  }

  private func detailedHealth() async throws -> JSON {
    let (isWell, details) = surroundings.health()
    let traffic = surroundings.traffic()
    let position = try store.position()
    let attendance = try await surroundings.attendance()
    let people = try await surroundings.presences().compactMap { $0["userId"]?.integer }
    var live = LiveMetrics(
      connections: attendance.total, rooms: attendance.rooms.count, users: Set(people).count,
      attendance: attendance, errors: traffic["refused"] ?? 0
    ).json(at: ISO8601.json(store.now()))
    for (key, figure) in traffic { live[key] = .int(Int64(figure)) }
    return .compact([
      "status": isWell ? "healthy" : "unhealthy", "success": .bool(isWell),
      "version": .string(surroundings.version), "uptime": .int(surroundings.uptime),
      "checks": details,
      "services": ["websocket": "active", "database": "active"],
      "websocket": live,
      "log": ["epoch": .string(position.epoch), "seq": .int(position.seq)],
      "uplink": surroundings.uplink(),
      "needsAPerson": .int(try store.shoreRefusalCount()),
    ])
  }

  /// Prometheus' text format, version 0.0.4.
  private func metrics() throws -> String {
    let traffic = surroundings.traffic()
    let backlog = try store.backlog()
    var lines: [String] = []
    func add(
      _ name: String, _ kind: String, _ help: String, _ values: [(label: String, value: Int64)]
    ) {
      lines.append("# HELP quartermaster_\(name) \(help)")
      lines.append("# TYPE quartermaster_\(name) \(kind)")
      for (label, value) in values { lines.append("quartermaster_\(name)\(label) \(value)") }
    }
    func count(_ key: String) -> [(label: String, value: Int64)] {
      [("", Int64(traffic[key] ?? 0))]
    }
    add("uptime_seconds", "gauge", "Seconds since the hub started.", [("", surroundings.uptime)])
    add("connections", "gauge", "Open WebSocket connections.", count("connections"))
    add("connections_opened_total", "counter", "WebSocket connections opened.", count("opened"))
    add(
      "connections_refused_total", "counter", "WebSocket connections refused by a limit.",
      count("refused"))
    add("events_published_total", "counter", "Events shown to the live feed.", count("published"))
    add(
      "announcements_dropped_total", "counter",
      "What passed and was not told because the event loops were behind.", count("dropped"))
    add(
      "relief", "gauge",
      "What is given up under load: 0 nothing, 1 passing announcements, 2 newcomers too.",
      count("relief"))
    add("log_seq", "counter", "The last committed event.", [("", try store.position().seq)])
    add(
      "shore_backlog_events", "gauge", "Events that shore has not confirmed.",
      Lane.allCases.map { ("{lane=\"\($0.name)\"}", backlog[$0] ?? 0) })
    if let uplink = surroundings.uplink() {
      let counters = [
        ("shore_events_total", "eventsSent", "Events that shore confirmed since the start."),
        ("shore_sent_bytes_total", "bytesSent", "Bytes written to shore's sockets."),
        ("shore_received_bytes_total", "bytesReceived", "Bytes read from shore's sockets."),
      ]
      for (name, key, help) in counters {
        add(name, "counter", help, [("", uplink[key]?.integer ?? 0)])
      }
      if let contact = uplink["lastContact"]?.integer {
        add(
          "shore_contact_seconds", "gauge", "When shore last answered, in Unix time.",
          [("", contact / 1000)])
      }
      let isStanding = uplink["reason"] != nil && uplink["reason"]?.isNull != true
      add(
        "shore_stands_still", "gauge", "Whether something waits for shore and nothing moves.",
        [("", isStanding ? 1 : 0)])
    }
    add(
      "needs_a_person", "gauge", "Events that shore refused.",
      [("", try store.shoreRefusalCount())])
    add(
      "healthy", "gauge", "Whether all checks passed.", [("", surroundings.health().isWell ? 1 : 0)]
    )
    return lines.joined(separator: "\n") + "\n"
  }
}
