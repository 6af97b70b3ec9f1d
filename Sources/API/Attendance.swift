/// How many are connected, by what they are and what they listen to, as the live hub counts them.
package struct Attendance: Sendable {
  package var total = 0
  package var authenticated = 0
  package var byRole: [String: Int] = [:]
  package var byNamespace: [String: Int] = [:]
  /// By path or Socket.IO namespace.
  package var byPlace: [String: Int] = [:]
  /// Rooms that somebody is in.
  package var rooms: [String: Int] = [:]

  /// Messages from devices, and to them, since the hub began.
  package var received = 0
  package var sent = 0
  /// How long connections took to answer the hub's last ping, in nanoseconds; of those it has pinged.
  package var roundTrips: [Int64] = []

  package init() {}
}
