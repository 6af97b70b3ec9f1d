package struct CreateReservation: Command {
  package static let name = "reservation.create"
  package static let about = """
    Reserve stock at a location. Refused where less is available than asked for: a unit is never \
    promised twice.
    """
  package static let performers = Roles.crew

  /// What is reserved from: a place, or an inventory item that stands for one.
  package enum Source: Sendable {
    case place(Place)
    case item(Reference)
  }

  package var source: Source
  package var quantity: Int64
  package var reason: String?
  package var reference: String?
  package var lifetime: Duration?

  package init(_ fields: inout Fields) throws(Refusal) {
    let item = try fields.optionalReference(
      "inventoryItemId", "Instead of productId and locationId. \(Reference.aboutItem)")
    let product = try fields.optionalID("productId", "The product.")
    let location = try fields.optionalID("locationId", "The location.")
    let lot = try fields.lot()
    if let item {
      source = .item(item)
    } else {
      guard let product else { throw .invalid("productId", "is missing") }
      guard let location else { throw .invalid("locationId", "is missing") }
      source = .place(Place(product: product, location: location, lot: lot))
    }
    quantity = try fields.quantity("quantity", "How many to hold back.")
    reason = try fields.optionalText("reason", 0...200, "What for.")
    reference = try fields.optionalText("reference", 0...100, "An order or job number.")
    lifetime = try fields.seconds(
      "expiresIn", 1...31_536_000,
      "Seconds after which the hub releases it, counted while the hub is powered; never if left out."
    )
  }
}

package struct ReleaseReservation: Command {
  package static let name = "reservation.release"
  package static let about = "Give reserved stock back."
  package static let performers = Roles.crew

  package var reservation: Int64
  package var reason: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    reservation = try fields.id("reservationId", "The reservation.")
    reason = try fields.optionalText("reason", 0...200, "Why.")
  }
}

package struct FulfilReservation: Command {
  package static let name = "reservation.fulfil"
  package static let about = "Take reserved stock from its location, all of it or a part."
  package static let performers = Roles.crew

  package var reservation: Int64
  package var quantity: Int64?

  package init(_ fields: inout Fields) throws(Refusal) {
    reservation = try fields.id("reservationId", "The reservation.")
    quantity = try fields.optionalQuantity("quantity", "How many; all that is left if left out.")
  }
}
