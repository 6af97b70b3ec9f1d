import Inventory
import Wire

/// What Oda's clients hear of Shopify: a state for every report, and the step that it means.
enum OdaShopify {
  static func sync(_ told: Told) -> [(String, JSON)] {
    let status: (String, JSON) = (
      "shopify:syncStatus",
      .compact([
        "syncType": told["syncType"], "status": told["status"],
        "progress": told.data["progress"], "error": told.data["error"],
        "details": told.data["details"], "timestamp": told.time,
      ])
    )
    guard let subject = subject(told), let step = step(told) else { return [status] }
    var data: JSON = ["syncId": told["syncId"], "message": message(told, subject, step)]
    let details = told.data["details"]
    switch step {
    case "started": data["direction"] = told.data["direction"]
    case "progress":
      data["progress"] = told.data["progress"]
      data["total"] = details?["total"]
      data["processed"] = details?["processed"]
    case "completed":
      data["successful"] = details?["successful"]
      data["failed"] = details?["failed"]
      data["total"] = details?["total"]
    default: data["error"] = told.data["error"]
    }
    return [status, ("shopify:\(subject):\(step)", data)]
  }

  static func webhook(_ told: Told) -> [(String, JSON)] {
    guard told["status"].text == ReportShopifyWebhook.Status.received.rawValue else { return [] }
    return [
      (
        "shopify:webhook:received",
        .compact([
          "webhookType": told["topic"], "id": told["id"], "topic": told["topic"],
          "shop_domain": told.data["shop_domain"], "created_at": told.data["created_at"],
        ])
      )
    ]
  }

  static func notification(_ told: Told) -> (String, JSON)? {
    if told.type == .shopifyWebhook {
      let status = told["status"].text ?? ""
      guard status != ReportShopifyWebhook.Status.received.rawValue else { return nil }
      return (
        "shopify:webhook:\(status)",
        .compact([
          "type": told["topic"], "id": told["id"], "status": told["status"],
          "message": told.data["message"],
          "error": status == "error" ? told.data["message"] : nil,
        ])
      )
    }
    guard let subject = subject(told), let step = step(told) else { return nil }
    let data: JSON = .compact([
      "type": .string("\(subject)_sync"),
      "message": message(told, subject, step),
      "details": told.data["details"],
    ])
    switch step {
    case "completed": return ("shopify:syncComplete", data)
    case "error": return ("shopify:error", data)
    default: return nil
    }
  }

  private static func message(_ told: Told, _ subject: String, _ step: String) -> JSON {
    told.data["message"] ?? .string("\(subject) sync \(step)")
  }

  private static func subject(_ told: Told) -> String? {
    switch told["syncType"].text.flatMap(ReportShopifySync.Kind.init) {
    case .products: "product"
    case .inventory: "inventory"
    case .orders: "order"
    case .customers: "customer"
    case nil: nil
    }
  }

  /// `started`, `progress`, `completed` or `error`.
  private static func step(_ told: Told) -> String? { told["phase"].text }
}
