import Inventory
import Sync
import Wire

/// One site: what needs somebody first, then what is there.
struct SitePage {
  var summary: SiteSummary
  var documents: [DocumentKind: [Document]]
  var pending: [ShoreChange]
  /// Shows that a form for a conflict is shore's own.
  var proof: (_ conflict: String) -> String

  /// Rows that one table shows; the rest is at `/v1/sites/…`.
  private static let shown = 200

  func html(now: Int64) -> String {
    let name = PageStyle.escaped(summary.status.name.text)
    return PageStyle.page(
      summary.status.name.text,
      """
      <p><a href="/">Fleet</a></p><h1>\(name)</h1>\
      <p class="soft">Last contact \(summary.status.lastContactAge(now: now))</p>\
      <div class="cards"><section class="card">\
      <dl>\(FleetPage.facts(summary).map(FleetPage.fact).joined())</dl></section></div>\
      <h2>Conflicts</h2>\(conflicts)\
      <h2>Changes refused aboard</h2>\(refusals)\
      <h2>Changes on their way</h2>\(onTheirWay)\
      <h2>Low or out of stock</h2>\(alerts)\
      <h2>Open orders</h2>\(orders)\
      <h2>Stock</h2>\(stock)
      """)
  }

  private func some(_ kind: DocumentKind) -> ArraySlice<Document> {
    (documents[kind] ?? []).prefix(Self.shown)
  }

  private var conflicts: String {
    let open = (documents[.conflict] ?? []).filter { $0.data["status"]?.text == "open" }
    guard !open.isEmpty else { return "<p class=\"soft\">None is open.</p>" }
    return open.prefix(Self.shown).map { conflict in
      let id = PageStyle.escaped(conflict.id)
      return """
        <section class="card"><p>\(PageStyle.escaped(conflict.data["words"]?.text ?? ""))</p>\
        <form method="post" action="/sites/\(summary.status.name)/conflicts/\(id)">\
        <input type="hidden" name="proof" value="\(proof(conflict.id))">\
        <input name="by" placeholder="Your name" required maxlength="80">\
        <button name="choice" value="keep">Keep what stands</button>\
        <button name="choice" value="other">Take the other one</button>\
        <input name="value" placeholder="Another value" maxlength="1000">\
        <button name="choice" value="custom">Set it</button></form></section>
        """
    }.joined()
  }

  private var refusals: String {
    PageStyle.table(
      ["Change#", "Command", "By", "Why"],
      some(.refusal).map { refusal in
        [
          refusal.id, refusal.text("command"), refusal.text("by"), refusal.text("message"),
        ]
      }, else: "None.")
  }

  private var onTheirWay: String {
    PageStyle.table(
      ["Change#", "Command", "By", "Data"],
      pending.prefix(Self.shown).map { change in
        [
          "\(change.number)", change.command, change.author,
          String(change.data.encoded.prefix(200)),
        ]
      }, else: "None.")
  }

  private var alerts: String {
    PageStyle.table(
      ["Product", "SKU", "State", "Available#", "Minimum#"],
      some(.alert).map { alert in
        [
          alert.text("productName"), alert.text("sku"), alert.text("alert"),
          alert.figure("available"), alert.figure("threshold"),
        ]
      }, else: "All products are above their minimum.")
  }

  private var orders: String {
    let open = some(.order).filter { order in
      ["pending", "processing", "shipped"].contains(order.text("status"))
    }
    return PageStyle.table(
      ["Order#", "Customer", "Status", "Total#"],
      open.map { order in
        [
          order.id, order.text("customerName"), order.text("status"),
          Money.words(order.data["total"]?.integer ?? 0, order.text("currency")),
        ]
      }, else: "None is open.")
  }

  private var stock: String {
    let places = Dictionary(
      (documents[.location] ?? []).map { ($0.id, $0.text("locationName")) }
    ) { first, _ in first }
    return PageStyle.table(
      ["Product", "SKU", "Location", "Lot", "Quantity#"],
      some(.stock).map { stock in
        [
          stock.text("productName"), stock.text("sku"),
          places[stock.figure("locationId")] ?? stock.figure("locationId"), stock.text("lot"),
          stock.figure("quantity"),
        ]
      }, else: "Nothing has been booked yet.")
  }
}

extension Document {
  fileprivate func text(_ member: String) -> String { data[member]?.text ?? "" }

  fileprivate func figure(_ member: String) -> String {
    data[member]?.integer.map { "\($0)" } ?? ""
  }
}
