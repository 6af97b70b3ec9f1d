import GRDB
import Inventory
import Wire

extension DefineEvent: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let readers = Roles(readers) ?? .crew.intersection(namespace.readers)
    let performers = Roles(performers) ?? .crew
    guard readers.isSubset(of: namespace.readers) else {
      throw Refusal.invalid(
        "readers", "may be \(namespace.readers.names.joined(separator: ", ")) in \(namespace)")
    }
    try entry.execute(
      """
      INSERT INTO custom_event (name, about, namespace, readers, performers, maximum_size)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      ON CONFLICT DO UPDATE SET about = COALESCE(?2, about), namespace = ?3, readers = ?4,
        performers = ?5, maximum_size = ?6, active = 1
      """,
      [
        event, about, namespace.rawValue, Int64(readers.rawValue), Int64(performers.rawValue),
        maximumSize,
      ])
    try entry.append(
      .customEventDefined,
      .compact([
        "name": .string(event), "about": .text(about), "namespace": .string(namespace.rawValue),
        "readers": .array(readers.names.map(JSON.string)),
        "performers": .array(performers.names.map(JSON.string)), "maxSize": .int(maximumSize),
      ]))
    return ["name": .string(event)]
  }
}

extension EmitEvent: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let row = try entry.row(
      """
      SELECT namespace, readers, performers, maximum_size FROM custom_event
      WHERE name = ? AND active = 1
      """, [event])
    guard let row, let namespace = Namespace(rawValue: row[0]) else {
      throw Refusal(.notFound, "There is no event \(event). An admin declares it.", field: "name")
    }
    let performers = Roles(rawValue: UInt8(truncatingIfNeeded: row[2] as Int64))
    guard entry.identity.map({ performers.contains($0.role) }) ?? true else {
      throw Refusal(.forbidden, "Your role may not send \(event).", field: "name")
    }
    let limit: Int64 = row[3]
    guard data.encodedBytes.count <= limit else {
      throw Refusal(.tooLarge, "\(event) may say \(limit) bytes at most.", field: "data")
    }
    // Whatever the sender wrote there, who it is comes from the hub's own records.
    var data = data
    data["from"] = .compact([
      "userId": .integer(entry.identity?.user), "userName": .text(entry.identity?.name),
    ])
    let place = namespace.rawValue
    let seq = try entry.append(
      event, lane: .normal,
      audience: Audience(roles: Roles(rawValue: UInt8(truncatingIfNeeded: row[1] as Int64))),
      topics: [place, "\(place):\(event)"] + (room.map { ["\(place):\(event):\($0)"] } ?? []), data)
    return ["name": .string(event), "seq": .int(seq)]
  }
}

extension RetireEvent: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let found = try entry.integer(
      "UPDATE custom_event SET active = 0 WHERE name = ? AND active = 1 RETURNING id", [event])
    guard found != nil else {
      throw Refusal(.notFound, "There is no event \(event).", field: "name")
    }
    try entry.append(.customEventRetired, ["name": .string(event)])
    return ["name": .string(event)]
  }
}

extension Roles {
  fileprivate init?(_ roles: [Role]?) {
    guard let roles else { return nil }
    self = roles.reduce(Roles()) { $0.union(Roles($1)) }
  }
}
