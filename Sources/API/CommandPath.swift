import Inventory
import Storage

/// Where a command stands in REST, made from its name and fields:
/// `stock.adjust` is `POST /api/v1/stock/adjust`, `product.create` is `POST /api/v1/products`,
/// `order.status` is `POST /api/v1/orders/{id}/status`.
struct CommandPath {
  var path: String
  /// The field that `{id}` in the path stands for, where the command is about one thing.
  var subject: String?

  init(_ command: any LedgerCommand.Type) {
    let parts = command.name.split(separator: ".").map(String.init)
    let (noun, verb) = (parts[0], parts[1])
    let collection = "/api/v1/" + Self.collection(noun)
    let id = noun + "Id"
    if noun != "stock", command.shapes.contains(where: { $0.name == id && $0.isRequired }) {
      subject = id
      path = "\(collection)/{id}/\(verb)"
    } else if ["create", "open", "record", "send"].contains(verb) {
      path = collection
    } else {
      path = "\(collection)/\(verb)"
    }
  }

  private static func collection(_ noun: String) -> String {
    switch noun {
    case "stock", "inventory", "procurement", "shopify", "pos": noun
    case "branch": "branches"
    case "tray": "needs-a-person"
    case "sync": "sync"
    default: noun + "s"
    }
  }
}
