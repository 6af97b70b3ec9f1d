import Inventory

extension Listing {
  static let proposals = Listing(
    name: "proposals", about: "What the hub proposes to buy.", readers: .crew,
    from: "proposal r JOIN product p ON p.id = r.product", id: "r.id", scope: .open,
    columns: [
      Column("id", .integer, "r.id", "The proposal's id."),
      Column("productId", .integer, "r.product", "The product."),
      Column("productName", .text, "p.name", "Its name."),
      Column("quantity", .integer, "r.quantity", "How many."),
      Column("reason", .text, "r.reason", "low_stock or out_of_stock."),
      Column("status", .text, "r.status", "open, accepted, dismissed or restocked."),
      Column("note", .text, "r.note", "A remark."),
      Column("decidedBy", .integer, "r.decided_by", "Who decided."),
      Column("time", .integer, "r.time", "When it was proposed."),
    ],
    filters: [
      Filter("status", .text, "r.status = ?1", "The status."),
      Filter("productId", .integer, "r.product = ?1", "The product."),
    ], levelsOf: "r.product")

  static let pairings = Listing(
    name: "pairings", about: "Products recommended to go with something.", readers: .crew,
    from: "pairing g", id: "g.id", scope: .open,
    columns: [
      Column("id", .integer, "g.id", "The recommendation's id."),
      Column("products", .json, "g.products", "What is recommended."),
      Column("pairedWith", .text, "g.companion", "What it goes with."),
      Column("text", .text, "g.words", "Why, or how to serve it."),
      Column("userId", .integer, "g.user", "Who recommended it."),
      Column("time", .integer, "g.time", "When."),
    ], filters: [Filter("q", .text, "g.companion LIKE '%' || ?1 || '%'", "What it goes with.")])

  static let shopifySyncs = Listing(
    name: "shopify-syncs", about: "Synchronisations with Shopify, the last 500.", readers: .crew,
    from: "shopify_sync y", id: "y.id", scope: .open,
    columns: [
      Column("id", .integer, "y.id", "The row's id."),
      Column("syncId", .text, "y.sync", "The connector's id for the run."),
      Column("syncType", .text, "y.kind", "What was synchronised."),
      Column("status", .text, "y.status", "How it stands."),
      Column("direction", .text, "y.direction", "push or pull."),
      Column("progress", .integer, "y.progress", "In per cent."),
      Column("details", .json, "y.details", "Figures."),
      Column("error", .text, "y.error", "What went wrong."),
      Column("message", .text, "y.message", "The state in words."),
      Column("started", .integer, "y.started", "When it was first reported."),
      Column("time", .integer, "y.time", "When it was last reported."),
    ], filters: [Filter("syncType", .text, "y.kind = ?1", "What was synchronised.")])

  static let terminals = Listing(
    name: "terminals", about: "Points of sale, and how their synchronisation stands.",
    readers: .crew, from: "terminal t", id: "t.id", scope: .open,
    columns: [
      Column("id", .integer, "t.id", "The row's id."),
      Column("clientId", .text, "t.client", "The terminal's own id."),
      Column("syncType", .text, "t.kind", "What was synchronised."),
      Column("status", .text, "t.status", "How it stands."),
      Column("state", .json, "t.state", "What else the terminal said."),
      Column("userId", .integer, "t.user", "Who was at it."),
      Column("time", .integer, "t.time", "When it last reported."),
    ], filters: [Filter("clientId", .text, "t.client = ?1", "The terminal's own id.")])

  static let customEvents = Listing(
    name: "custom-events", about: "Events of the site's own.", readers: .crew,
    from: "custom_event e", id: "e.id", scope: .open,
    columns: [
      Column("id", .integer, "e.id", "The row's id."),
      Column("name", .text, "e.name", "The event's name."),
      Column("about", .text, "e.about", "What it is for."),
      Column("namespace", .text, "e.namespace", "Where it is heard."),
      Column("readers", .json, roles("e.readers"), "Who may hear it."),
      Column("performers", .json, roles("e.performers"), "Who may send it."),
      Column("maxSize", .integer, "e.maximum_size", "Largest data, in bytes."),
      Column("active", .boolean, "e.active", "Whether it can be sent."),
    ], filters: [Filter("name", .text, "e.name = ?1", "The event's name.")])

  static let usage = Listing(
    name: "usage", about: "Who used what, how often, by the day (UTC, by the hub's clock).",
    readers: .admins, from: "usage g LEFT JOIN user u ON u.id = g.user", id: "g.id", scope: .open,
    columns: [
      Column("id", .integer, "g.id", "The row's id."),
      Column("day", .text, "g.day", "YYYY-MM-DD."),
      Column("userId", .integer, "g.user", "Who; 0 is somebody who had not signed in."),
      Column("userName", .text, "u.login", "Their name."),
      Column("kind", .text, "g.kind", "A command, a message's type or a kind of connection."),
      Column("count", .integer, "g.count", "How often."),
    ],
    filters: [
      Filter("day", .text, "g.day = ?1", "YYYY-MM-DD."),
      Filter("since", .text, "g.day >= ?1", "That day and those after it."),
      Filter("userId", .integer, "g.user = ?1", "Who."),
      Filter("kind", .text, "g.kind = ?1", "What."),
    ])

  /// The names of a set of roles, as SQL makes them of the stored number.
  private static func roles(_ column: String) -> String {
    let names = Role.allCases.map { role in
      "SELECT '\(role.rawValue)' AS name WHERE \(column) & \(Roles(role).rawValue)"
    }
    return "(SELECT json_group_array(name) FROM (\(names.joined(separator: " UNION ALL "))))"
  }
}
