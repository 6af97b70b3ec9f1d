package struct OpenCount: Command {
  package static let name = "count.open"
  package static let about = "Open a count session, or return the open one of that room."
  package static let performers = Roles.crew

  package var room: String
  package var location: Int64?
  package var isBlind: Bool
  package var isOnce: Bool

  package init(_ fields: inout Fields) throws(Refusal) {
    room = CountRoom.normalised(
      try fields.text(
        "room", 1...200,
        "The session's name, such as Alfa Romeo/10/2025; 09 and 9 are the same month."))
    location = try fields.optionalID("locationId", "Where scans count unless they say otherwise.")
    isBlind =
      try fields.flag("blind", "Whether counters are kept from seeing expected levels.") ?? false
    isOnce =
      try fields.flag("once", "Whether to refuse a room that has been completed before.") ?? false
  }
}

/// One line of a count. Lines are only ever added; their sum is what was counted.
package struct ScanCount: Command {
  package static let name = "count.scan"
  package static let about = """
    Add a scan to an open count session. A code that no product has is kept for review and not booked.
    """
  package static let performers = Roles.crew

  package var count: Int64
  package var product: Int64?
  package var code: String?
  package var location: Int64?
  package var lot: String
  package var quantity: Int64
  package var isUnique: Bool

  package init(_ fields: inout Fields) throws(Refusal) {
    count = try fields.id("countId", "The session.")
    product = try fields.optionalID("productId", "The product; or its code.")
    code = try fields.optionalText("code", 1...200, "What the scanner read.")
    location = try fields.optionalID("locationId", "Where; the session's location if left out.")
    lot = try fields.lot()
    quantity =
      try fields.optionalQuantity(
        "quantity", "How many; 0 for looked and found none.", atLeast: 0) ?? 1
    isUnique =
      try fields.flag("unique", "Whether to refuse what a standing scan has already.") ?? false
    guard product != nil || code != nil else { throw .invalid("code", "or productId is needed") }
  }
}

package struct UnscanCount: Command {
  package static let name = "count.unscan"
  package static let about = """
    Take a scan back, by a line that cancels it. By code: one's own latest scan of it that stands; \
    managers may so take back anybody's.
    """
  package static let performers = Roles.crew

  package var count: Int64
  package var line: Int64?
  package var code: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    count = try fields.id("countId", "The session.")
    line = try fields.optionalID("lineId", "The scan; or its code.")
    code = try fields.optionalText("code", 1...200, "What the scanner read.")
    guard line != nil || code != nil else { throw .invalid("code", "or lineId is needed") }
  }
}

package struct CompleteCount: Command {
  package static let name = "count.complete"
  package static let about = """
    Book the differences of a count session, once. Each is booked against the stock as it stood at \
    the last scan of that product there, so movements made since then stay.
    """
  package static let performers = Roles.managers

  package var count: Int64
  package var message: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    count = try fields.id("countId", "The session.")
    message = try fields.optionalText("message", 0...500, "A word to all who counted.")
  }
}

package struct CancelCount: Command {
  package static let name = "count.cancel"
  package static let about = "End a count session without booking anything."
  package static let performers = Roles.managers

  package var count: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    count = try fields.id("countId", "The session.")
  }
}
