import Inventory
import Wire

/// What Oda's clients hear of the hub's events: `{"type":…,"data":{…},"timestamp":ISO}` under the
/// event's own name, fields as seed 002 and its server have them. Ids are strings there.
enum Oda {
  typealias Message = (name: String, payload: JSON)

  static func messages(_ told: Told) -> [Message] {
    bodies(told).map { name, data in
      (name, ["type": .string(name), "data": data, "timestamp": told.time])
    } + notifications(told)
  }

  private static func bodies(_ told: Told) -> [(String, JSON)] {
    switch told.type {
    case .inventoryUpdated: movement(told)
    // No item has moved, but what is little for the product is another figure now.
    case .inventoryLowStock where told["stockId"].isNull: [("inventory:lowStock", threshold(told))]
    case .inventoryReserved, .inventoryReservationReleased, .inventoryReservationExpired,
      .inventoryReservationFulfilled:
      [reservation(told)]
    case .transferCreated, .transferShipped, .transferReceived: [transfer(told)]
    case .orderCreated, .orderUpdated, .orderStatusChanged, .orderFulfilled: order(told)
    case .paymentReceived:
      [
        (
          "payment.processed",
          [
            "orderId": told.id("orderId"), "paymentId": told.id("paymentId"),
            "amount": Money.units(told["amount"]), "method": told["method"],
          ]
        )
      ]
    case .shopifySyncStatus: OdaShopify.sync(told)
    case .shopifyWebhook: OdaShopify.webhook(told)
    default: []
    }
  }

  private static func movement(_ told: Told) -> [(String, JSON)] {
    let change = told["difference"].integer ?? 0
    let level = told["locationStock"].integer ?? 0
    let updated: JSON = .compact([
      "inventoryItemId": told.id("stockId"), "productId": told.id("productId"),
      "locationId": told.id("locationId"), "oldQuantity": .int(level - change),
      "newQuantity": .int(level), "availableQuantity": told["available"],
      "reason": told["reason"], "userId": told.user,
    ])
    let low = lowStock(told, from: level - change, to: level)
    guard told["reason"].text == MovementReason.adjustment.rawValue else {
      return [("inventory:updated", updated)] + low
    }
    let adjusted: JSON = [
      "inventoryItemId": told.id("stockId"), "adjustmentId": .string("\(told.event.seq)"),
      "type": change < 0 ? "decrease" : "increase", "oldQuantity": .int(level - change),
      "newQuantity": .int(level), "quantityChange": .int(change), "reason": told["reason"],
      "userId": told.user,
    ]
    return [("inventory:updated", updated), ("inventory:adjusted", adjusted)] + low
  }

  /// An item is low on its own level, which the hub's alerts, on a product's total, say nothing of.
  private static func lowStock(
    _ told: Told, from old: Int64, to new: Int64
  ) -> [(String, JSON)] {
    guard let threshold = told["minimum"].integer, old > threshold, new <= threshold else {
      return []
    }
    return [
      (
        "inventory:lowStock",
        [
          "inventoryItemId": told.id("stockId"), "productId": told.id("productId"),
          "locationId": told.id("locationId"), "currentQuantity": .int(new),
          "threshold": .int(threshold), "productName": told["productName"],
          "locationName": told["locationName"],
        ]
      )
    ]
  }

  private static func threshold(_ told: Told) -> JSON {
    [
      "productId": told.id("productId"), "currentQuantity": told["currentStock"],
      "threshold": told["threshold"], "productName": told["productName"],
    ]
  }

  private static func reservation(_ told: Told) -> (String, JSON) {
    var data: JSON = [
      "inventoryItemId": told.id("stockId"), "reservationId": told.id("reservationId"),
    ]
    switch told.type {
    case .inventoryReserved:
      data["quantity"] = told["quantity"]
      data["reason"] = told["reason"]
      data["referenceId"] = told.data["reference"]
      return ("inventory:reserved", data)
    case .inventoryReservationFulfilled:
      data["quantityFulfilled"] = told["quantityFulfilled"]
      data["remainingQuantity"] = told["remainingQuantity"]
      return ("inventory:reservationFulfilled", data)
    default:
      data["quantity"] = told["quantity"]
      data["reason"] = told.type == .inventoryReservationExpired ? "expired" : told["reason"]
      return ("inventory:reservationReleased", data)
    }
  }

  private static func transfer(_ told: Told) -> (String, JSON) {
    var data: JSON = ["transferId": told.id("transferId"), "userId": told.user]
    switch told.type {
    case .transferCreated:
      data["fromLocationId"] = told.id("fromLocationId")
      data["toLocationId"] = told.id("toLocationId")
      data["items"] = items(told["items"])
      return ("inventory:transferCreated", data)
    case .transferShipped:
      data["trackingNumber"] = told["trackingNumber"]
      data["shippedAt"] = told.time
      return ("inventory:transferShipped", data)
    default:
      data["receivedItems"] = items(told["receivedItems"])
      data["fullyReceived"] = told["fullyReceived"]
      return ("inventory:transferReceived", data)
    }
  }

  private static func items(_ lines: JSON) -> JSON {
    .array(
      (lines.elements ?? []).map { line in
        [
          "productId": line["productId"]?.integer.map { .string("\($0)") } ?? .null,
          "quantity": line["quantity"] ?? .null,
        ]
      })
  }

  private static func order(_ told: Told) -> [(String, JSON)] {
    let (order, customer) = (told.id("orderId"), told.id("customerId"))
    let number = told.data["reference"] ?? order
    let status = told.data["newStatus"] ?? told["status"]
    let updated: (String, JSON) = (
      "order:updated", ["orderId": order, "status": status, "customerId": customer]
    )
    switch told.type {
    case .orderCreated:
      return [
        (
          "order.created",
          [
            "orderId": order, "orderNumber": number, "customerId": customer,
            "totalAmount": Money.units(told["total"]),
          ]
        ), updated,
      ]
    case .orderStatusChanged where status.text == OrderStatus.cancelled.rawValue:
      return [
        (
          "order.cancelled",
          ["orderId": order, "orderNumber": number, "reason": told["reason"]]
        ), updated,
      ]
    case .orderStatusChanged:
      return [
        (
          "order.status.updated",
          [
            "orderId": order, "orderNumber": number, "oldStatus": told["oldStatus"],
            "newStatus": status, "customerId": customer,
          ]
        ), updated,
      ]
    case .orderFulfilled:
      return [
        ("fulfillment.created", ["orderId": order, "fulfillmentId": .string("\(told.event.seq)")]),
        updated,
      ]
    default: return [updated]
    }
  }

  /// `notification` is one event whose `type` says what it is about.
  private static func notifications(_ told: Told) -> [Message] {
    guard let (type, data) = notification(told) else { return [] }
    var body = data
    body["timestamp"] = told.time
    return [
      ("notification", ["type": .string(type), "data": body, "timestamp": told.time])
    ]
  }

  private static func notification(_ told: Told) -> (String, JSON)? {
    switch told.type {
    case .systemNotification, .systemAlert:
      (
        "system:event",
        .compact([
          "eventType": told["title"], "message": told["message"],
          "severity": severity(told["severity"]),
          "metadata": .compact(["actionUrl": told.data["actionUrl"]]),
        ])
      )
    case .systemMaintenance:
      (
        "system:maintenance",
        .compact([
          "message": told["message"],
          "scheduledTime": told["scheduledAt"].integer.map(ISO8601.json),
          "duration": told.data["duration"],
        ])
      )
    case .securityAlert:
      (
        "security:alert",
        .compact([
          "alertType": told["alertType"], "message": told["message"],
          "affectedUserId": told.optionalID("affectedUserId"), "metadata": told.data["metadata"],
        ])
      )
    case .sessionStarted: ("user:activity", activity(told, "login"))
    case .sessionEnded: ("user:activity", activity(told, "logout"))
    case .productCreated: ("user:activity", activity(told, "product_created"))
    case .productUpdated: ("user:activity", activity(told, "product_updated"))
    case .productDeleted: ("user:activity", activity(told, "product_deleted"))
    case .shopifySyncStatus, .shopifyWebhook: OdaShopify.notification(told)
    default: nil
    }
  }

  private static func activity(_ told: Told, _ action: String) -> JSON {
    .compact([
      "userId": told.optionalID("userId") ?? told.user, "action": .string(action),
      "metadata": .compact(["productId": told.optionalID("productId")]),
    ])
  }

  /// Oda knows no `success`.
  private static func severity(_ severity: JSON) -> JSON {
    severity.text == Severity.success.rawValue ? "info" : severity
  }
}

extension Told {
  /// An id as the Socket.IO systems write it; null where there is none.
  func id(_ key: String) -> JSON { optionalID(key) ?? .null }

  func optionalID(_ key: String) -> JSON? { self[key].integer.map { .string("\($0)") } }
}
