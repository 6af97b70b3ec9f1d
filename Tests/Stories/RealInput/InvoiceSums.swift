import Foundation

/// What the sample says by itself, added up by awk without any of our code.
struct InvoiceSums {
  /// `NUMBER|total in minor units`
  var orders: Set<String> = []
  /// `NUMBER|customer` where the file names one.
  var customers: Set<String> = []
  /// `NUMBER|milliseconds since 1970`
  var times: Set<String> = []
  var products: Set<String> = []
  /// `SKU|quantity`, goods only.
  var sold: Set<String> = []
  var returned: Set<String> = []
  /// `how many|sum of their times`, goods only.
  var movements: Set<String> = []

  /// A description may hold commas, so that the fields behind it are counted from the end.
  private static let script = #"""
    BEGIN { FS = "," }
    NR == 1 { next }
    {
      sub(/\r$/, "")
      number = trim($1); code = trim($2); customer = trim($(NF - 1))
      quantity = trim($(NF - 4)); price = trim($(NF - 2))
      split(trim($(NF - 3)), part, /[\/ :]/)
      time = mktime(part[3] " " part[1] " " part[2] " " part[4] " " part[5] " 0") * 1000
      size = quantity < 0 ? -quantity : quantity
      total[number] += size * sprintf("%.0f", price * 100)
      if (!(number in first)) { first[number] = time; whose[number] = customer }
      seen[code] = 1
      if (code ~ /^[0-9]/) {
        if (number ~ /^C/) back[code] += size; else out[code] += size
        goods += 1; times += time
      }
    }
    function trim(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
    END {
      for (number in total) {
        printf "order %s|%.0f\n", number, total[number]
        printf "time %s|%.0f\n", number, first[number]
        if (whose[number] != "") printf "customer %s|%s\n", number, whose[number]
      }
      for (code in seen) printf "product %s\n", code
      for (code in out) printf "sold %s|%d\n", code, out[code]
      for (code in back) printf "returned %s|%d\n", code, back[code]
      printf "movements %d|%.0f\n", goods, times
    }
    """#

  init(_ file: String) async throws {
    let sums = try await run("awk", [Self.script, file], environment: ["TZ": "UTC0"]).succeeded()
    for line in sums.lines {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      switch words[0] {
      case "order": orders.insert(words[1])
      case "time": times.insert(words[1])
      case "customer": customers.insert(words[1])
      case "product": products.insert(words[1])
      case "sold": sold.insert(words[1])
      case "returned": returned.insert(words[1])
      default: movements.insert(words[1])
      }
    }
  }
}

/// Where the sample lies on this machine; it is not part of the project.
enum Sample {
  static let file: String? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let beside = root.appendingPathComponent("../shared/data/online-retail-sample.csv").path
    let file = ProcessInfo.processInfo.environment["QUARTERMASTER_SAMPLE_DATA"] ?? beside
    return FileManager.default.isReadableFile(atPath: file) ? file : nil
  }()
}
