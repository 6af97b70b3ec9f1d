import Wire

/// Seed 003's figures of what is live.
struct LiveMetrics {
  var connections: Int
  var rooms: Int
  var users: Int
  var attendance: Attendance
  /// Connections that a limit has kept out.
  var errors: Int

  func json(at time: JSON) -> JSON {
    [
      "totalConnections": .int(Int64(connections)), "messagesSent": .int(Int64(attendance.sent)),
      "messagesReceived": .int(Int64(attendance.received)), "roomsActive": .int(Int64(rooms)),
      "errors": .int(Int64(errors)), "activeRooms": .int(Int64(rooms)),
      "userSessions": .int(Int64(users)), "latency": latency, "timestamp": time,
    ]
  }

  /// In milliseconds; without figures until a connection was pinged.
  private var latency: JSON {
    let trips = attendance.roundTrips.map { Double($0) / 1_000_000 }
    guard let longest = trips.max() else { return ["connections": 0] }
    return [
      "connections": .int(Int64(trips.count)),
      "average": .number(trips.reduce(0, +) / Double(trips.count)), "maximum": .number(longest),
    ]
  }
}
