import Inventory

/// Who may listen to which topic. The first word of a topic is its namespace, save for what is told
/// to people.
package enum Topics {
  /// Messages to people, which every connection may hear as far as their audience goes.
  package static let notifications = "notifications"
  /// Arrivals and departures of devices.
  package static let presence = "presence"
  /// How the uplink fares.
  package static let sync = "sync"

  /// Whether it is told to one person only.
  static func isPersonal(_ topic: String) -> Bool { person(topic) != nil }

  private static func person(_ topic: String) -> Substring? {
    topic.suffix(after: "notifications:") ?? topic.suffix(after: "user:")
  }

  package static func mayListen(_ identity: Identity?, to topic: String) -> Bool {
    let role = identity?.role ?? .guest
    switch topic {
    case notifications: return true
    case presence, sync: return identity != nil && Roles.crew.contains(role)
    default: break
    }
    if let user = person(topic) {
      return identity.map { user == "\($0.user)" } ?? false
    }
    // What a customer bought and paid is theirs to hear, whoever else the namespace is for.
    if let customer = identity?.customer, topic == "payments:customer:\(customer)" { return true }
    guard let namespace = Namespace(topic: topic) else { return false }
    return namespace.readers.contains(role)
  }
}

extension String {
  fileprivate func suffix(after prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}
