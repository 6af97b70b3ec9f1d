package struct CreateLocation: Command {
  package static let name = "location.create"
  package static let about = "Add a place where stock is kept."
  package static let performers = Roles.managers

  package var title: String
  package var parent: Int64?
  package var branch: Int64?

  package init(_ fields: inout Fields) throws(Refusal) {
    title = try fields.text("name", 1...100, "What people call it.")
    parent = try fields.optionalID("parentId", "The location that it lies in.")
    branch = try fields.optionalID("branchId", "The branch that it belongs to.")
  }
}

package struct UpdateLocation: Command {
  package static let name = "location.update"
  package static let about = "Rename a location or put it elsewhere in the tree."
  package static let performers = Roles.managers

  package var location: Int64
  package var title: String?
  package var parent: Int64??
  package var branch: Int64??

  package init(_ fields: inout Fields) throws(Refusal) {
    location = try fields.id("locationId", "The location.")
    title = try fields.optionalText("name", 1...100, "What people call it.")
    parent = try fields.clearableID("parentId", "The location that it lies in; null for none.")
    branch = try fields.clearableID("branchId", "The branch that it belongs to; null for none.")
  }
}

package struct RemoveLocation: Command {
  package static let name = "location.remove"
  package static let about = "Close a location. Refused while it holds stock or other locations."
  package static let performers = Roles.managers

  package var location: Int64

  package init(_ fields: inout Fields) throws(Refusal) {
    location = try fields.id("locationId", "The location.")
  }
}

package struct CreateBranch: Command {
  package static let name = "branch.create"
  package static let about = "Add a branch: a vessel, shop or warehouse with a crew of its own."
  package static let performers = Roles.admins

  package var title: String

  package init(_ fields: inout Fields) throws(Refusal) {
    title = try fields.text("name", 1...100, "What people call it.")
  }
}

package struct UpdateBranch: Command {
  package static let name = "branch.update"
  package static let about = "Rename, close or reopen a branch."
  package static let performers = Roles.admins

  package var branch: Int64
  package var title: String?
  package var isActive: Bool?

  package init(_ fields: inout Fields) throws(Refusal) {
    branch = try fields.id("branchId", "The branch.")
    title = try fields.optionalText("name", 1...100, "What people call it.")
    isActive = try fields.flag("active", "Whether it is open.")
  }
}
