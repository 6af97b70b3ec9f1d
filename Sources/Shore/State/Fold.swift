import Inventory
import Wire

/// What one event changes in the picture of its site.
///
/// The picture is made of documents, each of one kind and told of by one lane only; so it does not
/// matter how the lanes overtake each other, and folding the log afresh in the order of seqs gives
/// the same picture. Stock is taken as the hub says it is after each movement. An event that this
/// version does not know, or that lacks what it should hold, changes nothing.
enum Fold: Sendable, Hashable {
  case set(Key, JSON)
  /// Members that replace those of the same name.
  case merge(Key, JSON)
  case remove(Key)

  struct Key: Sendable, Hashable {
    var kind: DocumentKind
    var id: String
  }

  init?(_ event: Event) {
    guard let type = EventType(rawValue: event.type), let data = try? JSON(parsing: event.data)
    else { return nil }
    let key = { (kind: DocumentKind, member: String) in
      data[member]?.integer.map { Key(kind: kind, id: String($0)) }
    }
    let changed = data["changes"] ?? data
    switch type {
    case .productCreated: self.init(set: key(.product, "productId"), data)
    case .productUpdated: self.init(merge: key(.product, "productId"), changed)
    case .productDeleted: self.init(remove: key(.product, "productId"))
    case .inventoryUpdated:
      guard let product = data["productId"]?.integer, let location = data["locationId"]?.integer,
        let level = data["locationStock"]?.integer
      else { return nil }
      let lot = data["lot"]?.text ?? ""
      self = .set(
        Key(kind: .stock, id: "\(product)/\(location)/\(lot)"),
        .compact([
          "productId": .int(product), "productName": data["productName"], "sku": data["sku"],
          "locationId": .int(location), "lot": lot.isEmpty ? nil : .string(lot),
          "quantity": .int(level),
        ]))
    case .inventoryLowStock, .inventoryOutOfStock:
      var alert = data
      alert["alert"] = .string(type == .inventoryLowStock ? "low" : "out")
      alert["time"] = .int(event.time)
      self.init(set: key(.alert, "productId"), alert)
    case .inventoryRestocked: self.init(remove: key(.alert, "productId"))
    case .locationCreated: self.init(set: key(.location, "locationId"), data)
    case .locationUpdated: self.init(merge: key(.location, "locationId"), data)
    case .locationRemoved: self.init(remove: key(.location, "locationId"))
    case .customerCreated: self.init(set: key(.customer, "customerId"), data)
    case .customerUpdated: self.init(merge: key(.customer, "customerId"), changed)
    case .customerRemoved: self.init(remove: key(.customer, "customerId"))
    case .userCreated: self.init(set: key(.user, "userId"), data)
    case .userUpdated: self.init(merge: key(.user, "userId"), data)
    case .orderCreated:
      var order = data
      order["time"] = .int(event.time)
      self.init(set: key(.order, "orderId"), order)
    case .orderUpdated: self.init(merge: key(.order, "orderId"), changed)
    case .orderStatusChanged:
      self.init(
        merge: key(.order, "orderId"), .compact(["status": data["newStatus"]]))
    case .orderFulfilled:
      self.init(merge: key(.order, "orderId"), .compact(["fulfilled": data["complete"]]))
    case .orderDeleted: self.init(remove: key(.order, "orderId"))
    case .conflictFound:
      var conflict = data
      conflict["status"] = "open"
      conflict["time"] = .int(event.time)
      self.init(set: key(.conflict, "conflictId"), conflict)
    case .conflictSettled:
      self.init(
        merge: key(.conflict, "conflictId"),
        .compact([
          "status": "settled", "choice": data["choice"], "value": data["value"],
          "settledBy": data["by"],
        ]))
    case .changeRefused:
      var refusal = data
      refusal["time"] = .int(event.time)
      self.init(set: key(.refusal, "change"), refusal)
    case .changeDismissed: self.init(remove: key(.refusal, "change"))
    case .systemAlert:
      var notice = data
      notice["time"] = .int(event.time)
      self.init(set: key(.notice, "notificationId"), notice)
    default: return nil
    }
  }

  private init?(set key: Key?, _ data: JSON) {
    guard let key else { return nil }
    self = .set(key, data)
  }

  private init?(merge key: Key?, _ data: JSON) {
    guard let key, data.members != nil else { return nil }
    self = .merge(key, data)
  }

  private init?(remove key: Key?) {
    guard let key else { return nil }
    self = .remove(key)
  }
}

/// What a site's picture is made of; each has an address of its own.
package enum DocumentKind: String, Sendable, CaseIterable {
  case product, location, stock, customer, order, user, alert, conflict, refusal, notice

  /// As in `/v1/sites/yacht/products`.
  package var plural: String {
    switch self {
    case .stock: "stock"
    case .refusal: "refused-changes"
    case .product, .location, .customer, .order, .user, .alert, .conflict, .notice:
      "\(rawValue)s"
    }
  }
}
