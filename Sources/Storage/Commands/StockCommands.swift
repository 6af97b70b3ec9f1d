import Inventory
import Wire

extension AdjustStock: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    try entry.book(quantity, at: place, .init(reason: reason, note: note))
  }
}

extension AddStock: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    try entry.book(quantity, at: place, .init(reason: reason, note: note))
  }
}

extension RemoveStock: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    try entry.book(-quantity, at: place, .init(reason: reason, note: note))
  }
}

extension MoveStock: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    guard from != to else { throw Refusal.invalid("toLocationId", "must be another location") }
    let source = try entry.location(from, field: "fromLocationId")
    let target = try entry.location(to, field: "toLocationId")
    let reference = "move:\(from)-\(to)"
    let left = try entry.move(
      -quantity, at: Place(product: product, location: from, lot: lot),
      .init(reason: .move, reference: reference, note: note, other: .to(target)))
    let arrived = try entry.move(
      quantity, at: Place(product: product, location: to, lot: lot),
      .init(reason: .move, reference: reference, note: note, other: .from(source)))
    return try entry.withholding(
      "fromStock", "toStock", of: product,
      from: ["fromStock": .int(left.level), "toStock": .int(arrived.level)])
  }
}

extension CountStock: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    guard epoch == nil || epoch == entry.epoch else {
      throw Refusal(
        .wrongState, "The hub was restored from a backup since this was counted. Count it again.",
        field: "epoch")
    }
    let seq = seq ?? entry.head
    guard seq <= entry.head else {
      throw Refusal.invalid("seq", "lies ahead of the hub's log, which ends at \(entry.head)")
    }
    let expected = try entry.level(place, at: seq)
    let difference = counted - expected
    let level: Int64
    if difference == 0 {
      _ = try entry.product(place.product)
      _ = try entry.location(place.location)
      level = try entry.level(place)
    } else {
      level =
        try entry.move(
          difference, at: place,
          .init(reason: .count, reference: "seq:\(seq)", note: note, isCounted: true)
        ).level
    }
    return try entry.withholding(
      "difference", "locationStock", of: place.product,
      from: ["difference": .int(difference), "locationStock": .int(level)])
  }
}

extension SetStock: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let item = try entry.item(item)
    let place = item.place
    let difference = level - item.quantity
    var available = item.quantity - (try entry.reserved(place))
    if difference == 0 {
      _ = try entry.product(place.product)
      _ = try entry.location(place.location)
    } else {
      available =
        try entry.move(
          difference, at: place,
          .init(
            reason: reason.flatMap(MovementReason.init(rawValue:)) ?? .adjustment,
            note: note ?? reason,
            isCounted: true)
        ).available
    }
    return try entry.withholding(
      "oldQuantity", "available", of: place.product,
      from: [
        "inventoryItemId": .int(item.id), "productId": .int(place.product),
        "locationId": .int(place.location), "oldQuantity": .int(item.quantity),
        "quantity": .int(level), "available": .int(available),
      ])
  }
}

extension BulkStock: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let first = entry.head + 1
    let reference = "bulk:\(first)"
    var updates: [JSON] = []
    for (index, line) in lines.enumerated() {
      let product: StockedProduct
      let location: StockedLocation
      let moved: LedgerTransaction.Moved
      do {
        product = try entry.product(line.place.product)
        location = try entry.location(line.place.location)
        moved = try entry.move(
          line.quantity, of: product, lot: line.place.lot, at: location,
          .init(reason: reason, reference: reference, note: note))
      } catch var refusal as Refusal {
        refusal.message = "lines[\(index)]: \(refusal.message)"
        refusal.field = refusal.field.map { "lines[\(index)].\($0)" }
        throw refusal
      }
      updates.append(
        .compact([
          "productId": .int(product.id), "productName": .string(product.name),
          "locationId": .int(location.id), "locationName": .string(location.name),
          "stockId": .int(moved.stock), "quantity": .int(moved.level),
          "quantityChange": .int(line.quantity),
        ]))
    }
    // Told to those who may hear all of it; the others have each movement of their own branch.
    let branches = Set(try lines.map { try entry.location($0.place.location).branch })
    let branch = branches.compactMap { $0 }
    try entry.append(
      .inventoryBulkUpdated, branch: branch.count == 1 ? branch[0] : nil,
      readers: branch.count > 1 ? .admins : nil,
      .compact([
        "bulk": .string(reference), "fromSeq": .int(first), "throughSeq": .int(entry.head),
        "reason": .string(reason.rawValue), "note": .text(note),
        "userName": .text(entry.identity?.name), "updates": .array(updates),
      ]))
    return [
      "bulk": .string(reference), "movements": .int(Int64(lines.count)),
    ]
  }
}

extension SyncInventory: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    func count(_ sql: String) throws -> JSON { .int(try entry.integer(sql) ?? 0) }
    try entry.append(
      .inventorySync,
      .compact([
        "reason": .string(reason), "epoch": .string(entry.epoch), "seq": .int(entry.head),
        "products": try count("SELECT COUNT(*) FROM product WHERE archived = 0"),
        "locations": try count("SELECT COUNT(*) FROM location WHERE archived = 0"),
        "userName": .text(entry.identity?.name),
      ]))
    return [:]
  }
}

extension LedgerTransaction {
  fileprivate func book(_ quantity: Int64, at place: Place, _ movement: Movement) throws -> JSON {
    let level = try move(quantity, at: place, movement).level
    return try withholding(
      "locationStock", of: place.product, from: ["locationStock": .int(level)])
  }
}
