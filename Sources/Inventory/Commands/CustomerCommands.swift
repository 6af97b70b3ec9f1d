package struct CreateCustomer: Command {
  package static let name = "customer.create"
  package static let about = "Add a customer."
  package static let performers = Roles.crew

  package var title: String
  package var email: String?
  package var phone: String?
  package var reference: String?
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    title = try fields.text("name", 1...200, "The customer's name.")
    email = try fields.optionalText("email", 0...254, "E-mail address.")
    phone = try fields.optionalText("phone", 0...40, "Telephone number.")
    reference = try fields.optionalText(
      "reference", 0...100, "The number that others know them by; unique.")
    note = try fields.note()
  }
}

package struct UpdateCustomer: Command {
  package static let name = "customer.update"
  package static let about = "Change a customer; what is left out stays as it is."
  package static let performers = Roles.crew

  package var customer: Int64
  package var title: String?
  package var email: String?
  package var phone: String?
  package var note: String?

  package init(_ fields: inout Fields) throws(Refusal) {
    customer = try fields.id("customerId", "The customer.")
    title = try fields.optionalText("name", 1...200, "The customer's name.")
    email = try fields.optionalText("email", 0...254, "E-mail address.")
    phone = try fields.optionalText("phone", 0...40, "Telephone number.")
    note = try fields.note()
  }
}

package struct RemoveCustomer: Command {
  package static let name = "customer.remove"
  package static let about = "Take a customer off the list; their orders stay."
  package static let performers = Roles.managers

  package var customer: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    customer = try fields.id("customerId", "The customer.")
  }
}
