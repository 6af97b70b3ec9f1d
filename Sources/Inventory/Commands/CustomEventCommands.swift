import Wire

/// Declares an event of the site's own: who may send it and who may hear it.
package struct DefineEvent: Command {
  package static let name = "event.define"
  package static let about = """
    Declare an event of the site's own, or change its declaration. Nobody hears more by it than the \
    namespace that it travels in lets their role hear.
    """
  package static let performers = Roles.admins

  package var event: String
  package var about: String?
  package var namespace: Namespace
  package var readers: [Role]?
  package var performers: [Role]?
  package var maximumSize: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    event = try fields.eventName()
    about = try fields.optionalText("about", 0...500, "What it is for.")
    namespace = try fields.optionalChoice("namespace", "Where it is heard.") ?? .inventory
    readers = try fields.choices("readers", "Who may hear it; the crew if left out.")
    performers = try fields.choices("performers", "Who may send it; the crew if left out.")
    maximumSize =
      try fields.optionalInteger(
        "maxSize", 2...65_536, "Largest data, in bytes; 4096 if left out.") ?? 4096
  }
}

package struct EmitEvent: Command {
  package static let name = "event.emit"
  package static let about = "Send a declared event of the site's own; it is stored and replayed."
  package static let performers = Roles.everyone

  package var event: String
  package var data: JSON
  package var room: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    event = try fields.eventName()
    data = try fields.object("data", "What it says; `from` is set by the hub.")
    room = try fields.optionalText("room", 1...100, "A finer topic to send it to.")
  }
}

package struct RetireEvent: Command {
  package static let name = "event.retire"
  package static let about = "End an event of the site's own; what was sent stays in the log."
  package static let performers = Roles.admins

  package var event: String

  package init(_ fields: inout Fields) throws(Refusal) {
    event = try fields.eventName()
  }
}

/// Events that the site has declared for itself. None of the hub's own begins like them.
package enum CustomEvent {
  package static let prefix = "custom:"
}

extension Fields {
  fileprivate mutating func eventName() throws(Refusal) -> String {
    let name = try word("name", 1...64, "Its name, such as custom:anchor_watch.")
    guard name != CustomEvent.prefix else { throw .invalid("name", "is missing") }
    return name.hasPrefix(CustomEvent.prefix) ? name : CustomEvent.prefix + name
  }
}
