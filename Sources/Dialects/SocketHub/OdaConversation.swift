import Access
import Inventory
import Realtime
import Storage
import Wire

/// Oda's clients, in the namespace `/`.
struct OdaTongue: SocketTongue {
  let noToken = "Authentication token required"
  let badToken = "Authentication failed"

  func mayEnter(_ namespace: String, _ identity: Identity) -> Bool { true }

  func rendition(in namespace: String, offsets: Bool) -> Rendition {
    offsets ? Self.recovering : Self.plain
  }

  func conversation(on socket: HubSocket) -> any SocketConversation { OdaConversation(socket) }

  private static let plain = SocketRendition.make("/", offsets: false, Oda.messages)
  private static let recovering = SocketRendition.make("/", offsets: true, Oda.messages)
}

/// Seed 002's client events. What is not what its server expects is answered and never ends anything.
final class OdaConversation: SocketConversation {
  private let socket: HubSocket

  init(_ socket: HubSocket) {
    self.socket = socket
  }

  private var receiver: Receiver { socket.receiver }
  let rooms: [String] = []

  func began(rooms: [String]) {
    guard let user = receiver.identity?.user else { return }
    receiver.listen(to: ["user:\(user)"], in: socket.rendition)
    socket.emit(
      "connected",
      ["socketId": .string(socket.sid), "userId": .string("\(user)"), "timestamp": socket.now])
  }

  func heard(_ event: String, _ data: JSON, answer: ((JSON) -> Void)?) {
    switch event {
    case "subscribe:inventory": subscribeToInventory(data, answer)
    case "subscribe:orders": subscribeToOrders(data, answer)
    case "subscribe:notifications": subscribeToNotifications(answer)
    case "inventory:update": update(data, answer)
    case "inventory:reserve": reserve(data, answer)
    default: break
    }
  }

  /// With a filter only what it names; without one everything, as the room `inventory:all` was meant.
  private func subscribeToInventory(_ data: JSON, _ answer: ((JSON) -> Void)?) {
    guard receiver.mayListen(to: "inventory") else { return forbid(answer) }
    let (locations, products) = (data["locationIds"], data["productIds"])
    let (places, goods) = (Self.names(locations), Self.names(products))
    guard let places, let goods, places.count + goods.count <= 100 else {
      return socket.complain("locationIds and productIds must be lists of at most 100 ids")
    }
    let said: JSON = .compact([
      "locationIds": locations, "productIds": products, "timestamp": socket.now,
    ])
    socket.pause()
    receiver.ask { store throws(StoreError) in
      let locations = try store.resolve(.location, places)
      let products = try store.resolve(.product, goods)
      return locations.compactMap { $0.map { "inventory:location:\($0)" } }
        + products.compactMap { $0.map { "inventory:product:\($0)" } }
    } done: { result in
      switch result {
      case .failure(let refusal): self.socket.complain(refusal.message)
      case .success(let topics):
        let isFiltered = !(places.isEmpty && goods.isEmpty)
        self.receiver.listen(
          to: isFiltered ? topics : ["inventory"], in: self.socket.rendition)
        self.socket.emit("inventory:subscribed", said)
        answer?(said)
      }
      self.socket.resume()
    }
  }

  /// Texts and numbers; nothing is an empty list, and anything else none.
  private static func names(_ list: JSON?) -> [Reference]? {
    guard let list, !list.isNull else { return [] }
    guard let elements = list.elements else { return nil }
    let names = elements.compactMap(reference)
    return names.count == elements.count ? names : nil
  }

  private static func reference(_ name: JSON) -> Reference? {
    name.integer.map(Reference.id)
      ?? name.text.flatMap { $0.utf8.count <= 200 ? .text($0) : nil }
  }

  private func subscribeToOrders(_ data: JSON, _ answer: ((JSON) -> Void)?) {
    guard receiver.mayListen(to: "orders") else { return forbid(answer) }
    guard let name = data["customerId"].flatMap(Self.reference) else {
      receiver.listen(to: ["orders"], in: socket.rendition)
      if receiver.mayListen(to: "payments") {
        receiver.listen(to: ["payments"], in: socket.rendition)
      }
      answer?(["subscribed": "orders"])
      return
    }
    socket.pause()
    receiver.ask { store throws(StoreError) in
      try store.resolve(.customer, [name])
    } done: { result in
      if case .success(let ids) = result, case let id?? = ids.first {
        self.receiver.listen(to: ["orders:customer:\(id)"], in: self.socket.rendition)
        answer?(["subscribed": "orders"])
      } else {
        self.socket.complain("Customer not found")
      }
      self.socket.resume()
    }
  }

  private func subscribeToNotifications(_ answer: ((JSON) -> Void)?) {
    var topics = [Topics.notifications]
    if let user = receiver.identity?.user { topics.append("notifications:\(user)") }
    // Who comes, goes and changes the catalogue is for those who administer.
    if receiver.mayListen(to: "system") { topics += ["system", "products"] }
    receiver.listen(to: topics, in: socket.rendition)
    answer?(["subscribed": "notifications"])
  }

  private func update(_ data: JSON, _ answer: ((JSON) -> Void)?) {
    perform("stock.set", data, "inventory:updateSuccess", "inventory:updateError", answer) { _ in
      .compact(["inventoryItemId": data["inventoryItemId"], "quantity": data["quantity"]])
    }
  }

  private func reserve(_ data: JSON, _ answer: ((JSON) -> Void)?) {
    perform(
      "reservation.create", data, "inventory:reservationSuccess", "inventory:reservationError",
      answer
    ) { receipt in
      .compact([
        "reservationId": receipt["reservationId"]?.integer.map { .string("\($0)") },
        "inventoryItemId": data["inventoryItemId"], "quantity": data["quantity"],
      ])
    }
  }

  private func perform(
    _ command: String, _ data: JSON, _ success: String, _ failure: String,
    _ answer: ((JSON) -> Void)?, _ result: @escaping (JSON) -> JSON
  ) {
    guard data.members != nil else {
      return fail(failure, data, "Invalid payload", answer)
    }
    guard let item = data["inventoryItemId"], !item.isNull else {
      return fail(failure, data, "inventoryItemId is required", answer)
    }
    var fields: JSON = .compact([
      "inventoryItemId": data["inventoryItemId"], "quantity": data["quantity"],
    ])
    if command == "reservation.create" {
      fields["reason"] = data["reason"]
      fields["reference"] = data["referenceId"]
    } else {
      fields["note"] = data["reason"]
    }
    socket.perform(command, fields, operation: data["operationId"]?.text) { outcome in
      switch outcome {
      case .done(let receipt):
        var told = result((try? JSON(parsing: receipt.data)) ?? [:])
        told["timestamp"] = self.socket.now
        self.socket.emit(success, told)
        answer?(told)
      case .refused(let refusal) where refusal.code == .forbidden: self.forbid(answer)
      case .refused(let refusal) where refusal.code == .insufficientStock:
        self.failForShortage(refusal, failure, data, answer)
      case .refused(let refusal): self.fail(failure, data, refusal.message, answer)
      }
    }
  }

  /// Tells a shortage in the words that clients look for, with what there is by now.
  private func failForShortage(
    _ refusal: Refusal, _ event: String, _ data: JSON, _ answer: ((JSON) -> Void)?
  ) {
    guard let item = data["inventoryItemId"].flatMap(Self.reference),
      let requested = data["quantity"]?.integer
    else { return fail(event, data, refusal.message, answer) }
    let role = receiver.identity?.role
    receiver.ask { store throws(StoreError) in
      try store.available(of: item, to: role)
    } done: { result in
      guard case .success(let available?) = result else {
        return self.fail(event, data, refusal.message, answer)
      }
      self.fail(
        event, data,
        "Insufficient inventory. Available: \(max(available, 0)), Requested: \(requested)", answer)
    }
  }

  private func forbid(_ answer: ((JSON) -> Void)?) {
    socket.complain("Insufficient permissions")
    answer?(["error": "Insufficient permissions"])
  }

  private func fail(
    _ event: String, _ data: JSON, _ error: String, _ answer: ((JSON) -> Void)?
  ) {
    let told: JSON = .compact([
      "inventoryItemId": data["inventoryItemId"], "error": .string(error),
      "timestamp": socket.now,
    ])
    socket.emit(event, told)
    answer?(told)
  }
}
