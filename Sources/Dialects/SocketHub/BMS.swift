import Inventory
import Wire

/// What BMS's clients hear of the hub's events: `{"id":…,"type":…,"timestamp":ISO,"branchId":…,
/// "userId":…,"data":{…}}` under the event's own name, as seed 004 and its server have it.
enum BMS {
  static func messages(_ told: Told) -> [Oda.Message] {
    guard let (name, data) = body(told) else { return [] }
    return [
      (
        name,
        .compact([
          "id": .string(id(name, told)), "type": .string(name), "timestamp": told.time,
          "branchId": told.event.audience.branch.map { .string("\($0)") } ?? .null,
          "userId": told.event.user.map { .string("\($0)") }, "data": data,
        ])
      )
    ]
  }

  /// `<type>-<ms>-<9 base36>`, the same wherever and whenever the event is told.
  private static func id(_ name: String, _ told: Told) -> String {
    let number = String(told.event.seq, radix: 36)
    let padding = String(repeating: "0", count: max(0, 9 - number.count))
    return "\(name)-\(told.event.time)-\(padding)\(number)"
  }

  private static func body(_ told: Told) -> (String, JSON)? {
    switch told.type {
    case .inventoryUpdated: ("inventory:updated", movement(told))
    case .inventoryLowStock, .inventoryOutOfStock: ("low-stock:alert", lowStock(told))
    case .productCreated: ("product:updated", product(told, "created"))
    case .productUpdated: ("product:updated", product(told, "updated"))
    case .productDeleted: ("product:updated", product(told, "deleted"))
    case .saleCreated: ("transaction:created", transaction(told))
    case .saleVoided:
      (
        "transaction:status-changed",
        [
          "transactionId": told.id("saleId"), "transactionCode": told["transactionCode"],
          "oldStatus": "COMPLETED", "newStatus": "CANCELLED", "reason": told["reason"],
        ]
      )
    case .systemNotification, .systemAlert, .systemMaintenance:
      ("system:notification", notification(told))
    case .syncStatus: ("sync:status", sync(told))
    case .userCreated, .userUpdated:
      (
        "user:updated",
        [
          "userId": told.id("userId"), "action": action(told.type == .userCreated),
          "changes": told.data.withTextIDs,
        ]
      )
    case .branchCreated, .branchUpdated:
      (
        "branch:updated",
        [
          "branchId": told.id("branchId"), "action": action(told.type == .branchCreated),
          "changes": told.data.withTextIDs,
        ]
      )
    case .customerCreated, .customerUpdated:
      (
        "customer:updated",
        [
          "customerId": told.id("customerId"), "action": action(told.type == .customerCreated),
          "changes": told.data.withTextIDs,
        ]
      )
    case .transferCreated, .transferShipped, .transferReceived, .transferCancelled:
      (
        "transfer:updated",
        [
          "transferId": told.id("transferId"),
          "status": .string(String(told.event.type.dropFirst("transfer:".count))),
        ]
      )
    default: nil
    }
  }

  private static func action(_ isNew: Bool) -> JSON { isNew ? "created" : "updated" }

  private static func movement(_ told: Told) -> JSON {
    let change = told["difference"].integer ?? 0
    let isCorrection: Bool
    switch told["reason"].text.flatMap(MovementReason.init) {
    case .adjustment, .count: isCorrection = true
    default: isCorrection = false
    }
    return .compact([
      "productId": told.id("productId"), "productSku": told["sku"],
      "productName": told["productName"], "previousStock": told["oldStock"],
      "newStock": told["newStock"], "adjustment": .int(change),
      "type": isCorrection ? "ADJUSTMENT" : change < 0 ? "OUT" : "IN",
      "reason": told.data["note"] ?? told["reason"], "userId": told.user,
      "userName": told["userName"],
      // Its web client reads these, though its server never sent them.
      "currentStock": told["newStock"], "minStock": told.data["minimum"],
    ])
  }

  private static func lowStock(_ told: Told) -> JSON {
    let stock = told["currentStock"].integer ?? 0
    return [
      "productId": told.id("productId"), "productSku": told["sku"],
      "productName": told["productName"], "currentStock": .int(stock),
      "minStock": told["threshold"], "urgency": stock <= 0 ? "critical" : "warning",
      "branchId": told.id("branchId"),
    ]
  }

  private static func product(_ told: Told, _ action: String) -> JSON {
    var row = (told.data["product"] ?? told.data).withTextIDs
    row["price"] = row["price"].map(Money.units)
    row["minStock"] = row["minimum"]
    var changes = told.data["changes"]
    if let price = changes?["price"] { changes?["price"] = Money.units(price) }
    return .compact([
      "productId": told.id("productId"), "product": row, "action": .string(action),
      "changes": changes,
    ])
  }

  private static func transaction(_ told: Told) -> JSON {
    [
      "transactionId": told.id("saleId"), "transactionCode": told["transactionCode"],
      "finalAmount": Money.units(told["finalAmount"]), "paymentMethod": told["paymentMethod"],
      "userId": told.user,
      "userName": told["userName"],
      "items": .array(
        (told["items"].elements ?? []).map { item in
          .compact([
            "productId": item["productId"]?.integer.map { .string("\($0)") },
            "productName": item["productName"], "productSku": item["productSku"],
            "quantity": item["quantity"], "unitPrice": Money.units(item["unitPrice"] ?? .null),
            "total": Money.units(item["total"] ?? .null),
          ])
        }),
    ]
  }

  private static func notification(_ told: Told) -> JSON {
    .compact([
      "title": told["title"], "message": told["message"], "severity": told["severity"],
      "category": told.data["category"] ?? "system",
      "actionRequired": told.data["actionUrl"].map { _ in true },
      "actionUrl": told.data["actionUrl"],
    ])
  }

  /// The document's members, and beside them those that its tills read there as their own state.
  private static func sync(_ told: Told) -> JSON {
    .compact([
      "syncType": told["syncType"], "status": told["status"], "progress": told.data["progress"],
      "total": told.data["total"], "processed": told.data["processed"],
      "message": told.data["message"], "error": told.data["error"],
      "clientId": told.data["clientId"], "productsSynced": told.data["productsSynced"],
      "transactionsSynced": told.data["transactionsSynced"],
      "lastSync": told.data["lastSync"]?.integer.map(ISO8601.json),
      "isOnline": told.data["isOnline"], "isSyncing": .bool(isSyncing(told)),
      "pendingTransactions": told.data["pendingTransactions"],
      "pendingProducts": told.data["pendingProducts"],
      "syncErrors": told.data["syncErrors"] ?? [],
    ])
  }

  private static func isSyncing(_ told: Told) -> Bool {
    switch told["status"].text.flatMap(ReportTerminalSync.Status.init) {
    case .started, .progress: true
    case .completed, .error, nil: false
    }
  }
}

/// What its tills tell of their synchronization, as the hub's command for it.
extension BMS {
  /// `nil` for what no till of theirs sends.
  static func terminalReport(_ event: String, _ data: JSON) -> JSON? {
    guard data.members != nil else { return nil }
    let client = data["clientId"] ?? "pos"
    switch event {
    case "manual-sync-trigger":
      return .compact(["clientId": client, "status": "started", "message": data["reason"]])
    case "sync-error":
      return .compact([
        "clientId": client, "status": "error", "error": data["error"],
        "syncErrors": errors(data["error"].map { [$0] }),
      ])
    case "sync-result":
      guard let result = data["result"], result.members != nil else { return nil }
      let counts = [result["productsSynced"], result["transactionsSynced"]].compactMap(\.?.integer)
      return .compact([
        "clientId": client,
        "status": result["success"] == .bool(true) ? "completed" : "error",
        "successful": counts.isEmpty ? nil : .int(counts.reduce(0, +)),
        "productsSynced": result["productsSynced"],
        "transactionsSynced": result["transactionsSynced"], "message": result["message"],
        "error": joined(result["errors"]), "syncErrors": errors(result["errors"]),
      ])
    case "sync-status-update":
      guard let status = data["status"], status.members != nil else { return nil }
      return .compact([
        "clientId": client,
        "status": status["isSyncing"] == .bool(true) ? "progress" : "completed",
        "isOnline": status["isOnline"], "lastSync": moment(status["lastSync"]),
        "pendingTransactions": status["pendingTransactions"],
        "pendingProducts": status["pendingProducts"], "error": joined(status["syncErrors"]),
        "syncErrors": errors(status["syncErrors"]),
      ])
    default: return nil
    }
  }

  /// As many and as much of them as a report holds.
  private static func errors(_ list: JSON?) -> JSON? {
    list?.elements.map { list in
      .array(
        list.compactMap(\.text).filter { !$0.isEmpty }.prefix(ReportTerminalSync.mostErrors)
          .map { .string(String($0.prefix(200))) })
    }
  }

  private static func joined(_ list: JSON?) -> JSON? {
    let errors = (list?.elements ?? []).compactMap(\.text)
    return errors.isEmpty ? nil : .string(String(errors.joined(separator: "; ").prefix(1000)))
  }

  private static func moment(_ time: JSON?) -> JSON? {
    time?.integer.map(JSON.int) ?? time?.text.flatMap(ISO8601.milliseconds).map(JSON.int)
  }
}
