import Wire

/// Something that a person, a device or the hub itself asks the ledger to do.
///
/// A command is a value that has passed every check that needs no database; what it does to the
/// tables stands in Storage, beside the SQL.
package protocol Command: Sendable {
  /// As sent in `"command"`: `stock.adjust`. Its REST path is made from it.
  static var name: String { get }
  /// One sentence for the API's description.
  static var about: String { get }
  static var performers: Roles { get }

  init(_ fields: inout Fields) throws(Refusal)
}

extension Command {
  package static var shapes: [FieldShape] {
    Fields.describe { _ = try Self(&$0) }
  }

  package init(data: JSON) throws(Refusal) {
    guard let members = data.members else {
      throw Refusal(.malformed, "The command's data must be an object.")
    }
    var fields = Fields(members)
    try self.init(&fields)
  }
}

/// A command that sets a secret. Access seals it before it reaches the ledger, so that neither the
/// queue nor the log ever holds the secret itself.
package protocol SecretBearing: Command {
  var secret: Secret? { get set }
}

package enum Secret: Sendable {
  case plain(String)
  case sealed(String)
}
