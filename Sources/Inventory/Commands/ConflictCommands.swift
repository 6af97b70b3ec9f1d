/// What a person decides where two sides edited one field without knowing of each other.
package enum Settlement: String, Sendable, CaseIterable {
  /// The value that stands.
  case keep
  /// The one that lost.
  case other
  /// A third one.
  case custom
}

package struct SettleConflict: Command {
  package static let name = "conflict.settle"
  package static let about = """
    Decide between two edits of one field, one aboard and one ashore, that knew nothing of each \
    other.
    """
  package static let performers = Roles.managers

  package var conflict: Int64
  package var choice: Settlement
  package var value: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    conflict = try fields.id("conflictId", "The conflict.")
    choice = try fields.choice(
      "choice", "keep the value that stands, take the other one, or set a custom one.")
    value = try fields.optionalText(
      "value", 0...1000, "With custom: the value, prices in minor units; what is no text as JSON.")
  }
}

package struct DismissChange: Command {
  package static let name = "change.dismiss"
  package static let about = "Take a change that came from shore and was refused off the tray."
  package static let performers = Roles.admins

  package var refusal: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    refusal = try fields.id("refusedChangeId", "The refused change.")
  }
}

package struct RetryChange: Command {
  package static let name = "change.retry"
  package static let about = """
    Carry out a change that came from shore and was refused, now that nothing stands in its way; it \
    counts as an edit made aboard.
    """
  package static let performers = Roles.admins

  package var refusal: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    refusal = try fields.id("refusedChangeId", "The refused change.")
  }
}
