import GRDB
import Inventory
import Wire

extension ReportActivity: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let who = try customer.map { try entry.resolve($0, .customer, field: "customerId") }
    let own = entry.identity?.customer
    if entry.identity?.role == .customer, own == nil || who.map({ $0 != own }) ?? false {
      throw Refusal(.forbidden, "A customer reports for themself only.", field: "customerId")
    }
    guard let who = who ?? own else { throw Refusal.invalid("customerId", "is missing") }
    let name = try entry.customerName(who)
    let product = try product.map {
      try entry.product(entry.resolve($0, .product, field: "productId"))
    }
    let topics = ["customers:\(who)"]
    let whom: JSON = ["customerId": .int(who), "customerName": .string(name)]
    func told(_ members: KeyValuePairs<String, JSON?>) -> JSON {
      var data = whom
      for (key, value) in members { data[key] = value }
      return data
    }
    try entry.append(
      .customerActivity, topics: topics,
      told([
        "action": .string(action.rawValue), "productId": .integer(product?.id),
        "productName": .text(product?.name), "quantity": .integer(quantity),
        "duration": .integer(duration), "timestamp": .int(entry.time),
      ]))
    guard let product else { return ["customerId": .int(who)] }
    switch action {
    case .viewing:
      try entry.append(
        .customerViewingProduct, topics: topics,
        told([
          "productId": .int(product.id), "productName": .string(product.name),
          "duration": .integer(duration),
        ]))
    case .addedToCart:
      try entry.append(
        .customerAddedToCart, topics: topics,
        told([
          "productId": .int(product.id), "productName": .string(product.name),
          "quantity": .int(quantity ?? 1),
        ]))
    case .removedFromCart, .checkoutStarted, .checkoutCompleted: break
    }
    return ["customerId": .int(who)]
  }
}

extension SyncProgress {
  fileprivate var json: JSON {
    .compact([
      "total": .integer(total), "processed": .integer(processed),
      "successful": .integer(successful), "failed": .integer(failed),
    ])
  }
}

extension ReportShopifySync: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let isKnown =
      try entry.integer("SELECT 1 FROM shopify_sync WHERE sync = ?", [sync]) != nil
    // The word that tells one of Shopify's events from the next.
    let phase =
      switch status {
      case .inProgress: isKnown ? "progress" : "started"
      case .completed: "completed"
      case .error, .failed: "error"
      }
    try entry.execute(
      """
      INSERT INTO shopify_sync (sync, kind, status, direction, progress, details, error, message,
        started, time) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
      ON CONFLICT DO UPDATE SET status = ?3, direction = COALESCE(?4, direction), progress = ?5,
        details = ?6, error = ?7, message = ?8, time = ?9
      """,
      [
        sync, kind.rawValue, status.rawValue, direction?.rawValue, progress, details.json.encoded,
        error, message, entry.time,
      ])
    try entry.execute(
      """
      DELETE FROM shopify_sync WHERE id <= (SELECT MAX(id) - 500 FROM shopify_sync)
      """)
    try entry.append(
      .shopifySyncStatus, topics: ["inventory:shopify"] + (kind == .orders ? ["orders"] : []),
      .compact([
        "syncId": .string(sync), "syncType": .string(kind.rawValue),
        "status": .string(status.rawValue), "phase": .string(phase),
        "direction": .text(direction?.rawValue), "progress": .integer(progress),
        "details": details.json, "error": .text(error), "message": .text(message),
      ]))
    return ["syncId": .string(sync), "phase": .string(phase)]
  }
}

extension ReportShopifyWebhook: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let isOfOrders = topic.hasPrefix("orders/")
    try entry.append(
      .shopifyWebhook, topics: ["inventory:shopify"] + (isOfOrders ? ["orders"] : []),
      .compact([
        "topic": .string(topic), "id": .string(id), "shop_domain": .text(shop),
        "created_at": .text(createdAt), "status": .string(status.rawValue),
        "message": .text(message),
      ]))
    return ["id": .string(id)]
  }
}

extension ReportTerminalSync: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    var state: JSON = .compact([
      "progress": .integer(progress), "total": .integer(figures.total),
      "processed": .integer(figures.processed), "successful": .integer(figures.successful),
      "failed": .integer(figures.failed), "message": .text(message), "error": .text(error),
      "isOnline": isOnline.map(JSON.bool), "lastSync": .integer(lastSync),
      "pendingTransactions": .integer(pendingTransactions),
      "pendingProducts": .integer(pendingProducts), "productsSynced": .integer(productsSynced),
      "transactionsSynced": .integer(transactionsSynced),
      "syncErrors": syncErrors.map { .array($0.map(JSON.string)) },
    ])
    // A report that is about something else leaves these as the terminal last had them.
    let row = try entry.row("SELECT state FROM terminal WHERE client = ?", [client])
    let before = try row.map { try JSON(parsing: $0[0] as String) }
    for key in ["isOnline", "lastSync", "pendingTransactions", "pendingProducts"]
    where state[key] == nil { state[key] = before?[key] }
    try entry.execute(
      """
      INSERT INTO terminal (client, kind, status, state, user, device, time)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      ON CONFLICT DO UPDATE SET kind = ?2, status = ?3, state = ?4, user = ?5, device = ?6, time = ?7
      """,
      [
        client, kind.rawValue, status.rawValue, state.encoded, entry.identity?.user,
        entry.identity?.device, entry.time,
      ])
    try entry.execute("DELETE FROM terminal WHERE id <= (SELECT MAX(id) - 500 FROM terminal)")
    var data: JSON = .compact([
      "clientId": .string(client), "syncType": .string(kind.rawValue),
      "status": .string(status.rawValue), "userName": .text(entry.identity?.name),
    ])
    for (key, value) in state.members?.pairs ?? [] { data[key] = value }
    try entry.append(.syncStatus, topics: ["sync"], data)
    return ["clientId": .string(client)]
  }
}
