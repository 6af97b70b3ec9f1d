import Wire

/// What REST tells of parts that it does not import; the assembly fills it in.
package struct Surroundings: Sendable {
  /// One JSON object per connection that has signed in.
  package var presences: @Sendable () async throws -> [JSON]
  /// How many are connected, as what.
  package var attendance: @Sendable () async throws -> Attendance
  /// Live connections: `connections`, `opened`, `refused`, `published`, `dropped`, `relief`.
  package var traffic: @Sendable () -> [String: Int]
  /// One member per check of the watchdog, and whether all is well.
  package var health: @Sendable () -> (isWell: Bool, details: JSON)
  /// The uplink's state; `nil` where no shore is configured.
  package var uplink: @Sendable () -> JSON?
  /// How devices come to trust the hub; `nil` where there is no HTTPS.
  package var introduction: @Sendable () -> Introduction?
  package var version: String
  /// After how many milliseconds of silence a WebSocket is pinged.
  package var pingInterval: Int64
  package var started: ContinuousClock.Instant

  package init(
    presences: @escaping @Sendable () async throws -> [JSON],
    attendance: @escaping @Sendable () async throws -> Attendance,
    traffic: @escaping @Sendable () -> [String: Int],
    health: @escaping @Sendable () -> (isWell: Bool, details: JSON),
    uplink: @escaping @Sendable () -> JSON?,
    introduction: @escaping @Sendable () -> Introduction? = { nil }, version: String,
    pingInterval: Int64,
    started: ContinuousClock.Instant = .now
  ) {
    self.presences = presences
    self.attendance = attendance
    self.traffic = traffic
    self.health = health
    self.uplink = uplink
    self.introduction = introduction
    self.version = version
    self.pingInterval = pingInterval
    self.started = started
  }

  var uptime: Int64 { (ContinuousClock.now - started).components.seconds }
}
