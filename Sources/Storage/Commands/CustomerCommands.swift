import GRDB
import Inventory
import Wire

extension CreateCustomer: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    if let reference,
      try entry.integer("SELECT 1 FROM customer WHERE reference = ?", [reference]) != nil
    {
      throw Refusal(
        .duplicate, "There is a customer with the number \(reference) already.",
        field: "reference")
    }
    let id = try entry.insert(
      "INSERT INTO customer (name, email, phone, reference, note) VALUES (?, ?, ?, ?, ?)",
      [title, email, phone, reference, note])
    try entry.append(
      .customerCreated, topics: ["customers:\(id)"],
      .compact([
        "customerId": .int(id), "customerName": .string(title), "email": .text(email),
        "phone": .text(phone), "reference": .text(reference),
      ]))
    return ["customerId": .int(id)]
  }
}

extension UpdateCustomer: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    _ = try entry.customerName(customer)
    try entry.execute(
      """
      UPDATE customer SET name = COALESCE(?, name), email = COALESCE(?, email),
        phone = COALESCE(?, phone), note = COALESCE(?, note) WHERE id = ?
      """, [title, email, phone, note, customer])
    try entry.append(
      .customerUpdated, topics: ["customers:\(customer)"],
      [
        "customerId": .int(customer),
        "changes": .compact([
          "customerName": .text(title), "email": .text(email), "phone": .text(phone),
          "note": .text(note),
        ]),
      ])
    return ["customerId": .int(customer)]
  }
}

extension RemoveCustomer: LedgerCommand {
  package func apply(in entry: LedgerTransaction) throws -> JSON {
    let name = try entry.customerName(customer)
    try entry.execute("UPDATE customer SET archived = 1 WHERE id = ?", [customer])
    try entry.append(
      .customerRemoved, topics: ["customers:\(customer)"],
      ["customerId": .int(customer), "customerName": .string(name)])
    return ["customerId": .int(customer)]
  }
}

extension LedgerTransaction {
  func customerName(_ id: Int64) throws -> String {
    let row = try row("SELECT name FROM customer WHERE id = ? AND archived = 0", [id])
    guard let row else { throw Refusal.missing("customer", id, field: "customerId") }
    return row[0]
  }
}
