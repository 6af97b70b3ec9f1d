/// Why a command was not carried out: a stable code for programs and one plain sentence for people.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    case malformed = "malformed"
    case unknownCommand = "unknown_command"
    case invalidField = "invalid_field"
    case tooLarge = "too_large"
    case rateLimited = "rate_limited"
    case unauthenticated = "unauthenticated"
    case sessionEnded = "session_ended"
    case forbidden = "forbidden"
    case notFound = "not_found"
    case duplicate = "duplicate"
    case insufficientStock = "insufficient_stock"
    case wrongState = "wrong_state"
    /// It was done once and for all.
    case alreadyCompleted = "already_completed"
    case inUse = "in_use"
    case operationReused = "operation_reused"
    /// What was asked for is spoken as another protocol only.
    case upgradeRequired = "upgrade_required"
    case storageFull = "storage_full"
    case unavailable = "unavailable"
    case internalError = "internal_error"
  }

  package var code: Code
  package var message: String
  /// The field at fault, where one is.
  package var field: String?

  package init(_ code: Code, _ message: String, field: String? = nil) {
    self.code = code
    self.message = message
    self.field = field
  }

  package var description: String { "\(code.rawValue): \(message)" }

  /// Whether the same command could succeed later without a change to it.
  package var isTemporary: Bool {
    switch code {
    case .rateLimited, .storageFull, .unavailable, .internalError: true
    case .malformed, .unknownCommand, .invalidField, .tooLarge, .unauthenticated, .sessionEnded,
      .forbidden, .notFound, .duplicate, .insufficientStock, .wrongState,
      .alreadyCompleted, .inUse, .operationReused, .upgradeRequired:
      false
    }
  }

  package static func invalid(_ field: String, _ problem: String) -> Refusal {
    Refusal(.invalidField, "\(field) \(problem).", field: field)
  }

  package static func missing(_ what: String, _ id: Int64, field: String? = nil) -> Refusal {
    Refusal(.notFound, "There is no \(what) \(id).", field: field)
  }
}
