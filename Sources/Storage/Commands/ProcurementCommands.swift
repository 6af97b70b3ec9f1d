import GRDB
import Inventory
import Wire

extension LedgerTransaction {
  /// Proposes to buy what brings a product that has run low to twice its minimum, or raises what is
  /// proposed already. Nothing where enough is on order.
  func propose(_ product: StockedProduct, available: Int64, reason: EventType) throws {
    let onOrder = try onOrder(product.id)
    let quantity = max(2 * product.minimum, 1) - available - onOrder
    guard quantity > 0 else { return }
    let reason = reason == .inventoryOutOfStock ? "out_of_stock" : "low_stock"
    let proposal: Int64
    if let open = try integer(
      "SELECT id FROM proposal WHERE product = ? AND status = 'open'", [product.id])
    {
      proposal = open
      try execute(
        "UPDATE proposal SET quantity = ?, reason = ?, seq = ?, time = ? WHERE id = ?",
        [quantity, reason, head + 1, time, proposal])
    } else {
      proposal = try insert(
        """
        INSERT INTO proposal (product, quantity, reason, status, seq, time)
        VALUES (?, ?, ?, 'open', ?, ?)
        """, [product.id, quantity, reason, head + 1, time])
    }
    try append(
      .procurementProposed, topics: Self.procurement(product.id),
      [
        "proposalId": .int(proposal), "productId": .int(product.id),
        "productName": .string(product.name), "sku": .string(product.sku),
        "quantity": .int(quantity), "available": .int(available),
        "minimum": .int(product.minimum), "onOrder": .int(onOrder), "reason": .string(reason),
      ])
  }

  /// The product has come: what was proposed or bought for it is done with.
  func closeProposals(of product: StockedProduct) throws {
    let pending = try rows(
      """
      SELECT id, quantity FROM proposal
      WHERE product = ? AND status IN ('open', 'accepted') ORDER BY id
      """, [product.id])
    for row in pending {
      try decide(
        row[0], of: (product.id, product.name), "restocked", quantity: row[1], note: nil, by: nil)
    }
  }

  fileprivate func decide(
    _ proposal: Int64, of product: (id: Int64, name: String), _ decision: String, quantity: Int64,
    note: String?, by person: Identity?
  ) throws {
    try execute(
      """
      UPDATE proposal SET status = ?, quantity = ?, note = COALESCE(?, note),
        decided_by = COALESCE(?, decided_by) WHERE id = ?
      """, [decision, quantity, note, person?.user, proposal])
    try append(
      .procurementDecided, topics: Self.procurement(product.id),
      .compact([
        "proposalId": .int(proposal), "productId": .int(product.id),
        "productName": .string(product.name), "decision": .string(decision),
        "quantity": .int(quantity), "note": .text(note), "userName": .text(person?.name),
      ]))
  }

  /// What is on its way: shipped and not received, or bought.
  private func onOrder(_ product: Int64) throws -> Int64 {
    try integer(
      """
      SELECT COALESCE((SELECT SUM(l.quantity - l.received) FROM transfer t
          JOIN transfer_line l ON l.transfer = t.id WHERE t.status = 'shipped' AND l.product = ?1), 0)
        + COALESCE((SELECT SUM(quantity) FROM proposal
          WHERE product = ?1 AND status = 'accepted'), 0)
      """, [product]) ?? 0
  }

  private static func procurement(_ product: Int64) -> [String] {
    ["inventory:procurement", "inventory:product:\(product)"]
  }
}

extension DecideProposal: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.row(
      """
      SELECT r.product, p.name, r.quantity, r.status
      FROM proposal r JOIN product p ON p.id = r.product WHERE r.id = ?
      """, [proposal])
    guard let row else { throw Refusal.missing("proposal", proposal, field: "proposalId") }
    let status: String = row[3]
    guard status == "open" else {
      throw Refusal(.wrongState, "Proposal \(proposal) is \(status) already.")
    }
    let decided = decision == .accept ? "accepted" : "dismissed"
    let bought = quantity ?? row[2]
    try entry.decide(
      proposal, of: (row[0], row[1]), decided, quantity: bought, note: note, by: entry.identity)
    return [
      "proposalId": .int(proposal), "decision": .string(decided), "quantity": .int(bought),
    ]
  }
}

extension RecommendPairing: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let products = try lines.map { try entry.product($0.product) }
    let listed: JSON = .array(
      products.map { product in
        .compact([
          "productId": .int(product.id), "productName": .string(product.name),
          "sku": .string(product.sku), "vintage": product.vintage,
        ])
      })
    let id = try entry.insert(
      "INSERT INTO pairing (products, companion, words, user, seq, time) VALUES (?, ?, ?, ?, ?, ?)",
      [listed.encoded, companion, words, entry.identity?.user, entry.head + 1, entry.time])
    try entry.append(
      .pairingRecommended, topics: ["inventory:pairing"],
      .compact([
        "pairingId": .int(id), "products": listed, "pairedWith": .string(companion),
        "text": .text(words), "userId": .integer(entry.identity?.user),
        "userName": .text(entry.identity?.name),
      ]))
    return ["pairingId": .int(id)]
  }
}
