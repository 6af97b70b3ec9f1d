import Wire

/// A command from shore, as it travels down: numbered per site from 1 without a gap.
package struct ShoreChange: Sendable, Hashable {
  package var number: Int64
  /// Shore's own id for it, never used twice: under it the change is carried out once, even should
  /// shore have to number it anew.
  package var tag: String
  package var stamp: Stamp
  package var seen: Seen
  /// What people call whoever asked for it.
  package var author: String
  package var command: String
  package var data: JSON

  /// How much of the site's log shore held when the change was made.
  package struct Seen: Sendable, Hashable {
    /// `nil` where shore had not heard from the site.
    package var epoch: String?
    package var through: [Lane: Int64]

    package init(epoch: String?, through: [Lane: Int64] = [:]) {
      self.epoch = epoch
      self.through = through
    }
  }

  package init(
    number: Int64, tag: String, stamp: Stamp, seen: Seen, author: String, command: String,
    data: JSON
  ) {
    self.number = number
    self.tag = tag
    self.stamp = stamp
    self.seen = seen
    self.author = author
    self.command = command
    self.data = data
  }
}

/// What shore may do aboard, as the hub is set.
package struct ShorePolicy: Sendable, Hashable {
  package var commands: Set<String>
  /// Whether shore may make somebody an admin, or change one.
  package var mayManageAdmins: Bool

  package init(commands: Set<String> = standard, mayManageAdmins: Bool = false) {
    self.commands = commands
    self.mayManageAdmins = mayManageAdmins
  }

  /// The shore-only way to say "this product, whether you know it or not", by its sku.
  package static let putProduct = "product.put"

  /// Catalogue, orders, people and messages; what moves goods or money is the crew's.
  package static let standard: Set<String> = [
    putProduct, CreateProduct.name, UpdateProduct.name, RemoveProduct.name, CreateLocation.name,
    UpdateLocation.name, RemoveLocation.name, CreateCustomer.name, UpdateCustomer.name,
    RemoveCustomer.name, CreateOrder.name, UpdateOrder.name, SetOrderStatus.name,
    SendNotification.name, CreateUser.name, UpdateUser.name, SettleConflict.name,
  ]
}
