import Access
import Inventory
import Storage
import Wire

/// A motor yacht's stores, for trying things out.
struct SampleStock {
  let gate: Gate

  private static let places: [(name: String, inside: String?)] = [
    ("Wine cellar", nil), ("Galley", nil), ("Dry store", "Galley"), ("Deck locker", nil),
    ("Engine room", nil), ("Spares cabinet", "Engine room"),
  ]

  private struct Item {
    var sku, name, category, unit, place: String
    var price, minimum, quantity: Int64
    var barcode: String?
    var vintage: Int64?
  }

  private static let items: [Item] = [
    Item(
      sku: "WINE-MGX-15", name: "Château Margaux", category: "Cellar", unit: "bottle",
      place: "Wine cellar", price: 64000, minimum: 3, quantity: 12, barcode: "3760031000018",
      vintage: 2015),
    Item(
      sku: "WINE-DOM-13", name: "Dom Pérignon", category: "Cellar", unit: "bottle",
      place: "Wine cellar", price: 21000, minimum: 6, quantity: 24, barcode: "3185370000335",
      vintage: 2013),
    Item(
      sku: "WINE-SAN-22", name: "Sancerre", category: "Cellar", unit: "bottle",
      place: "Wine cellar", price: 2900, minimum: 12, quantity: 36, barcode: nil, vintage: 2022),
    Item(
      sku: "WINE-PRO-23", name: "Provence rosé", category: "Cellar", unit: "bottle",
      place: "Wine cellar", price: 1850, minimum: 24, quantity: 60, barcode: nil, vintage: 2023),
    Item(
      sku: "GAL-OIL-1L", name: "Olive oil 1 l", category: "Galley", unit: "bottle",
      place: "Dry store", price: 1290, minimum: 4, quantity: 9, barcode: "8002210500105",
      vintage: nil),
    Item(
      sku: "GAL-RICE-5K", name: "Carnaroli rice 5 kg", category: "Galley", unit: "bag",
      place: "Dry store", price: 2150, minimum: 2, quantity: 5, barcode: nil, vintage: nil),
    Item(
      sku: "GAL-COF-1K", name: "Espresso beans 1 kg", category: "Galley", unit: "bag",
      place: "Galley", price: 2490, minimum: 4, quantity: 7, barcode: "8000070020580", vintage: nil),
    Item(
      sku: "GAL-WAT-6", name: "Still water 6 x 1.5 l", category: "Galley", unit: "pack",
      place: "Galley", price: 420, minimum: 20, quantity: 48, barcode: nil, vintage: nil),
    Item(
      sku: "DECK-LIN-16", name: "Mooring line 16 mm, 15 m", category: "Deck", unit: "pcs",
      place: "Deck locker", price: 11800, minimum: 2, quantity: 6, barcode: nil, vintage: nil),
    Item(
      sku: "DECK-FEN-F4", name: "Fender F4", category: "Deck", unit: "pcs", place: "Deck locker",
      price: 9600, minimum: 4, quantity: 10, barcode: nil, vintage: nil),
    Item(
      sku: "DECK-TEAK-2", name: "Teak cleaner 2 l", category: "Deck", unit: "can",
      place: "Deck locker", price: 3400, minimum: 3, quantity: 8, barcode: nil, vintage: nil),
    Item(
      sku: "ENG-IMP-21", name: "Impeller kit", category: "Engine", unit: "kit",
      place: "Spares cabinet", price: 8900, minimum: 2, quantity: 4, barcode: "0733572007021",
      vintage: nil),
    Item(
      sku: "ENG-FIL-OIL", name: "Oil filter", category: "Engine", unit: "pcs",
      place: "Spares cabinet", price: 3150, minimum: 4, quantity: 12, barcode: nil, vintage: nil),
    Item(
      sku: "ENG-FIL-FUE", name: "Fuel filter", category: "Engine", unit: "pcs",
      place: "Spares cabinet", price: 4700, minimum: 4, quantity: 10, barcode: nil, vintage: nil),
    Item(
      sku: "ENG-OIL-20", name: "Engine oil 15W-40, 20 l", category: "Engine", unit: "can",
      place: "Engine room", price: 9800, minimum: 2, quantity: 5, barcode: nil, vintage: nil),
  ]

  /// Fills an empty hub.
  /// - Returns: the password of its people, made anew each time.
  func load() async throws -> String {
    let password = Self.password()
    for role in [Role.admin, .manager, .staff] {
      let command = try CreateUser(
        data: [
          "name": .string(role.rawValue), "role": .string(role.rawValue),
          "password": .string(password),
        ])
      try await perform(gate.sealed(command))
    }
    var places: [String: Int64] = [:]
    for place in Self.places {
      places[place.name] = try await perform(
        CreateLocation(
          data: .compact([
            "name": .string(place.name), "parentId": .integer(place.inside.flatMap { places[$0] }),
          ]))
      ).integer("locationId")
    }
    for item in Self.items {
      let product = try await perform(
        CreateProduct(
          data: .compact([
            "sku": .string(item.sku), "name": .string(item.name), "unit": .string(item.unit),
            "category": .string(item.category), "price": .int(item.price),
            "minimum": .int(item.minimum),
            "barcodes": item.barcode.map { .array([.string($0)]) },
            "attributes": item.vintage.map { ["vintage": .int($0)] },
          ]))
      ).integer("productId")
      try await perform(
        AddStock(
          data: [
            "productId": .int(product), "locationId": .int(places[item.place] ?? 0),
            "quantity": .int(item.quantity), "note": "first delivery",
          ]))
    }
    try await perform(
      CreateCustomer(data: ["name": "M/Y Aurora, owner's party", "reference": "OWNER"]))
    return password
  }

  @discardableResult
  private func perform(_ command: any LedgerCommand) async throws -> Receipt {
    try await gate.ledger.submit(Submission(command, by: .hub)).receipt
  }

  private static func password() -> String {
    let syllables = ["ka", "lo", "mi", "ne", "ru", "sa", "te", "vo", "zu", "pi", "da", "fe"]
    return (0..<6).compactMap { _ in syllables.randomElement() }.joined()
  }
}
