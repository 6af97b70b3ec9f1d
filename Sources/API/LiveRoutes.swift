import Access
import Hummingbird
import HummingbirdCore
import Inventory
import Storage
import Wire

/// What the systems that the hub takes over from tell over HTTP of their live connections. Counts
/// only, and for the crew only: rooms and people are nobody else's business.
struct LiveRoutes {
  let gate: Gate
  let surroundings: Surroundings

  func add(to router: Router<APIContext>) {
    router.get("/api/ws") { _, _ -> Response in Self.entrance }
    router.get("/api/ws/info") { request, _ -> Response in .json(info(request)) }
    router.get("/api/ws/stats") { request, _ -> Response in
      _ = try await gate.person(request, .crew)
      return .json(statistics(try await surroundings.attendance()))
    }
    router.get("/ws-status") { request, _ -> Response in
      _ = try await gate.person(request, .crew)
      return .json(status(try await surroundings.attendance(), request))
    }
  }

  /// What asks for a WebSocket in earnest never comes here.
  private static var entrance: Response {
    .json([
      "message": "WebSocket API endpoint", "status": "ready",
      "endpoints": [
        "websocket": "/api/ws", "info": "/api/ws/info", "stats": "/api/ws/stats",
        "description": "/api/asyncapi.json",
      ],
      "usage": [
        "connect": "new WebSocket('ws://' + location.host + '/api/ws')",
        "authenticate": ["type": "auth", "data": ["token": "the sign-in's token"]],
        "subscribe": ["type": "subscribe", "data": ["namespace": "orders"]],
      ],
    ])
  }

  /// Seed 001's health check.
  private func info(_ request: Request) -> JSON {
    let types = Dictionary(grouping: EventType.allCases, by: \.namespace)
    return [
      "status": "operational", "version": "1.0.0",
      "features": [
        "namespaces": .array(Namespace.allCases.map { .string($0.rawValue) }),
        "eventTypes": .object(
          JSON.Members(
            Namespace.allCases.map { namespace in
              (
                namespace.rawValue,
                .array(
                  ((types[namespace] ?? []).map(\.rawValue) + Self.passing(namespace))
                    .map(JSON.string))
              )
            })),
        "authentication": [
          "required": true, "method": "token",
          "fields": ["userId", "role", "sessionId", "expiresAt"],
        ],
        "reconnection": [
          "enabled": true, "strategy": "exponential-backoff", "maxAttempts": 5,
        ],
        "rateLimit": [
          "windowMs": 60_000, "maxEvents": .int(Int64(gate.limits.controlMessagesPerMinute)),
        ],
      ],
      "connection": [
        "protocol": "ws/wss", "path": "/api/ws", "port": Self.port(request),
        "pingInterval": .int(surroundings.pingInterval),
      ],
    ]
  }

  /// What is told of the moment only and stands in no log.
  private static func passing(_ namespace: Namespace) -> [String] {
    namespace == .customers ? ["customer:online", "customer:offline"] : []
  }

  /// Seed 001's figures flat, as its document has them, and wrapped, as its server sends them; seed
  /// 000's beside. No name means two things.
  private func statistics(_ attendance: Attendance) -> JSON {
    let figures: [(key: String, value: JSON)] = [
      ("totalConnections", .int(Int64(attendance.total))),
      ("authenticatedConnections", .int(Int64(attendance.authenticated))),
      ("connectionsByRole", Self.counts(attendance.byRole)),
      ("connectionsByNamespace", Self.counts(attendance.byNamespace)),
    ]
    let rooms = attendance.rooms.sorted { $0.key < $1.key }.map { name, count -> JSON in
      ["name": .string(name), "clientCount": .int(Int64(count))]
    }
    return .object(
      JSON.Members(
        figures + [
          ("timestamp", .int(gate.ledger.store.now())),
          ("statistics", .object(JSON.Members(figures))),
          ("uptime", .int(surroundings.uptime)),
          ("totalClients", .int(Int64(attendance.total))),
          ("totalRooms", .int(Int64(rooms.count))), ("rooms", .array(rooms)),
          ("maxClients", .int(Int64(gate.limits.connections))),
        ]))
  }

  /// Seed 004's.
  private func status(_ attendance: Attendance, _ request: Request) -> JSON {
    let namespaces = attendance.byPlace.filter { $0.key.hasPrefix("/ws") && !$0.key.contains(" ") }
    let always = ["/ws": 0, "/ws-admin": 0, "/ws-pos": 0]
    return [
      "websocket": [
        "enabled": true, "uptime": .int(surroundings.uptime),
        "connections": .int(Int64(attendance.total)),
        "rooms": .int(Int64(attendance.rooms.count)),
        "namespaces": Self.counts(always.merging(namespaces) { $1 }),
      ],
      "server": [
        "port": Self.port(request), "environment": "production",
        "timestamp": ISO8601.json(gate.ledger.store.now()),
      ],
    ]
  }

  /// The port that the client asked at.
  private static func port(_ request: Request) -> JSON {
    let port = request.head.authority?.split(separator: ":").last.flatMap { Int64($0) }
    return .int(port ?? 80)
  }

  private static func counts(_ counts: [String: Int]) -> JSON {
    .object(
      JSON.Members(counts.sorted { $0.key < $1.key }.map { ($0.key, .int(Int64($0.value))) }))
  }
}
