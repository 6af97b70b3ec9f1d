import Wire

/// One event that can't go into shore's log, by its seq. It waits in the hub's tray for a person.
package struct EventRefusal: Error, Sendable, Hashable {
  package enum Code: String, Sendable, CaseIterable {
    case malformed = "malformed"
    case badData = "bad_data"
    case outOfOrder = "out_of_order"
    case outOfRange = "out_of_range"
    case wrongEpoch = "wrong_epoch"
    /// Shore holds another event under the same epoch and seq.
    case diverged = "diverged"
    /// The hub kept the event back, because no batch that held it could be read.
    case withheld = "withheld"
    case tooLarge = "too_large"
  }

  package var seq: Int64
  /// One of `Code`, or a code of a newer shore's that this hub does not know yet.
  package var code: String
  package var message: String

  package init(seq: Int64, code: Code, message: String) {
    self.seq = seq
    self.code = code.rawValue
    self.message = message
  }

  package var json: JSON {
    .compact(["seq": .int(seq), "code": .string(code), "message": .string(message)])
  }

  package init?(_ json: JSON) {
    guard let seq = json["seq"]?.integer, let code = json["code"]?.text,
      let message = json["message"]?.text
    else { return nil }
    self.seq = seq
    self.code = code
    self.message = message
  }
}
