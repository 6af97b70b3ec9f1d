import Inventory
import Sync

/// Every site at a glance.
enum FleetPage {
  static func html(_ sites: [SiteSummary], now: Int64) -> String {
    let cards =
      sites.isEmpty
      ? "<p>There is no site yet: <code>quartermaster-shore site add NAME</code> adds one.</p>"
      : "<div class=\"cards\">\(sites.map { card($0, now: now) }.joined())</div>"
    return PageStyle.page("Quartermaster shore", "<h1>Fleet</h1>\(cards)")
  }

  static func card(_ site: SiteSummary, now: Int64) -> String {
    let name = PageStyle.escaped(site.status.name.text)
    return """
      <section class="card"><h2><a href="/sites/\(name)">\(name)</a></h2>\
      <p class="soft">Last contact \(site.status.lastContactAge(now: now))</p>\
      <dl>\(facts(site).map { fact($0) }.joined())</dl></section>
      """
  }

  struct Fact {
    var name: String
    var value: String
    var mood = ""
  }

  static func facts(_ site: SiteSummary) -> [Fact] {
    func attention(_ name: String, _ count: Int64, _ mood: String) -> Fact {
      Fact(name: name, value: "\(count)", mood: count > 0 ? mood : "")
    }
    let waiting = site.backlog?.values.reduce(0, +)
    return [
      Fact(name: "Events here", value: "\(site.status.events)"),
      Fact(
        name: "Still aboard", value: waiting.map { "\($0)" } ?? "not told",
        mood: (waiting ?? 0) > 0 ? "warn" : ""),
      attention("Low or out of stock", site.alerts, "warn"),
      attention("Conflicts to settle", site.openConflicts, "bad"),
      Fact(name: "Changes on their way", value: "\(site.pendingChanges)"),
      attention("Changes refused aboard", site.refusedChanges, "bad"),
      attention("Events refused here", site.status.refused, "bad"),
    ]
  }

  static func fact(_ fact: Fact) -> String {
    let mood = fact.mood.isEmpty ? "" : " class=\"\(fact.mood)\""
    return
      "<dt>\(PageStyle.escaped(fact.name))</dt><dd\(mood)>\(PageStyle.escaped(fact.value))</dd>"
  }
}
