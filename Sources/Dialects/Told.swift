import Inventory
import Wire

/// An event opened for translation: its payload read once.
struct Told {
  let event: Event
  let type: EventType?
  let data: JSON

  init(_ event: Event) {
    self.event = event
    type = EventType(rawValue: event.type)
    data = (try? JSON(parsing: event.data)) ?? [:]
  }

  subscript(_ key: String) -> JSON { data[key] ?? .null }

  /// The hub's time of the event as the seeds' clients write it: ISO 8601, UTC, milliseconds.
  var time: JSON { .string(ISO8601.text(event.time)) }
  /// The acting user as a string, or null.
  var user: JSON { event.user.map { .string("\($0)") } ?? .null }
}
