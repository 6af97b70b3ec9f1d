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
    _ = try entry.location(from, field: "fromLocationId")
    _ = try entry.location(to, field: "toLocationId")
    let reference = "move:\(from)-\(to)"
    let left = try entry.move(
      -quantity, at: Place(product: product, location: from, lot: lot),
      .init(reason: .move, reference: reference, note: note, isHalf: true))
    let arrived = try entry.move(
      quantity, at: Place(product: product, location: to, lot: lot),
      .init(reason: .move, reference: reference, note: note, isHalf: true))
    return ["fromStock": .int(left.level), "toStock": .int(arrived.level)]
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
    return ["difference": .int(difference), "locationStock": .int(level)]
  }
}

extension LedgerTransaction {
  fileprivate func book(_ quantity: Int64, at place: Place, _ movement: Movement) throws -> JSON {
    ["locationStock": .int(try move(quantity, at: place, movement).level)]
  }
}
