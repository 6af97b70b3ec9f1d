import Wire

package struct CreateProduct: Command {
  package static let name = "product.create"
  package static let about = "Add a product to the catalogue."
  package static let performers = Roles.managers

  package var sku: String
  package var title: String
  package var unit: String
  package var category: String?
  package var price: Int64
  package var currency: String?
  package var minimum: Int64
  package var barcodes: [String]
  package var attributes: JSON?
  package var forbidsNegative: Bool

  package init(_ fields: inout Fields) throws(Refusal) {
    sku = try fields.text("sku", 1...64, "The stock-keeping unit: unique, never reused.")
    title = try fields.text("name", 1...200, "What people call it.")
    unit =
      try fields.optionalText("unit", 1...20, "What quantities count: pcs, bottle, ml, g.") ?? "pcs"
    category = try fields.optionalText("category", 0...100, "A heading to find it under.")
    price = try fields.optionalMoney("price", "Selling price of one unit, in minor units.") ?? 0
    currency = try fields.currency()
    minimum =
      try fields.optionalQuantity(
        "minimum", "At or below this level the product is low; 0 for no minimum.", atLeast: 0) ?? 0
    barcodes = try fields.texts("barcodes", 0...50, "Codes that a scanner reads for it.") ?? []
    attributes = try fields.attributes("attributes", "Free attributes, such as a vintage.")
    forbidsNegative =
      try fields.flag(
        "forbidsNegative", "Refuse what would take a location below nought.") ?? false
  }
}

package struct UpdateProduct: Command {
  package static let name = "product.update"
  package static let about = "Change a product; what is left out stays as it is."
  package static let performers = Roles.managers

  package var product: Int64
  package var sku: String?
  package var title: String?
  package var unit: String?
  package var category: String?
  package var price: Int64?
  package var currency: String?
  package var minimum: Int64?
  package var barcodes: [String]?
  package var attributes: JSON?
  package var forbidsNegative: Bool?

  package init(_ fields: inout Fields) throws(Refusal) {
    product = try fields.id("productId", "The product.")
    sku = try fields.optionalText("sku", 1...64, "The stock-keeping unit.")
    title = try fields.optionalText("name", 1...200, "What people call it.")
    unit = try fields.optionalText("unit", 1...20, "What quantities count.")
    category = try fields.optionalText("category", 0...100, "A heading to find it under.")
    price = try fields.optionalMoney("price", "Selling price of one unit, in minor units.")
    currency = try fields.currency()
    minimum = try fields.optionalQuantity("minimum", "The minimum level.", atLeast: 0)
    barcodes = try fields.texts("barcodes", 0...50, "All its codes; those left out are dropped.")
    attributes = try fields.attributes("attributes", "All its free attributes.")
    forbidsNegative = try fields.flag(
      "forbidsNegative", "Refuse what would take a location below nought.")
  }
}

package struct RemoveProduct: Command {
  package static let name = "product.remove"
  package static let about = """
    Take a product out of the catalogue; its history stays. Refused while in stock or in use.
    """
  package static let performers = Roles.managers

  package var product: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    product = try fields.id("productId", "The product.")
  }
}
