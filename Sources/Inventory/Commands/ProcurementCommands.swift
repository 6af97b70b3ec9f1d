package struct DecideProposal: Command {
  package static let name = "procurement.decide"
  package static let about = """
    Accept or dismiss a purchase proposal. What is accepted counts as on order until the product is \
    restocked.
    """
  package static let performers = Roles.managers

  package enum Decision: String, Sendable, CaseIterable { case accept, dismiss }

  package var proposal: Int64
  package var decision: Decision
  package var quantity: Int64?
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    proposal = try fields.id("proposalId", "The proposal.")
    decision = try fields.choice("decision", "What becomes of it.")
    quantity = try fields.optionalQuantity(
      "quantity", "How many are bought; what was proposed if left out.")
    note = try fields.note()
  }
}

package struct RecommendPairing: Command {
  package static let name = "pairing.recommend"
  package static let about = "Recommend products to go with something, such as wines with a dish."
  package static let performers = Roles.crew

  package struct Line: Sendable {
    package var product: Int64

    init(_ fields: inout Fields) throws(Refusal) {
      product = try fields.id("productId", "The product.")
    }
  }

  package var lines: [Line]
  package var companion: String
  package var words: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    lines = try fields.lines("products", "What is recommended.", Line.init) ?? []
    companion = try fields.text("pairedWith", 1...200, "What it goes with.")
    words = try fields.optionalText("text", 0...1000, "Why, or how to serve it.")
  }
}
