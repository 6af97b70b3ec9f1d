import Inventory

extension Listing {
  static let conflicts = Listing(
    name: "conflicts",
    about: "Edits of one field, aboard and ashore, that knew nothing of each other.",
    readers: .managers, from: "conflict c", id: "c.id", scope: .open,
    columns: [
      Column("id", .integer, "c.id", "The conflict's id."),
      Column("kind", .text, "c.kind", "product, location, customer, order or user."),
      Column("subjectId", .integer, "c.subject", "Which one."),
      Column("name", .text, "c.name", "What people call it."),
      Column("field", .text, "c.field", "The field."),
      Column("aboard", .json, "c.aboard", "The value that was set aboard."),
      Column("aboardBy", .text, "c.aboard_by", "By whom."),
      Column("aboardTime", .integer, "c.aboard_time", "When, by the hub's clock."),
      Column("ashore", .json, "c.ashore", "The value that was set ashore."),
      Column("ashoreBy", .text, "c.ashore_by", "By whom."),
      Column("ashoreTime", .integer, "c.ashore_time", "When, by the hub's clock."),
      Column("kept", .text, "c.kept", "The side whose value stood: aboard or ashore."),
      Column("words", .text, "c.words", "All of it in words."),
      Column("status", .text, "c.status", "open or settled."),
      Column("settledBy", .text, "c.settled_by", "Who decided."),
      Column("settlement", .json, "COALESCE(c.settlement, 'null')", "What they decided for."),
      Column("time", .integer, "c.time", "When the two met."),
    ],
    filters: [Filter("status", .text, "c.status = ?1", "open or settled.")])

  static let refusedChanges = Listing(
    name: "refused-changes", about: "Changes from shore that this hub refused, with its reason.",
    readers: .managers, from: "change_refusal r", id: "r.id", scope: .open,
    columns: [
      Column("id", .integer, "r.id", "The refusal's id."),
      Column("change", .integer, "r.number", "Shore's number of the change."),
      Column("by", .text, "r.author", "Who asked for it ashore."),
      Column("command", .text, "r.command", "The command."),
      Column("data", .json, "r.data", "What it said."),
      Column("code", .text, "r.code", "The hub's code."),
      Column("message", .text, "r.message", "The hub's reason."),
      Column("time", .integer, "r.time", "When it was refused."),
    ], filters: [])
}
