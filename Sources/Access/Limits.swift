/// What an administrator may change while the hub runs.
package struct Rules: Sendable {
  package var limits: Limits
  package var allowedOrigins: Set<String>

  package init(limits: Limits = Limits(), allowedOrigins: Set<String> = []) {
    self.limits = limits
    self.allowedOrigins = allowedOrigins
  }
}

/// How much one connection, address or user may take. Every limit has a clear error of its own.
package struct Limits: Sendable {
  package var connections = 10_000
  package var connectionsPerAddress = 1_000
  package var connectionsPerUser = 200
  /// Connections opened from one address within a minute.
  package var connectionAttemptsPerMinute = 600
  /// Messages on one connection within a minute, of all types together.
  package var messagesPerMinute = 6_000
  /// Commands, and whatever else is work, of one kind on one connection within a minute.
  package var messagesPerMinutePerType = 3_000
  /// Messages on one connection within a minute that are no commands, of all types together: signing
  /// in, subscribing, pinging.
  package var controlMessagesPerMinute = 100
  /// Connections in one count room.
  package var connectionsPerRoom = 50
  /// Messages of one type from one user within a minute, in all count rooms together.
  package var countMessagesPerMinute = 100
  /// How often a user may join a Socket.IO namespace within a minute, on all devices together.
  package var socketsPerUserPerMinute = 60
  /// Bytes of one message, and of a REST request's body.
  package var messageSize = 1 << 20
  package var jsonDepth = JSONDepth.standard
  /// Bytes that may wait for a slow reader before it is closed.
  package var waitingBytes = 1 << 20
  /// Topics that one connection may subscribe to.
  package var subscriptions = 200
  /// Events replayed to a device that returns; beyond that it takes a snapshot.
  package var replayedEvents: Int64 = 20_000
  package var signInAttemptsPerMinute = 20
  /// Wrong passwords for one user within a minute after which a security alert is told.
  package var refusedSignInsBeforeAlert = 5
  /// REST requests from one address within a minute.
  package var requestsPerMinute = 6_000

  package enum JSONDepth { package static let standard = 32 }

  package init() {}
}

/// Counts per key within a window of one minute.
///
/// Keys come from the hub's own knowledge (an address, a user id), never from what a message claims.
/// Memory is bounded: past `capacity` keys the oldest window is dropped early.
package struct RateLimiter<Key: Hashable & Sendable>: Sendable {
  private var counts: [Key: Int] = [:]
  private var windowStart: Duration = .zero
  private let capacity: Int

  package init(capacity: Int = 10_000) {
    self.capacity = capacity
  }

  /// Counts one more for `key` at `now`, on any steady clock.
  /// - Returns: whether it is within `limit`.
  package mutating func admit(_ key: Key, limit: Int, now: Duration) -> Bool {
    let isFull = counts.count >= capacity && counts[key] == nil
    if now - windowStart >= .seconds(60) || isFull {
      counts.removeAll(keepingCapacity: false)
      windowStart = now
    }
    let count = counts[key, default: 0]
    guard count < limit else { return false }
    counts[key] = count + 1
    return true
  }
}
