package enum OrderStatus: String, Sendable, CaseIterable {
  case pending, processing, shipped, delivered, cancelled

  package func canBecome(_ next: OrderStatus) -> Bool {
    switch (self, next) {
    case (.pending, .processing), (.pending, .cancelled), (.pending, .shipped),
      (.pending, .delivered), (.processing, .shipped), (.processing, .delivered),
      (.processing, .cancelled), (.shipped, .delivered), (.shipped, .cancelled):
      true
    default: false
    }
  }

  /// Whether lines may still be changed.
  package var isOpen: Bool { self == .pending || self == .processing }
}

package enum TransferStatus: String, Sendable, CaseIterable {
  case created, shipped, received, cancelled
}

package enum ReservationStatus: String, Sendable, CaseIterable {
  case active, released, fulfilled, expired
}

package enum CountStatus: String, Sendable, CaseIterable {
  case open, completed, cancelled
}

package enum PaymentStatus: String, Sendable, CaseIterable {
  case success, pending, failed, refunded
}

package enum PaymentMethod: String, Sendable, CaseIterable {
  case cash, card, transfer, account, other
}

package enum Severity: String, Sendable, CaseIterable {
  case info, warning, error, success
}

package enum MovementReason: String, Sendable, CaseIterable {
  case use, sale, restock, adjustment, `return`, waste, count, move, transfer, correction
}

/// How a product's stock stands against its minimum level.
///
/// An alert fires when the level falls into a worse state and is armed again only by a rise out of
/// it, so a dip is told once however many movements it takes.
package enum StockAlert: Int64, Sendable {
  case none = 0
  case low = 1
  case out = 2

  /// `available` is what is on hand less what is reserved. Without a minimum only nought alarms.
  package init(available: Int64, minimum: Int64) {
    if available <= 0 {
      self = .out
    } else if minimum > 0, available <= minimum {
      self = .low
    } else {
      self = .none
    }
  }

  /// What to tell when the state changes to `next`; `nil` where nothing has changed for a person.
  package func event(becoming next: StockAlert) -> EventType? {
    switch (self, next) {
    case (.none, .low): .inventoryLowStock
    case (.none, .out), (.low, .out): .inventoryOutOfStock
    case (.low, .none), (.out, .none): .inventoryRestocked
    case (.out, .low), (.none, .none), (.low, .low), (.out, .out): nil
    }
  }
}
