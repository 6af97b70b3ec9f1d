/// Long enough for any machine: what is waited for comes at once, or never.
let patience = Duration.seconds(90)

/// What did not come true in time.
struct Late: Error, CustomStringConvertible {
  var what: String
  var description: String { "Not in time: \(what)" }
}

/// Looks until `condition` holds, and throws when it does not in time.
func eventually(
  _ what: String, within limit: Duration = patience, every pause: Duration = .milliseconds(10),
  _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < deadline else { throw Late(what: what) }
    try await Task.sleep(for: pause)
  }
}

/// Looks until there is a value, and throws when there is none in time.
func eventual<Value>(
  _ what: String, within limit: Duration = patience, every pause: Duration = .milliseconds(10),
  _ value: () async throws -> Value?
) async throws -> Value {
  var found: Value?
  try await eventually(what, within: limit, every: pause) {
    found = try await value()
    return found != nil
  }
  guard let found else { throw Late(what: what) }
  return found
}
