package struct CreateOrder: Command {
  package static let name = "order.create"
  package static let about =
    "Take an order. Prices are the catalogue's unless a line says otherwise."
  package static let performers = Roles.crew

  package var customer: Int64?
  package var branch: Int64?
  package var channel: String
  package var reference: String?
  package var currency: String?
  package var lines: [OrderLine]
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    customer = try fields.optionalID("customerId", "Who ordered.")
    branch = try fields.optionalID("branchId", "The branch that delivers.")
    channel =
      try fields.optionalText("channel", 1...40, "How it came: counter, web, phone.") ?? "counter"
    reference = try fields.optionalText(
      "reference", 1...100, "The number that others know it by; unique.")
    currency = try fields.currency()
    lines = try fields.lines("lines", "What was ordered.", OrderLine.init) ?? []
    note = try fields.note()
  }
}

package struct UpdateOrder: Command {
  package static let name = "order.update"
  package static let about =
    "Change the lines or the note of an order that is still open and not yet fulfilled."
  package static let performers = Roles.crew

  package var order: Int64
  package var lines: [OrderLine]?
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    order = try fields.id("orderId", "The order.")
    lines = try fields.lines("lines", "All its lines anew.", required: false, OrderLine.init)
    note = try fields.note()
  }
}

package struct SetOrderStatus: Command {
  package static let name = "order.status"
  package static let about = """
    Move an order along: pending, processing, shipped, delivered; or cancelled before delivery.
    """
  package static let performers = Roles.crew

  package var order: Int64
  package var status: OrderStatus
  package var reason: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    order = try fields.id("orderId", "The order.")
    status = try fields.choice("status", "The next status.")
    reason = try fields.optionalText("reason", 0...200, "Why, such as for a cancellation.")
  }
}

package struct FulfilOrder: Command {
  package static let name = "order.fulfil"
  package static let about =
    "Take goods for an order out of a location, all that is open or a part."
  package static let performers = Roles.crew

  package var order: Int64
  package var location: Int64
  package var lines: [GoodsLine]?

  package init(_ fields: inout Fields) throws(Refusal) {
    order = try fields.id("orderId", "The order.")
    location = try fields.id("locationId", "Where the goods are taken.")
    lines = try fields.lines(
      "lines", "What is taken; all that is open if left out.", required: false, GoodsLine.init)
  }
}

package struct RemoveOrder: Command {
  package static let name = "order.remove"
  package static let about =
    "Delete an order that was taken by mistake: pending or cancelled, nothing fulfilled or paid."
  package static let performers = Roles.managers

  package var order: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    order = try fields.id("orderId", "The order.")
  }
}

package struct OrderLine: Sendable {
  package var product: Int64
  package var quantity: Int64
  package var price: Int64?

  init(_ fields: inout Fields) throws(Refusal) {
    product = try fields.id("productId", "The product.")
    quantity = try fields.quantity("quantity", "How many.")
    price = try fields.optionalMoney("price", "Price of one unit; the catalogue's if left out.")
  }
}
