import GRDB
import Inventory
import Wire

extension LedgerTransaction {
  /// Lets through to `apply` what of the change's `edits` stands against edits made aboard that
  /// shore did not know, and keeps each edit that loses as a conflict.
  func merge(
    _ edits: FieldEdits, of change: ShoreChange, sent: Int64,
    apply: (JSON.Members) throws -> JSON
  ) throws -> JSON {
    let record = edits.record
    let stamp = change.stamp.translated(sent: sent, received: time)
    var clock = try clock()
    clock.witness(change.stamp, now: time)
    try save(clock)

    let limit = try lastSeen(by: change.seen, in: record.kind.lane)
    var kept = JSON.Members()
    var losses: [(field: String, arriving: FieldEdit, standing: FieldEdit, kept: Side)] = []
    for (field, value) in edits.values.pairs {
      let arriving = FieldEdit(value: value, stamp: stamp, author: change.author)
      let standing = try standing(record, field)
      // Shore's own changes come in the order in which it made them.
      let hasSeen = standing.map { $0.edit.stamp.side == .ashore || $0.seq <= limit } ?? true
      switch FieldMerge(of: arriving, on: standing?.edit, hasSeen: hasSeen) {
      case .applies: kept[field] = value
      case .agrees: break
      case .supersedes:
        kept[field] = value
        if let standing { losses.append((field, arriving, standing.edit, .ashore)) }
      case .yields:
        if let standing { losses.append((field, arriving, standing.edit, .aboard)) }
      }
    }
    let seq = head + 1
    let answer: JSON =
      kept.pairs.isEmpty ? [record.kind.idField: .int(record.id)] : try apply(kept)
    for (field, value) in kept.pairs {
      try remember(
        FieldEdit(value: value, stamp: stamp, author: change.author), of: field, in: record,
        at: seq)
    }
    let (name, currency) = try title(of: record)
    for loss in losses {
      try tell(
        Disagreement(
          kind: record.kind, name: name, field: loss.field, aboard: loss.standing,
          ashore: loss.arriving, kept: loss.kept, currency: currency), about: record)
    }
    return answer
  }

  /// The last event of the lane that shore knew, as this database's own log counts.
  private func lastSeen(by seen: ShoreChange.Seen, in lane: Lane) throws -> Int64 {
    let lineage = try Store.lineage(db)
    guard let index = lineage.firstIndex(where: { $0.name == seen.epoch }) else { return 0 }
    let end = index + 1 < lineage.count ? lineage[index + 1].firstSeq - 1 : Int64.max
    return min(seen.through[lane] ?? 0, end)
  }

  private func tell(_ disagreement: Disagreement, about record: MasterRecord) throws {
    let (aboard, ashore) = (disagreement.aboard, disagreement.ashore)
    let id = try insert(
      """
      INSERT INTO conflict (kind, subject, name, field, aboard, aboard_by, aboard_time, ashore,
        ashore_by, ashore_time, kept, words, status, time)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)
      """,
      [
        record.kind.rawValue, record.id, disagreement.name, disagreement.field,
        aboard.value.encoded, aboard.author, aboard.stamp.time, ashore.value.encoded,
        ashore.author, ashore.stamp.time, disagreement.kept.rawValue, disagreement.words, time,
      ])
    try append(
      .conflictFound, topics: ["inventory:conflicts"],
      [
        "conflictId": .int(id), "kind": .string(record.kind.rawValue), "subjectId": .int(record.id),
        "name": .string(disagreement.name), "field": .string(disagreement.field),
        "aboard": aboard.value, "aboardBy": .string(aboard.author),
        "ashore": ashore.value, "ashoreBy": .string(ashore.author),
        "kept": .string(disagreement.kept.rawValue), "words": .string(disagreement.words),
      ])
  }
}

extension SettleConflict: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.row(
      "SELECT kind, subject, field, aboard, ashore, kept, status FROM conflict WHERE id = ?",
      [conflict])
    guard let row, let kind = MasterRecord.Kind(rawValue: row[0]),
      let kept = Side(rawValue: row[5])
    else { throw Refusal.missing("conflict", conflict, field: "conflictId") }
    guard row[6] == "open" else {
      throw Refusal(.wrongState, "Conflict \(conflict) has been settled already.")
    }
    let record = MasterRecord(kind, row[1])
    let field: String = row[2]
    let values: [Side: JSON] = [
      .aboard: try JSON(parsing: row[3]), .ashore: try JSON(parsing: row[4]),
    ]
    let decided: JSON =
      switch choice {
      case .keep: values[kept] ?? .null
      case .other: values[kept.other] ?? .null
      case .custom: try custom(like: values[kept] ?? .null)
      }
    try entry.execute(
      "UPDATE conflict SET status = 'settled', settled_by = ?, settlement = ? WHERE id = ?",
      [entry.speaker, decided.encoded, conflict])
    if choice != .keep { try set(field, of: record, to: decided, in: entry) }
    try entry.append(
      .conflictSettled, topics: ["inventory:conflicts"],
      [
        "conflictId": .int(conflict), "kind": .string(kind.rawValue), "subjectId": .int(record.id),
        "field": .string(field), "choice": .string(choice.rawValue), "value": decided,
        "by": .string(entry.speaker),
      ])
    return ["conflictId": .int(conflict), "value": decided]
  }

  private func set(
    _ field: String, of record: MasterRecord, to value: JSON, in entry: LedgerTransaction
  ) throws {
    guard let type = Catalogue.command(named: record.kind.command) else { return }
    let data: JSON = .object(
      JSON.Members([(record.kind.idField, .int(record.id)), (field, value)]))
    let command = try type.init(data: data)
    let seq = entry.head + 1
    _ = try command.apply(in: entry)
    if let edits = command.edits { try entry.remember(edits, at: seq) }
  }

  private func custom(like standing: JSON) throws -> JSON {
    guard let value else { throw Refusal.invalid("value", "is missing") }
    if standing.text != nil { return .string(value) }
    guard let json = try? JSON(parsing: value) else {
      throw Refusal.invalid("value", "must be like the values in question")
    }
    return json
  }
}
