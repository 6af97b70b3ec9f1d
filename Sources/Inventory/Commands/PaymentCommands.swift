package struct RecordPayment: Command {
  package static let name = "payment.record"
  package static let about = "Record a payment, or an attempt at one."
  package static let performers = Roles.crew

  package var order: Int64?
  package var customer: Int64?
  package var amount: Int64
  package var currency: String?
  package var method: PaymentMethod
  package var result: Result
  package var reference: String?
  package var reason: String?

  package enum Result: String, Sendable, CaseIterable { case success, pending, failed }

  package init(_ fields: inout Fields) throws(Refusal) {
    order = try fields.optionalID("orderId", "The order that is paid.")
    customer = try fields.optionalID("customerId", "Who paid; the order's customer if left out.")
    amount = try fields.money("amount", "In minor units.")
    currency = try fields.currency()
    method = try fields.choice("method", "How.")
    result = try fields.optionalChoice("status", "How it went.") ?? .success
    reference = try fields.optionalText("reference", 0...100, "The terminal's or bank's number.")
    reason = try fields.optionalText("reason", 0...200, "Why it failed.")
  }
}

package struct SettlePayment: Command {
  package static let name = "payment.settle"
  package static let about = "Say how a pending payment ended."
  package static let performers = Roles.crew

  package var payment: Int64
  package var result: Result
  package var reason: String?

  package enum Result: String, Sendable, CaseIterable { case success, failed }

  package init(_ fields: inout Fields) throws(Refusal) {
    payment = try fields.id("paymentId", "The payment.")
    result = try fields.choice("status", "How it ended.")
    reason = try fields.optionalText("reason", 0...200, "Why it failed.")
  }
}

package struct RefundPayment: Command {
  package static let name = "payment.refund"
  package static let about = "Give back a payment, all of it or a part."
  package static let performers = Roles.managers

  package var payment: Int64
  package var amount: Int64?
  package var reason: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    payment = try fields.id("paymentId", "The payment.")
    amount = try fields.optionalMoney("amount", "In minor units; all that is left if left out.")
    reason = try fields.optionalText("reason", 0...200, "Why.")
  }
}

/// A point-of-sale transaction: goods, money and receipt in one step.
package struct CreateSale: Command {
  package static let name = "sale.create"
  package static let about = "Sell goods from a location against payment, in one step."
  package static let performers = Roles.crew

  package var location: Int64
  package var customer: Int64?
  package var lines: [SaleLine]
  package var method: PaymentMethod
  package var currency: String?
  package var reference: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    location = try fields.id("locationId", "Where the goods are taken.")
    customer = try fields.optionalID("customerId", "Who bought.")
    lines = try fields.lines("lines", "What was sold.", SaleLine.init) ?? []
    method = try fields.choice("method", "How it was paid.")
    currency = try fields.currency()
    reference = try fields.optionalText("reference", 0...100, "The till's own number.")
  }
}

package struct VoidSale: Command {
  package static let name = "sale.void"
  package static let about = "Undo a sale: the goods return to their location."
  package static let performers = Roles.managers

  package var sale: Int64
  package var reason: String

  package init(_ fields: inout Fields) throws(Refusal) {
    sale = try fields.id("saleId", "The sale.")
    reason = try fields.text("reason", 1...200, "Why.")
  }
}

package struct SaleLine: Sendable {
  package var product: Int64
  package var lot: String
  package var quantity: Int64
  package var price: Int64?

  init(_ fields: inout Fields) throws(Refusal) {
    product = try fields.id("productId", "The product.")
    lot = try fields.lot()
    quantity = try fields.quantity("quantity", "How many.")
    price = try fields.optionalMoney("price", "Price of one unit; the catalogue's if left out.")
  }
}
