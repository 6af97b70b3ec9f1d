import Wire

/// What of an event leaves the crew.
///
/// Guests and customers hear of what they may, and of that no more than the listings show them: neither
/// who did it, nor what is the house's own about it.
extension Event {
  /// The event as whoever is no crew member hears it; `nil` where nothing of it is theirs.
  package var outward: Event? {
    var told = self
    (told.user, told.device, told.operation) = (nil, nil, nil)
    guard let type = EventType(rawValue: type) else {
      // The site's own, which is open to whom it has declared; the hub's mark of who sent it is not.
      if var data = try? JSON(parsing: data), data["from"] != nil {
        data["from"] = nil
        told.data = data.encoded
      }
      return told
    }
    let fields = type.outwardFields
    guard !fields.isEmpty, let data = try? JSON(parsing: data).keeping(fields),
      data["changes"] != [:]
    else { return nil }
    told.data = data.encoded
    return told
  }
}

extension EventType {
  /// Members of the payload, at whatever depth, that are told outside the crew; none of those types
  /// that the crew alone may hear.
  fileprivate var outwardFields: Set<String> {
    switch self {
    case .productCreated, .productUpdated, .productPriceChanged:
      [
        "productId", "productName", "product", "changes", "id", "sku", "name", "unit", "category",
        "price", "currency", "barcodes", "attributes", "oldPrice", "newPrice", "changePercentage",
      ]
    case .orderCreated, .orderUpdated, .orderStatusChanged, .orderFulfilled:
      [
        "orderId", "reference", "customerId", "customerName", "channel", "status", "oldStatus",
        "newStatus", "total", "currency", "items", "changes", "productId", "productName",
        "quantity", "price", "complete", "timestamp",
      ]
    case .paymentReceived, .paymentPending, .paymentFailed, .paymentRefunded:
      [
        "paymentId", "orderId", "customerId", "customerName", "amount", "currency", "method",
        "status", "reason", "retryable",
      ]
    case .systemNotification, .systemAlert, .systemMaintenance, .notificationRead:
      [
        "notificationId", "title", "message", "severity", "actionUrl", "scheduledAt", "duration",
        "version", "category", "userId",
      ]
    default: []
    }
  }
}

extension JSON {
  fileprivate func keeping(_ fields: Set<String>) -> JSON {
    switch self {
    case .object(let members):
      .object(
        Members(
          members.pairs.filter { fields.contains($0.key) }
            // Free attributes are whatever the house calls them, and shown whole.
            .map { ($0.key, $0.key == "attributes" ? $0.value : $0.value.keeping(fields)) }))
    case .array(let elements): .array(elements.map { $0.keeping(fields) })
    default: self
    }
  }
}
