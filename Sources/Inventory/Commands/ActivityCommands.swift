/// What a customer does in a shop's front end, as that front end or the crew reports it.
package struct ReportActivity: Command {
  package static let name = "customer.activity"
  package static let about = """
    Report what a customer is doing: the crew for any customer, a customer for themself.
    """
  package static let performers = Roles.signedIn

  package enum Action: String, Sendable, CaseIterable {
    case viewing
    case addedToCart = "cart_add"
    case removedFromCart = "cart_remove"
    case checkoutStarted = "checkout_start"
    case checkoutCompleted = "checkout_complete"
  }

  package var customer: Reference?
  package var action: Action
  package var product: Reference?
  package var quantity: Int64?
  package var duration: Int64?

  package init(_ fields: inout Fields) throws(Refusal) {
    customer = try fields.optionalReference(
      "customerId", "The customer, by id or number; oneself if left out.")
    action = try fields.choice("action", "What they do.")
    product = try fields.optionalReference("productId", "The product, by id, sku or barcode.")
    quantity = try fields.optionalQuantity("quantity", "How many.")
    duration = try fields.optionalQuantity("duration", "For how long, in seconds.", atLeast: 0)
  }
}

/// How far a synchronisation has come, in figures that several reports share.
package struct SyncProgress: Sendable {
  package var total: Int64?
  package var processed: Int64?
  package var successful: Int64?
  package var failed: Int64?

  init(_ fields: inout Fields) throws(Refusal) {
    total = try fields.optionalQuantity("total", "How many there are in all.", atLeast: 0)
    processed = try fields.optionalQuantity("processed", "How many are done.", atLeast: 0)
    successful = try fields.optionalQuantity("successful", "How many went well.", atLeast: 0)
    failed = try fields.optionalQuantity("failed", "How many did not.", atLeast: 0)
  }
}

/// A shop system's synchronisation, as the connector that does it reports it.
package struct ReportShopifySync: Command {
  package static let name = "shopify.sync"
  package static let about = "Report how a synchronisation with Shopify stands."
  package static let performers = Roles.managers

  package enum Kind: String, Sendable, CaseIterable {
    case products, inventory, orders, customers
  }

  package enum Status: String, Sendable, CaseIterable {
    case inProgress = "in_progress"
    case completed, error, failed
  }

  package enum Direction: String, Sendable, CaseIterable { case push, pull }

  package var kind: Kind
  package var status: Status
  package var sync: String
  package var direction: Direction?
  package var progress: Int64?
  package var details: SyncProgress
  package var error: String?
  package var message: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    kind = try fields.choice("syncType", "What is synchronised.")
    status = try fields.choice("status", "How it stands.")
    sync = try fields.text("syncId", 1...100, "The connector's own id for this run.")
    direction = try fields.optionalChoice("direction", "To the shop, or from it.")
    progress = try fields.optionalInteger("progress", 0...100, "In per cent.")
    details = try SyncProgress(&fields)
    error = try fields.optionalText("error", 0...1000, "What went wrong.")
    message = try fields.optionalText("message", 0...500, "The state in words.")
  }
}

/// A call by the shop system, as the connector that took it reports it.
package struct ReportShopifyWebhook: Command {
  package static let name = "shopify.webhook"
  package static let about = "Report a webhook of Shopify, and what became of it."
  package static let performers = Roles.managers

  package enum Status: String, Sendable, CaseIterable { case received, processed, error }

  package var topic: String
  package var id: String
  package var shop: String?
  package var createdAt: String?
  package var status: Status
  package var message: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    topic = try fields.text("topic", 1...100, "Shopify's topic, such as orders/create.")
    id = try fields.text("id", 1...100, "The webhook's id.")
    shop = try fields.optionalText("shop_domain", 0...253, "The shop's domain.")
    createdAt = try fields.optionalText("created_at", 0...40, "When, as Shopify writes it.")
    status = try fields.optionalChoice("status", "What became of it.") ?? .received
    message = try fields.optionalText("message", 0...500, "What went wrong, or was done.")
  }
}

/// A till's synchronisation, as the till itself reports it.
package struct ReportTerminalSync: Command {
  package static let name = "pos.sync"
  package static let about = "Report how a point of sale's own synchronisation stands."
  package static let performers = Roles.crew

  package enum Kind: String, Sendable, CaseIterable { case products, transactions, inventory, full }
  package enum Status: String, Sendable, CaseIterable { case started, progress, completed, error }

  package var client: String
  package var kind: Kind
  package var status: Status
  package var progress: Int64?
  package var figures: SyncProgress
  package var message: String?
  package var error: String?
  package var isOnline: Bool?
  package var lastSync: Int64?
  package var pendingTransactions: Int64?
  package var pendingProducts: Int64?
  package var productsSynced: Int64?
  package var transactionsSynced: Int64?
  package var syncErrors: [String]?

  package static let mostErrors = 20

  package init(_ fields: inout Fields) throws(Refusal) {
    client = try fields.text("clientId", 1...100, "The terminal's own id.")
    kind = try fields.optionalChoice("syncType", "What is synchronised.") ?? .full
    status = try fields.choice("status", "How it stands.")
    progress = try fields.optionalInteger("progress", 0...100, "In per cent.")
    figures = try SyncProgress(&fields)
    message = try fields.optionalText("message", 0...500, "The state in words.")
    error = try fields.optionalText("error", 0...1000, "What went wrong.")
    isOnline = try fields.flag("isOnline", "Whether the terminal has a link.")
    lastSync = try fields.moment("lastSync", "The last one, in milliseconds since 1970.")
    pendingTransactions = try fields.optionalQuantity(
      "pendingTransactions", "How many sales wait in it.", atLeast: 0)
    pendingProducts = try fields.optionalQuantity(
      "pendingProducts", "How many products wait in it.", atLeast: 0)
    productsSynced = try fields.optionalQuantity(
      "productsSynced", "How many products it has taken.", atLeast: 0)
    transactionsSynced = try fields.optionalQuantity(
      "transactionsSynced", "How many sales it has given.", atLeast: 0)
    syncErrors = try fields.texts(
      "syncErrors", 0...Self.mostErrors, "What went wrong, one by one.")
  }
}
