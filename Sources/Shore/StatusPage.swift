import Crypto
import Inventory
import Sync

/// The operator's page: one table, no scripts, nothing loaded from anywhere.
enum StatusPage {
  private static let style = """
    body{font:16px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f23;background:#fff}
    table{border-collapse:collapse}th,td{padding:.4rem .8rem;border-bottom:1px solid #d0d7de}
    th{text-align:left}td.n{text-align:right;font-variant-numeric:tabular-nums}
    """

  /// In base 64 with its padding, as the policy wants it (CSP Level 3, section 2.3.1).
  private static var styleHash: String {
    let urlSafe = Base64URL.text(SHA256.hash(data: Array(style.utf8)))
    return String(urlSafe.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }) + "="
  }

  /// Allows the page's own style sheet by its hash, and nothing else.
  static let policy = """
    default-src 'none'; style-src 'sha256-\(styleHash)'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'
    """

  static func html(_ sites: [SiteStatus], now: Int64) -> String {
    let rows = sites.map { row($0, now: now) }.joined()
    let table =
      sites.isEmpty
      ? "<p>There is no site yet: <code>quartermaster-shore site add NAME</code> adds one.</p>"
      : """
      <table><thead><tr><th>Site</th><th>Last contact</th><th>Events</th>\
      \(Lane.allCases.map { "<th>Through, \($0.name)</th>" }.joined())<th>Refused</th>\
      <th>Epoch</th></tr></thead><tbody>\(rows)</tbody></table>
      """
    return """
      <!doctype html><html lang="en"><head><meta charset="utf-8">\
      <meta name="viewport" content="width=device-width,initial-scale=1">\
      <title>Quartermaster shore</title><style>\(style)</style></head>\
      <body><h1>Sites</h1>\(table)</body></html>
      """
  }

  static func row(_ site: SiteStatus, now: Int64) -> String {
    let numbers =
      [site.events] + Lane.allCases.map { site.cursors[$0] ?? 0 } + [site.refused]
    return """
      <tr><td>\(escaped(site.name.text))</td><td>\(site.lastContactAge(now: now))</td>\
      \(numbers.map { "<td class=\"n\">\($0)</td>" }.joined())\
      <td>\(escaped(site.epoch ?? ""))</td></tr>
      """
  }

  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
