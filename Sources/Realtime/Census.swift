import Inventory
import NIOCore

/// How many are connected, by what they are and what they listen to.
package struct Census: Sendable, Equatable {
  package var total = 0
  package var authenticated = 0
  package var byRole: [String: Int] = [:]
  package var byNamespace: [String: Int] = [:]
  /// By where they connected: `/api/ws`, `/ws-pos`.
  package var byPlace: [String: Int] = [:]
  /// Topics that anybody listens to, once per event loop.
  package var topics = 0
  /// Messages from devices, and to them, since the hub began.
  package var received = 0
  package var sent = 0
  /// How long the connections that were asked for a sign of life took to answer, in nanoseconds.
  package var roundTrips: [Int64] = []

  package init() {}

  mutating func count(_ receiver: Receiver) {
    total += 1
    byPlace[receiver.place, default: 0] += 1
    if let role = receiver.identity?.role {
      authenticated += 1
      byRole[role.rawValue, default: 0] += 1
    }
    if let roundTrip = receiver.roundTrip { roundTrips.append(roundTrip.nanoseconds) }
    for namespace in Set(receiver.topics.compactMap(Namespace.init(topic:))) {
      byNamespace[namespace.rawValue, default: 0] += 1
    }
  }

  static func + (left: Census, right: Census) -> Census {
    var sum = left
    sum.total += right.total
    sum.authenticated += right.authenticated
    sum.byRole.merge(right.byRole, uniquingKeysWith: +)
    sum.byNamespace.merge(right.byNamespace, uniquingKeysWith: +)
    sum.byPlace.merge(right.byPlace, uniquingKeysWith: +)
    sum.topics += right.topics
    sum.received += right.received
    sum.sent += right.sent
    sum.roundTrips += right.roundTrips
    return sum
  }
}

extension Deck {
  var census: Census {
    var census = Census()
    for receiver in receivers.values { census.count(receiver) }
    census.topics = topics
    census.received = received
    census.sent = sent
    return census
  }
}
