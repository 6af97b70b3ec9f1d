import Inventory

extension Listing {
  package static let all: [Listing] = [
    products, locations, stock, movements, reservations, transfers, orders, payments, sales,
    customers, counts, countLines, proposals, pairings, shopifySyncs, terminals, customEvents,
    usage, notifications, branches, users, devices, sessions, tray,
    conflicts, refusedChanges,
  ]

  package static func named(_ name: String) -> Listing? {
    all.first { $0.name == name }
  }

  static let products = Listing(
    name: "products", about: "The catalogue.", readers: .everyone, from: "product p", id: "p.id",
    scope: .open,
    columns: [
      Column("id", .integer, "p.id", "The product's id."),
      Column("sku", .text, "p.sku", "Stock-keeping unit."),
      Column("name", .text, "p.name", "What people call it."),
      Column("unit", .text, "p.unit", "What quantities count."),
      Column("category", .text, "p.category", "Heading."),
      Column("price", .integer, "p.price", "Selling price in minor units."),
      Column("currency", .text, "p.currency", "ISO 4217 code."),
      Column(
        "barcodes", .json,
        "(SELECT json_group_array(code) FROM barcode WHERE product = p.id)", "Scanner codes."),
      Column("attributes", .json, "COALESCE(p.attributes, '{}')", "Free attributes."),
      Column("minimum", .integer, "p.minimum", "Minimum level.", to: .crew),
      Column(
        "onHand", .integer,
        "(SELECT COALESCE(SUM(quantity), 0) FROM stock WHERE product = p.id)",
        "Stock over all locations.", to: .crew,
        isLevel: true),
      Column(
        "reserved", .integer,
        """
        (SELECT COALESCE(SUM(quantity - fulfilled), 0) FROM reservation \
        WHERE product = p.id AND status = 'active')
        """, "Held back by reservations.", to: .crew),
      Column(
        "alert", .text, "CASE p.alert WHEN 0 THEN 'none' WHEN 1 THEN 'low' ELSE 'out' END",
        "none, low or out.", to: .crew, isLevel: true),
      Column(
        "forbidsNegative", .boolean, "p.forbids_negative", "Whether less than nought is refused.",
        to: .crew),
      Column("archived", .boolean, "p.archived", "Whether it left the catalogue."),
    ],
    filters: [
      Filter(
        "q", .text,
        """
        (p.name LIKE '%' || ?1 || '%' OR p.sku LIKE ?1 || '%' \
        OR EXISTS (SELECT 1 FROM barcode WHERE product = p.id AND code = ?1))
        """, "Part of the name, start of the sku, or a scanner code."),
      Filter("category", .text, "p.category = ?1", "Heading."),
      Filter(
        "alert", .text, "p.alert = CASE ?1 WHEN 'low' THEN 1 WHEN 'out' THEN 2 ELSE 0 END",
        "none, low or out."),
    ], hidden: "p.archived = 0")

  static let locations = Listing(
    name: "locations", about: "Where stock is kept: a tree.", readers: .crew, from: "location l",
    id: "l.id", scope: .branch("l.branch"),
    columns: [
      Column("id", .integer, "l.id", "The location's id."),
      Column("name", .text, "l.name", "What people call it."),
      Column("parentId", .integer, "l.parent", "The location that it lies in."),
      Column("branchId", .integer, "l.branch", "The branch that it belongs to."),
      Column("archived", .boolean, "l.archived", "Whether it is closed."),
    ],
    filters: [Filter("parentId", .integer, "l.parent = ?1", "The location that it lies in.")],
    hidden: "l.archived = 0")

  static let stock = Listing(
    name: "stock", about: "Levels by product, location and lot.", readers: .crew,
    from: "stock s JOIN product p ON p.id = s.product JOIN location l ON l.id = s.location",
    id: "s.id", scope: .branch("l.branch"),
    columns: [
      Column("id", .integer, "s.id", "The row's id."),
      Column("productId", .integer, "s.product", "The product."),
      Column("sku", .text, "p.sku", "Its stock-keeping unit."),
      Column("productName", .text, "p.name", "Its name."),
      Column("locationId", .integer, "s.location", "The location."),
      Column("locationName", .text, "l.name", "Its name."),
      Column("lot", .text, "s.lot", "The lot; empty where lots are not kept apart."),
      Column("quantity", .integer, "s.quantity", "How many are there."),
      Column(
        "reserved", .integer,
        """
        (SELECT COALESCE(SUM(quantity - fulfilled), 0) FROM reservation \
        WHERE product = s.product AND location = s.location AND lot = s.lot \
        AND status = 'active')
        """, "Held back there."),
    ],
    filters: [
      Filter("productId", .integer, "s.product = ?1", "The product."),
      Filter("locationId", .integer, "s.location = ?1", "The location."),
    ], levelsOf: "s.product")

  static let movements = Listing(
    name: "movements", about: "Every signed change of stock.", readers: .crew,
    from: "movement m JOIN location l ON l.id = m.location", id: "m.id",
    scope: .branch("l.branch"),
    columns: [
      Column("id", .integer, "m.id", "The movement's id."),
      Column("seq", .integer, "m.seq", "The event that tells it."),
      Column("productId", .integer, "m.product", "The product."),
      Column("locationId", .integer, "m.location", "The location."),
      Column("lot", .text, "m.lot", "The lot."),
      Column("quantity", .integer, "m.quantity", "What came or went."),
      Column("reason", .text, "m.reason", "Why."),
      Column("reference", .text, "m.reference", "What it belongs to, such as order:7."),
      Column("note", .text, "m.note", "A remark."),
      Column("userId", .integer, "m.user", "Who."),
      Column("time", .integer, "m.time", "The hub's clock, milliseconds since 1970."),
      Column("deviceTime", .integer, "m.device_time", "The device's clock."),
    ],
    filters: [
      Filter("productId", .integer, "m.product = ?1", "The product."),
      Filter("locationId", .integer, "m.location = ?1", "The location."),
      Filter("reference", .text, "m.reference = ?1", "What it belongs to."),
    ], levelsOf: "m.product")

  static let reservations = Listing(
    name: "reservations", about: "Stock held back.", readers: .crew,
    from: "reservation r JOIN location l ON l.id = r.location", id: "r.id",
    scope: .branch("l.branch"),
    columns: [
      Column("id", .integer, "r.id", "The reservation's id."),
      Column("productId", .integer, "r.product", "The product."),
      Column("locationId", .integer, "r.location", "The location."),
      Column("lot", .text, "r.lot", "The lot."),
      Column("quantity", .integer, "r.quantity", "How many were held back."),
      Column("fulfilled", .integer, "r.fulfilled", "How many of them were taken."),
      Column("status", .text, "r.status", "active, released, fulfilled or expired."),
      Column("reason", .text, "r.reason", "What for."),
      Column("reference", .text, "r.reference", "An order or job number."),
      Column(
        "expiresIn", .integer,
        """
        MAX(0, (r.expires_powered - COALESCE((SELECT value FROM meta WHERE key = 'powered'), 0)) \
        / 1000)
        """, "Powered seconds until it expires."),
      Column("time", .integer, "r.time", "When it was made."),
    ],
    filters: [
      Filter("status", .text, "r.status = ?1", "The status."),
      Filter("productId", .integer, "r.product = ?1", "The product."),
    ])

  static let transfers = Listing(
    name: "transfers", about: "Goods sent between locations.", readers: .crew,
    from: """
      transfer t JOIN location s ON s.id = t.source JOIN location d ON d.id = t.destination
      """, id: "t.id", scope: .branches("s.branch", "d.branch"),
    columns: [
      Column("id", .integer, "t.id", "The transfer's id."),
      Column("fromLocationId", .integer, "t.source", "Where the goods leave."),
      Column("toLocationId", .integer, "t.destination", "Where they arrive."),
      Column("status", .text, "t.status", "created, shipped, received or cancelled."),
      Column("trackingNumber", .text, "t.tracking_number", "The carrier's number."),
      Column("note", .text, "t.note", "A remark."),
      Column(
        "lines", .json,
        """
        (SELECT json_group_array(json_object('productId', product, 'lot', lot, \
        'quantity', quantity, 'received', received)) FROM transfer_line WHERE transfer = t.id)
        """, "What is sent, and how much of it arrived."),
      Column("time", .integer, "t.time", "When it was planned."),
    ], filters: [Filter("status", .text, "t.status = ?1", "The status.")])

  static let counts = Listing(
    name: "counts", about: "Count sessions.", readers: .crew,
    from: "count c LEFT JOIN location l ON l.id = c.location", id: "c.id",
    scope: .branch("l.branch"),
    columns: [
      Column("id", .integer, "c.id", "The session's id."),
      Column("room", .text, "c.room", "Its name."),
      Column("locationId", .integer, "c.location", "Where."),
      Column("blind", .boolean, "c.blind", "Whether expected levels are kept from counters."),
      Column("status", .text, "c.status", "open, completed or cancelled."),
      Column("openedSeq", .integer, "c.opened_seq", "The event that opened it."),
      Column("completedSeq", .integer, "c.completed_seq", "The event that completed it."),
      Column(
        "lines", .integer, "(SELECT COUNT(*) FROM count_line WHERE count = c.id)",
        "How many lines it has."),
      Column("time", .integer, "c.time", "When it was opened."),
    ],
    filters: [
      Filter("status", .text, "c.status = ?1", "The status."),
      Filter("room", .text, "c.room = ?1", "The name."),
    ])

  static let countLines = Listing(
    name: "count-lines", about: "The scans of count sessions.", readers: .crew,
    from: """
      count_line i JOIN count c ON c.id = i.count
      LEFT JOIN location l ON l.id = COALESCE(i.location, c.location)
      """, id: "i.id", scope: .branch("l.branch"),
    columns: [
      Column("id", .integer, "i.id", "The line's id."),
      Column("countId", .integer, "i.count", "The session."),
      Column("seq", .integer, "i.seq", "The event that tells it."),
      Column("productId", .integer, "i.product", "The product, where the code is known."),
      Column("code", .text, "i.code", "What was scanned."),
      Column("locationId", .integer, "i.location", "Where."),
      Column("lot", .text, "i.lot", "The lot."),
      Column("quantity", .integer, "i.quantity", "How many; negative where it cancels a line."),
      Column("cancels", .integer, "i.cancels", "The line that it cancels."),
      Column("userId", .integer, "i.user", "Who."),
      Column("device", .text, "i.device", "On which device."),
      Column("time", .integer, "i.time", "When."),
    ], filters: [Filter("countId", .integer, "i.count = ?1", "The session.")])
}
