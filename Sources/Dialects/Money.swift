import Inventory
import Wire

/// Money as the systems write it: in the currency's unit, where the hub counts hundredths.
enum Money {
  static func units(_ hundredths: JSON) -> JSON {
    guard let amount = hundredths.integer else { return hundredths }
    return amount % 100 == 0 ? .int(amount / 100) : .number(Double(amount) / 100)
  }

  /// What is money in the payloads of the namespaces that have any.
  fileprivate static let members: Set<String> = [
    "total", "price", "oldPrice", "newPrice", "unitPrice", "amount", "finalAmount",
  ]
}

extension JSON {
  /// The payload with its ids as texts, at whatever depth.
  var withTextIDs: JSON {
    replacing { key, value in
      guard key == "id" || key.hasSuffix("Id"), let id = value.integer else { return nil }
      return .string("\(id)")
    }
  }

  /// The payload with its money in the currency's unit. Elsewhere than where things are bought and sold
  /// the same words count something else.
  func withMoneyInUnits(of event: Event) -> JSON {
    switch event.topics.first.flatMap(Namespace.init(rawValue:)) {
    case .orders, .products, .payments:
      replacing { key, value in
        Money.members.contains(key) && value.integer != nil ? Money.units(value) : nil
      }
    case .customers, .inventory, .system, nil: self
    }
  }

  private func replacing(_ change: (_ key: String, _ value: JSON) -> JSON?) -> JSON {
    switch self {
    case .object(let members):
      .object(
        Members(
          members.pairs.map { key, value in
            // What free attributes mean is the house's business.
            (key, change(key, value) ?? (key == "attributes" ? value : value.replacing(change)))
          }))
    case .array(let elements): .array(elements.map { $0.replacing(change) })
    default: self
    }
  }
}
