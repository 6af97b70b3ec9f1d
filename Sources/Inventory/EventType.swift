/// Every event that the hub itself writes, with its namespace, lane and audience.
///
/// The names of the order, customer, inventory, product, payment and system families are those of
/// the systems that the hub takes over from; a client of theirs finds them unchanged.
package enum EventType: String, Sendable, CaseIterable {
  case branchCreated = "branch:created"
  case branchUpdated = "branch:updated"

  case changeDismissed = "change:dismissed"
  case changeRefused = "change:refused"

  case conflictFound = "conflict:found"
  case conflictSettled = "conflict:settled"

  case countCancelled = "count:cancelled"
  case countCompleted = "count:completed"
  case countOpened = "count:opened"
  case countScanAdded = "count:scan_added"
  case countScanRemoved = "count:scan_removed"

  case customEventDefined = "event:defined"
  case customEventRetired = "event:retired"

  case customerActivity = "customer:activity"
  case customerAddedToCart = "customer:added_to_cart"
  case customerCreated = "customer:created"
  case customerRemoved = "customer:removed"
  case customerUpdated = "customer:updated"
  case customerViewingProduct = "customer:viewing_product"

  case inventoryBulkUpdated = "inventory:bulk_updated"
  case inventoryLowStock = "inventory:low_stock"
  case inventoryOutOfStock = "inventory:out_of_stock"
  case inventoryReservationExpired = "inventory:reservation_expired"
  case inventoryReservationFulfilled = "inventory:reservation_fulfilled"
  case inventoryReservationReleased = "inventory:reservation_released"
  case inventoryReserved = "inventory:reserved"
  case inventoryRestocked = "inventory:restocked"
  /// So much has changed at once that a device had better load the inventory anew.
  case inventorySync = "inventory:sync"
  case inventoryUpdated = "inventory:updated"

  case locationCreated = "location:created"
  case locationRemoved = "location:removed"
  case locationUpdated = "location:updated"

  case orderCreated = "order:created"
  case orderDeleted = "order:deleted"
  case orderFulfilled = "order:fulfilled"
  case orderStatusChanged = "order:status_changed"
  case orderUpdated = "order:updated"

  case pairingRecommended = "pairing:recommended"

  case paymentFailed = "payment:failed"
  case paymentPending = "payment:pending"
  case paymentReceived = "payment:received"
  case paymentRefunded = "payment:refunded"

  case procurementDecided = "procurement:decided"
  case procurementProposed = "procurement:proposed"

  case productCreated = "product:created"
  case productDeleted = "product:deleted"
  case productPriceChanged = "product:price_changed"
  case productUpdated = "product:updated"

  case saleCreated = "sale:created"
  case saleVoided = "sale:voided"

  case securityAlert = "security:alert"

  case shopifySyncStatus = "shopify:sync_status"
  case shopifyWebhook = "shopify:webhook"
  /// How a point of sale's own synchronisation fares.
  case syncStatus = "sync:status"

  case systemAlert = "system:alert"
  case systemMaintenance = "system:maintenance"
  case systemNotification = "system:notification"
  case notificationRead = "notification:read"

  case syncRequested = "sync:requested"
  case syncStalled = "sync:stalled"
  case syncResumed = "sync:resumed"

  case trayCorrected = "tray:corrected"
  case trayDropped = "tray:dropped"
  case trayRetried = "tray:retried"

  case transferCancelled = "transfer:cancelled"
  case transferCreated = "transfer:created"
  case transferReceived = "transfer:received"
  case transferShipped = "transfer:shipped"

  case deviceInvited = "device:invited"
  case deviceUpdated = "device:updated"
  case sessionEnded = "session:ended"
  case sessionStarted = "session:started"
  case userCreated = "user:created"
  case userUpdated = "user:updated"

  case epochStarted = "hub:epoch_started"

  package var namespace: Namespace {
    switch self {
    case .orderCreated, .orderDeleted, .orderFulfilled, .orderStatusChanged, .orderUpdated,
      .saleCreated, .saleVoided:
      .orders
    case .customerActivity, .customerAddedToCart, .customerCreated, .customerRemoved,
      .customerUpdated, .customerViewingProduct:
      .customers
    case .productCreated, .productDeleted, .productPriceChanged, .productUpdated: .products
    case .conflictFound, .conflictSettled, .countCancelled, .countCompleted, .countOpened,
      .countScanAdded, .countScanRemoved,
      .inventoryBulkUpdated, .inventoryLowStock, .inventoryOutOfStock,
      .inventoryReservationExpired, .inventoryReservationFulfilled,
      .inventoryReservationReleased, .inventoryReserved, .inventoryRestocked, .inventorySync,
      .inventoryUpdated, .locationCreated, .locationRemoved, .locationUpdated,
      .pairingRecommended, .procurementDecided, .procurementProposed, .shopifySyncStatus,
      .shopifyWebhook, .syncStatus, .transferCancelled, .transferCreated, .transferReceived,
      .transferShipped:
      .inventory
    case .paymentFailed, .paymentPending, .paymentReceived, .paymentRefunded: .payments
    case .branchCreated, .branchUpdated, .changeDismissed, .changeRefused, .customEventDefined,
      .customEventRetired,
      .deviceInvited, .deviceUpdated, .epochStarted, .notificationRead, .securityAlert,
      .sessionEnded,
      .sessionStarted, .systemAlert, .systemMaintenance, .systemNotification,
      .syncRequested, .syncResumed, .syncStalled, .trayCorrected, .trayDropped, .trayRetried,
      .userCreated, .userUpdated:
      .system
    }
  }

  package var lane: Lane {
    switch self {
    case .changeDismissed, .changeRefused, .conflictFound, .conflictSettled, .inventoryLowStock,
      .inventoryOutOfStock, .inventoryRestocked, .orderCreated,
      .orderDeleted, .orderFulfilled, .orderStatusChanged, .orderUpdated, .paymentFailed,
      .paymentPending, .paymentReceived, .paymentRefunded, .saleCreated, .saleVoided,
      .securityAlert, .systemAlert, .systemMaintenance, .systemNotification, .epochStarted,
      .syncResumed, .syncStalled, .trayCorrected:
      .first
    case .branchCreated, .branchUpdated, .countCancelled, .countCompleted, .countOpened,
      .countScanAdded, .countScanRemoved, .customEventDefined, .customEventRetired,
      .customerCreated, .customerRemoved, .customerUpdated, .inventoryReservationExpired,
      .inventoryReservationFulfilled,
      .inventoryReservationReleased, .inventoryReserved, .inventoryUpdated, .locationCreated,
      .locationRemoved, .locationUpdated, .productCreated, .productDeleted,
      .productPriceChanged, .productUpdated, .pairingRecommended, .procurementDecided,
      .procurementProposed, .transferCancelled, .transferCreated, .transferReceived,
      .transferShipped, .trayDropped, .trayRetried, .userCreated, .userUpdated:
      .normal
    case .customerActivity, .customerAddedToCart, .customerViewingProduct, .deviceInvited,
      .deviceUpdated,
      .inventoryBulkUpdated, .inventorySync, .notificationRead, .sessionEnded, .sessionStarted,
      .shopifySyncStatus, .shopifyWebhook, .syncRequested, .syncStatus:
      .bulk
    }
  }

  /// Never wider than the namespace's readers, except for notifications, which name their readers.
  package var readers: Roles {
    switch self {
    case .conflictFound, .conflictSettled, .orderDeleted, .productDeleted, .customerAddedToCart,
      .customerViewingProduct:
      .managers
    case .orderCreated, .orderFulfilled, .orderStatusChanged, .orderUpdated: .signedIn
    case .saleCreated, .saleVoided: .crew
    case .productPriceChanged: .signedIn
    case .systemNotification, .systemAlert, .systemMaintenance, .notificationRead: .everyone
    default: namespace.readers
    }
  }
}
