import GRDB
import Inventory
import Wire

extension CreateTransfer: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    guard from != to else { throw Refusal.invalid("toLocationId", "must be another location") }
    let source = try entry.location(from, field: "fromLocationId")
    let destination = try entry.destination(to)
    let id = try entry.insert(
      """
      INSERT INTO transfer (source, destination, status, note, user, time) VALUES (?, ?, ?, ?, ?, ?)
      """,
      [from, to, TransferStatus.created.rawValue, note, entry.identity?.user, entry.time])
    for line in lines {
      _ = try entry.product(line.product)
      try entry.execute(
        """
        INSERT INTO transfer_line (transfer, product, lot, quantity) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity
        """, [id, line.product, line.lot, line.quantity])
    }
    let transfer = Transfer(
      id: id, source: source, destination: destination, status: .created)
    try entry.tell(
      .transferCreated, transfer, ["items": .array(lines.map(\.json))])
    return ["transferId": .int(id)]
  }
}

extension ShipTransfer: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.transfer(transfer, in: .created)
    try entry.requireMembership(of: found.source.branch)
    let lines = try entry.transferLines(transfer)
    for line in lines {
      try entry.move(
        -line.quantity,
        at: Place(product: line.product, location: found.source.id, lot: line.lot),
        .init(reason: .transfer, reference: "transfer:\(transfer)"))
    }
    try entry.execute(
      "UPDATE transfer SET status = ?, tracking_number = ? WHERE id = ?",
      [TransferStatus.shipped.rawValue, trackingNumber, transfer])
    try entry.tell(
      .transferShipped, found,
      .compact([
        "trackingNumber": .text(trackingNumber), "shippedAt": .int(entry.time),
        "items": .array(lines.map(\.json)),
      ]))
    return ["transferId": .int(transfer), "status": "shipped"]
  }
}

extension ReceiveTransfer: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.transfer(transfer, in: .shipped)
    try entry.requireMembership(of: found.destination.branch)
    guard lines?.isEmpty != true || close else {
      throw Refusal.invalid("lines", "may be empty only where the transfer is closed")
    }
    let sent = try entry.transferLines(transfer)
    let arriving: [GoodsLine] =
      lines
      ?? sent.filter { $0.open > 0 }.map { line in
        GoodsLine(product: line.product, lot: line.lot, quantity: line.open)
      }
    var open = Dictionary(
      uniqueKeysWithValues: sent.map {
        (Place(product: $0.product, location: 0, lot: $0.lot), $0.open)
      })
    for line in arriving {
      let (product, lot, quantity) = (line.product, line.lot, line.quantity)
      let key = Place(product: product, location: 0, lot: lot)
      guard let outstanding = open[key], outstanding >= quantity else {
        throw Refusal(
          .wrongState,
          "Only \(open[key] ?? 0) of product \(product) are outstanding on transfer \(transfer). Book what came beside it with stock.add.",
          field: "lines")
      }
      open[key] = outstanding - quantity
      try entry.move(
        quantity, at: Place(product: product, location: found.destination.id, lot: lot),
        .init(reason: .transfer, reference: "transfer:\(transfer)"))
      try entry.execute(
        """
        UPDATE transfer_line SET received = received + ?
        WHERE transfer = ? AND product = ? AND lot = ?
        """, [quantity, transfer, product, lot])
    }
    let isComplete = open.values.allSatisfy { $0 == 0 }
    if isComplete || close {
      try entry.execute(
        "UPDATE transfer SET status = ? WHERE id = ?",
        [TransferStatus.received.rawValue, transfer])
    }
    try entry.tell(
      .transferReceived, found,
      [
        "fullyReceived": .bool(isComplete), "closed": .bool(isComplete || close),
        "receivedItems": .array(arriving.map(\.json)),
      ])
    return [
      "transferId": .int(transfer), "fullyReceived": .bool(isComplete),
      "status": isComplete || close ? "received" : "shipped",
    ]
  }
}

extension CancelTransfer: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.transfer(transfer, in: .created)
    try entry.requireMembership(of: found.source.branch)
    try entry.execute(
      "UPDATE transfer SET status = ? WHERE id = ?",
      [TransferStatus.cancelled.rawValue, transfer])
    try entry.tell(.transferCancelled, found, [:])
    return ["transferId": .int(transfer), "status": "cancelled"]
  }
}

private struct Transfer {
  var id: Int64
  var source: StockedLocation
  var destination: StockedLocation
  var status: TransferStatus
}

private struct SentLine {
  var product: Int64
  var lot: String
  var quantity: Int64
  var open: Int64

  var json: JSON { ["productId": .int(product), "lot": .string(lot), "quantity": .int(quantity)] }
}

extension LedgerTransaction {
  /// Where goods may be sent need not be where the sender works.
  fileprivate func destination(_ id: Int64) throws -> StockedLocation {
    let row = try row("SELECT name, branch FROM location WHERE id = ? AND archived = 0", [id])
    guard let row else { throw Refusal.missing("location", id, field: "toLocationId") }
    return StockedLocation(id: id, name: row[0], branch: row[1])
  }

  fileprivate func transfer(_ id: Int64, in needed: TransferStatus) throws -> Transfer {
    let row = try row(
      """
      SELECT t.source, s.name, s.branch, t.destination, d.name, d.branch, t.status
      FROM transfer t JOIN location s ON s.id = t.source JOIN location d ON d.id = t.destination
      WHERE t.id = ?
      """, [id])
    guard let row else { throw Refusal.missing("transfer", id, field: "transferId") }
    let status: String = row[6]
    guard status == needed.rawValue else {
      throw Refusal(.wrongState, "Transfer \(id) is \(status), not \(needed.rawValue).")
    }
    return Transfer(
      id: id, source: StockedLocation(id: row[0], name: row[1], branch: row[2]),
      destination: StockedLocation(id: row[3], name: row[4], branch: row[5]), status: needed)
  }

  fileprivate func transferLines(_ id: Int64) throws -> [SentLine] {
    try rows(
      "SELECT product, lot, quantity, quantity - received FROM transfer_line WHERE transfer = ?",
      [id]
    ).map { SentLine(product: $0[0], lot: $0[1], quantity: $0[2], open: $0[3]) }
  }

  /// Both ends of a transfer may hear of it. An event has one branch, so a transfer between two
  /// branches is told twice, once to each; one that touches ground common to all is told to all.
  fileprivate func tell(_ event: EventType, _ transfer: Transfer, _ details: JSON) throws {
    var data: JSON = .compact([
      "transferId": .int(transfer.id), "fromLocationId": .int(transfer.source.id),
      "fromLocationName": .string(transfer.source.name),
      "toLocationId": .int(transfer.destination.id),
      "toLocationName": .string(transfer.destination.name), "userName": .text(identity?.name),
    ])
    for (key, value) in details.members?.pairs ?? [] { data[key] = value }
    let topics = [transfer.source, transfer.destination].map { "inventory:location:\($0.id)" }
    if let source = transfer.source.branch, let destination = transfer.destination.branch {
      for branch in Set([source, destination]).sorted() {
        try append(event, topics: topics, branch: branch, data)
      }
    } else {
      try append(event, topics: topics, data)
    }
  }
}
