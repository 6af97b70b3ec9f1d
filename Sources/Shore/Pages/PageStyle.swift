import Crypto
import Sync

/// What all pages share: one style sheet for light and dark, no scripts, nothing loaded from anywhere.
enum PageStyle {
  private static let sheet = """
    :root{color-scheme:light dark;--ink:#14202b;--soft:#5b6b7a;--line:#d9e0e7;--paper:#fff;\
    --back:#f3f6f9;--accent:#0b5cad;--bad:#b3261e;--warn:#8a5a00;--good:#1d6f42}
    @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#93a4b4;--line:#2b3947;\
    --paper:#16202b;--back:#0e151d;--accent:#6cb2ff;--bad:#ff8a80;--warn:#f2c14e;--good:#6fcf97}}
    *{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);\
    background:var(--back)}main{max-width:72rem;margin:0 auto;padding:1.5rem 1rem 4rem}
    h1{font-size:1.6rem;margin:.5rem 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .6rem}
    a{color:var(--accent)}.soft{color:var(--soft)}.bad{color:var(--bad)}.warn{color:var(--warn)}\
    .good{color:var(--good)}
    .cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr))}
    .card{background:var(--paper);border:1px solid var(--line);border-radius:.6rem;\
    padding:1rem 1.1rem}.card h2{margin:0 0 .3rem}
    dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:.6rem 0 0}\
    dt{color:var(--soft)}dd{margin:0;text-align:right;font-variant-numeric:tabular-nums}
    .scroll{overflow-x:auto;background:var(--paper);border:1px solid var(--line);\
    border-radius:.6rem}table{border-collapse:collapse;width:100%}
    th,td{padding:.45rem .8rem;border-bottom:1px solid var(--line);text-align:left}\
    tr:last-child td{border-bottom:0}th{color:var(--soft);font-weight:600}
    td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
    form{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.6rem}
    button,input{font:inherit;padding:.35rem .8rem;border-radius:.4rem;\
    border:1px solid var(--line);background:var(--back);color:var(--ink)}
    button{border-color:var(--accent);color:var(--accent);cursor:pointer}
    """

  /// In base 64 with its padding, as the policy wants it (CSP Level 3, section 2.3.1).
  private static let sheetHash: String = {
    let urlSafe = Base64URL.text(SHA256.hash(data: Array(sheet.utf8)))
    return String(urlSafe.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }) + "="
  }()

  /// Allows the style sheet by its hash and forms to shore itself, and nothing else.
  static let policy = """
    default-src 'none'; style-src 'sha256-\(sheetHash)'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'self'
    """

  static func page(_ title: String, _ body: String) -> String {
    """
    <!doctype html><html lang="en"><head><meta charset="utf-8">\
    <meta name="viewport" content="width=device-width,initial-scale=1">\
    <title>\(escaped(title))</title><style>\(sheet)</style></head>\
    <body><main>\(body)</main></body></html>
    """
  }

  /// - Parameter columns: names; those of figures end in `#`.
  static func table(_ columns: [String], _ rows: [[String]], else nothing: String) -> String {
    guard !rows.isEmpty else { return "<p class=\"soft\">\(escaped(nothing))</p>" }
    let isFigure = columns.map { $0.hasSuffix("#") }
    let head = zip(columns, isFigure).map { name, isFigure in
      "<th\(isFigure ? " class=\"n\"" : "")>\(escaped(name.filter { $0 != "#" }))</th>"
    }
    let body = rows.map { row in
      let cells = zip(row, isFigure).map { cell, isFigure in
        "<td\(isFigure ? " class=\"n\"" : "")>\(escaped(cell))</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    return """
      <div class="scroll"><table><thead><tr>\(head.joined())</tr></thead>\
      <tbody>\(body.joined())</tbody></table></div>
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
