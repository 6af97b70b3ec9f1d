import Wire

package struct RetryRefused: Command {
  package static let name = "tray.retry"
  package static let about = "Send an event that shore refused once more, just as it is."
  package static let performers = Roles.admins

  package var seq: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    seq = try fields.id("trayId", "The event's seq.")
  }
}

package struct EditRefused: Command {
  package static let name = "tray.edit"
  package static let about =
    "Send a corrected copy, as a new event that names the one that shore refused."
  package static let performers = Roles.admins

  package var seq: Int64
  package var data: JSON
  package var reason: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    seq = try fields.id("trayId", "The event's seq.")
    data = try fields.object("data", "What the event should have said.")
    reason = try fields.optionalText("reason", 0...500, "Why.")
  }
}

package struct DropRefused: Command {
  package static let name = "tray.drop"
  package static let about = "Take an event that shore refused out of the tray; it stays aboard."
  package static let performers = Roles.admins

  package var seq: Int64
  package var reason: String

  package init(_ fields: inout Fields) throws(Refusal) {
    seq = try fields.id("trayId", "The event's seq.")
    reason = try fields.text("reason", 1...500, "Why shore need not have it.")
  }
}

/// Asks the uplink to try now, whatever it waits for. A budget that is spent stays spent.
package struct SyncNow: Command {
  package static let name = "sync.now"
  package static let about = "Try to reach shore now."
  package static let performers = Roles.crew

  package init(_ fields: inout Fields) throws(Refusal) {}
}
