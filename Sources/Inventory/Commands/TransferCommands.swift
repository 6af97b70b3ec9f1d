package struct CreateTransfer: Command {
  package static let name = "transfer.create"
  package static let about = "Plan to send goods from one location to another."
  package static let performers = Roles.crew

  package var from: Int64
  package var to: Int64
  package var lines: [GoodsLine]
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    from = try fields.id("fromLocationId", "Where the goods leave.")
    to = try fields.id("toLocationId", "Where they are to arrive.")
    lines = try fields.lines("lines", "What is sent.", GoodsLine.init) ?? []
    note = try fields.note()
  }
}

package struct ShipTransfer: Command {
  package static let name = "transfer.ship"
  package static let about =
    "Take the goods of a transfer out of their location: they are on the way."
  package static let performers = Roles.crew

  package var transfer: Int64
  package var trackingNumber: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    transfer = try fields.id("transferId", "The transfer.")
    trackingNumber = try fields.optionalText("trackingNumber", 0...100, "The carrier's number.")
  }
}

package struct ReceiveTransfer: Command {
  package static let name = "transfer.receive"
  package static let about = """
    Book goods of a shipped transfer in at their destination. Several times if they come in parts; \
    "close" ends it with what is missing left missing.
    """
  package static let performers = Roles.crew

  package var transfer: Int64
  package var lines: [GoodsLine]?
  package var close: Bool

  package init(_ fields: inout Fields) throws(Refusal) {
    transfer = try fields.id("transferId", "The transfer.")
    lines = try fields.lines(
      "lines", "What arrived; all that is outstanding if left out, nothing if empty.",
      required: false, atLeast: 0, GoodsLine.init)
    close = try fields.flag("close", "Whether nothing more is expected.") ?? false
  }
}

package struct CancelTransfer: Command {
  package static let name = "transfer.cancel"
  package static let about = "Cancel a transfer that has not been shipped."
  package static let performers = Roles.crew

  package var transfer: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    transfer = try fields.id("transferId", "The transfer.")
  }
}
