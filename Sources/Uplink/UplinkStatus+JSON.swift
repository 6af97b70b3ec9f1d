import Inventory
import Storage
import Wire

extension UplinkStatus {
  /// As REST serves it, and as the message `sync:status` carries it.
  package var json: JSON {
    .compact([
      "state": .string(state.rawValue), "words": .string(words), "reason": .text(reason),
      "profile": .string(profile.rawValue),
      "pending": .object(
        JSON.Members(Lane.allCases.map { ($0.name, .int(pending[$0] ?? 0)) })),
      "secondsLeft": .integer(secondsLeft), "lastContact": .integer(lastContact),
      "lastError": .text(lastError), "eventsSent": .int(eventsSent), "bytesSent": .int(bytesSent),
      "bytesReceived": .int(bytesReceived), "refused": .int(refused),
      "bytesPerSecond": .integer(bytesPerSecond),
      "roundTrip": .integer(roundTrip?.milliseconds),
      "budget": budget.isEmpty
        ? nil
        : .array(
          budget.map {
            ["hours": .int($0.hours), "limit": .int($0.limit), "spent": .int($0.spent)]
          }),
      "clockAhead": .integer(clockAhead),
    ])
  }
}
