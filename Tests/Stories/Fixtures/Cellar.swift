import Wire

/// A small store to write to: one location, some products, a manager and a hand.
struct Cellar: Sendable {
  var location: Int64
  var products: [Int64]
  var admin: String
  var staff: String

  static func open(
    in hub: Hub, products count: Int = 8, stock: Int64 = 0
  ) async throws -> Cellar {
    let admin = try await hub.person("captain", "admin")
    let staff = try await hub.person("hand", "staff")
    let location = try await hub.perform(
      "/api/v1/locations", ["name": "Wine cellar"], token: admin)["locationId"]?.integer
    var products: [Int64] = []
    for number in 1...count {
      let made = try await hub.perform(
        "/api/v1/products", ["sku": .string("WINE-\(number)"), "name": .string("Wine \(number)")],
        token: admin)
      products.append(made["productId"]?.integer ?? 0)
    }
    let cellar = Cellar(
      location: location ?? 0, products: products, admin: admin, staff: staff)
    for number in products.indices where stock > 0 {
      _ = try await hub.perform(
        "/api/v1/stock/adjust", cellar.change(stock, of: number), token: admin)
    }
    return cellar
  }

  /// What `stock.adjust` is sent with.
  func change(_ quantity: Int64, of number: Int = 0, note: String? = nil) -> JSON {
    .compact([
      "productId": .int(products[number]), "locationId": .int(location),
      "quantity": .int(quantity), "note": .text(note),
    ])
  }
}
