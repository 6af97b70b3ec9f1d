import GRDB
import Inventory
import Wire

extension OpenCount: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let place = try location.map { try entry.location($0) }
    if let open = try entry.integer(
      "SELECT id FROM count WHERE room = ? AND status = 'open'", [room])
    {
      return ["countId": .int(open), "opened": false]
    }
    if isOnce,
      try entry.integer(
        "SELECT 1 FROM count WHERE room = ? AND status = 'completed' LIMIT 1", [room]) != nil
    {
      throw CountSession.completed(room, field: "room")
    }
    let id = try entry.insert(
      """
      INSERT INTO count (room, location, blind, status, opened_seq, user, time)
      VALUES (?, ?, ?, 'open', ?, ?, ?)
      """,
      [room, location, isBlind, entry.head + 1, entry.identity?.user, entry.time])
    try entry.append(
      .countOpened, topics: CountSession.topics(room), branch: place?.branch,
      .compact([
        "countId": .int(id), "room": .string(room), "locationId": .integer(location),
        "blind": .bool(isBlind), "userId": .integer(entry.identity?.user),
        "userName": .text(entry.identity?.name),
      ]))
    return ["countId": .int(id), "opened": true]
  }
}

extension ScanCount: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let session = try entry.openCount(count)
    var found = product
    if let product {
      _ = try entry.product(product)
    } else if let code {
      found =
        try entry.integer("SELECT product FROM barcode WHERE code = ?", [code])
        ?? entry.integer("SELECT id FROM product WHERE sku = ? AND archived = 0", [code])
    }
    let place = location ?? session.location
    if let place { _ = try entry.location(place) }
    if isUnique, try entry.stands(code: code, product: found, in: session) {
      throw Refusal(
        .duplicate,
        "Barcode \(code ?? "of product \(found ?? 0)") has already been scanned in \(session.room).",
        field: "code")
    }
    let line = try entry.add(
      CountLine(
        product: found, code: code, location: place, lot: lot, quantity: quantity, cancels: nil),
      to: session, telling: .countScanAdded)
    return .compact([
      "lineId": .int(line), "productId": .integer(found), "known": .bool(found != nil),
    ])
  }
}

extension UnscanCount: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let session = try entry.openCount(count)
    let line = try line ?? entry.latestScan(of: code ?? "", in: session)
    let row = try entry.row(
      """
      SELECT product, code, location, lot, quantity, cancels,
        EXISTS (SELECT 1 FROM count_line c WHERE c.cancels = l.id),
        u.login, COALESCE(device_time, time)
      FROM count_line l LEFT JOIN user u ON u.id = l.user WHERE l.id = ? AND count = ?
      """, [line, count])
    guard let row, row[5] as Int64? == nil else {
      throw Refusal.missing("scan", line, field: "lineId")
    }
    guard row[6] == 0 else {
      throw Refusal(.wrongState, "Scan \(line) has been taken back already.")
    }
    let quantity: Int64 = row[4]
    let cancelling = try entry.add(
      CountLine(
        product: row[0], code: row[1], location: row[2], lot: row[3], quantity: -quantity,
        cancels: line),
      to: session, telling: .countScanRemoved,
      .compact(["scannedBy": .text(row[7]), "scannedAt": .integer(row[8])]))
    return ["lineId": .int(cancelling), "cancelled": .int(line)]
  }
}

extension CompleteCount: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let session = try entry.openCount(count)
    let sums = try entry.rows(
      """
      SELECT product, location, lot, SUM(quantity), MAX(seq) FROM count_line l
      WHERE count = ? AND product IS NOT NULL AND location IS NOT NULL AND \(CountLine.stands)
      GROUP BY product, location, lot ORDER BY product, location, lot
      """, [count])
    var differences: [JSON] = []
    for sum in sums {
      let place = Place(product: sum[0], location: sum[1], lot: sum[2])
      let counted: Int64 = sum[3]
      // What moved after the last scan there is not in the count, so the level of then is compared.
      let expected = try entry.level(place, at: sum[4])
      guard counted != expected else { continue }
      try entry.move(
        counted - expected, at: place,
        .init(
          reason: .count, reference: "count:\(count)", isCounted: true,
          readers: session.isBlind ? CompleteCount.performers : nil))
      differences.append([
        "productId": .int(place.product), "locationId": .int(place.location),
        "lot": .string(place.lot), "expected": .int(expected), "counted": .int(counted),
      ])
    }
    let unknown = try entry.integer(
      """
      SELECT COUNT(*) FROM (SELECT 1 FROM count_line l
        WHERE count = ? AND (product IS NULL OR location IS NULL) AND \(CountLine.stands)
        GROUP BY code, product)
      """, [count])
    try entry.execute(
      "UPDATE count SET status = 'completed', completed_seq = ?, completed_by = ? WHERE id = ?",
      [entry.head + 1, entry.identity?.user, count])
    try entry.append(
      .countCompleted, topics: CountSession.topics(session.room), branch: session.branch,
      .compact([
        "countId": .int(count), "room": .string(session.room),
        "completedBy": .text(entry.identity?.name), "userId": .integer(entry.identity?.user),
        "blind": .bool(session.isBlind), "message": .text(message),
        "differences": session.isBlind ? nil : .array(differences),
        "notBooked": .integer(unknown),
      ]))
    return [
      "countId": .int(count), "differences": .array(differences),
      "notBooked": .integer(unknown) ?? 0,
    ]
  }
}

extension CancelCount: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let session = try entry.openCount(count)
    try entry.execute("UPDATE count SET status = 'cancelled' WHERE id = ?", [count])
    try entry.append(
      .countCancelled, topics: CountSession.topics(session.room), branch: session.branch,
      .compact([
        "countId": .int(count), "room": .string(session.room), "blind": .bool(session.isBlind),
        "userId": .integer(entry.identity?.user), "cancelledBy": .text(entry.identity?.name),
      ]))
    return ["countId": .int(count)]
  }
}

struct CountSession {
  var id: Int64
  var room: String
  var location: Int64?
  var branch: Int64?
  /// Whether levels and differences are for those who may complete it.
  var isBlind: Bool

  static func topics(_ room: String) -> [String] { ["inventory:count:\(room)"] }

  static func completed(_ room: String, field: String) -> Refusal {
    let what = CountRoom(room) == nil ? "The count" : "Monthly inventory"
    return Refusal(.alreadyCompleted, "\(what) for \(room) is already completed.", field: field)
  }
}

struct CountLine {
  var product: Int64?
  var code: String?
  var location: Int64?
  var lot: String
  var quantity: Int64
  var cancels: Int64?

  /// SQL for a line `l` that was not taken back. A product whose scans all were is not counted: a
  /// slip of the scanner must not set its stock to nought.
  static let stands = """
    l.cancels IS NULL AND NOT EXISTS (SELECT 1 FROM count_line c WHERE c.cancels = l.id)
    """
}

extension LedgerTransaction {
  fileprivate func openCount(_ id: Int64) throws -> CountSession {
    let row = try row(
      """
      SELECT c.room, c.location, l.branch, c.status, c.blind
      FROM count c LEFT JOIN location l ON l.id = c.location WHERE c.id = ?
      """, [id])
    guard let row else { throw Refusal.missing("count", id, field: "countId") }
    try requireMembership(of: row[2])
    let status: String = row[3]
    guard status != CountStatus.completed.rawValue else {
      throw CountSession.completed(row[0], field: "countId")
    }
    guard status == CountStatus.open.rawValue else {
      throw Refusal(.wrongState, "Count \(id) is \(status) already.")
    }
    return CountSession(
      id: id, room: row[0], location: row[1], branch: row[2], isBlind: row[4])
  }

  /// Whether a scan of that code, or of that product where there is no code, stands.
  fileprivate func stands(
    code: String?, product: Int64?, in session: CountSession
  ) throws -> Bool {
    try integer(
      """
      SELECT 1 FROM count_line l WHERE count = ?1 AND \(CountLine.stands)
        AND IIF(?2 IS NULL, product = ?3, code = ?2) LIMIT 1
      """, [session.id, code, product]) != nil
  }

  /// The caller's own latest scan of `code` that stands; for managers and the hub, anybody's if they
  /// have none themselves.
  fileprivate func latestScan(of code: String, in session: CountSession) throws -> Int64 {
    let mayTakeAny = identity.map { Roles.managers.contains($0.role) } ?? true
    let line = try integer(
      """
      SELECT id FROM count_line l
      WHERE count = ?1 AND code = ?2 AND \(CountLine.stands) AND (?4 OR user = ?3)
      ORDER BY user IS ?3 DESC, id DESC LIMIT 1
      """, [session.id, code, identity?.user, mayTakeAny])
    guard let line else {
      throw Refusal(
        .notFound, "There is no scan of \(code) that you could take back.", field: "code")
    }
    return line
  }

  fileprivate func add(
    _ line: CountLine, to session: CountSession, telling event: EventType, _ more: JSON = [:]
  ) throws -> Int64 {
    let id = try insert(
      """
      INSERT INTO count_line (count, seq, product, code, location, lot, quantity, cancels, user,
        device, time, device_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        session.id, head + 1, line.product, line.code, line.location, line.lot, line.quantity,
        line.cancels, identity?.user, identity?.device, time, deviceTime,
      ])
    var data: JSON = .compact([
      "countId": .int(session.id), "room": .string(session.room), "lineId": .int(id),
      "cancels": .integer(line.cancels), "productId": .integer(line.product),
      "code": .text(line.code), "locationId": .integer(line.location),
      "lot": line.lot.isEmpty ? nil : .string(line.lot), "quantity": .int(line.quantity),
      "userId": .integer(identity?.user), "userName": .text(identity?.name),
    ])
    for (key, value) in more.members?.pairs ?? [] { data[key] = value }
    try append(
      event, topics: CountSession.topics(session.room), branch: session.branch, data)
    return id
  }
}
