import Wire

/// Comma-separated values (RFC 4180), with the line that each row begins on.
struct CSV {
  struct Row {
    /// The line in the file, counted from 1.
    var line: Int
    var fields: [String: String]

    subscript(name: String) -> String {
      (fields[name] ?? "").trimmed
    }

    /// `nil` where the field is empty or not there.
    func text(_ name: String) -> String? {
      let text = self[name]
      return text.isEmpty ? nil : text
    }
  }

  var header: [String]
  var rows: [Row]
  /// Rows that are no rows: another number of fields than the header has, or an open quote.
  var malformed: [BadRow]

  init(_ text: String) throws {
    var records = CSVRecord.all(in: text)
    guard let first = records.first, !first.isOpen else {
      throw Failure("The file is empty, or its first line is no header.")
    }
    records.removeFirst()
    header = first.fields.map(\.trimmed)
    rows = []
    malformed = []
    for record in records {
      if record.isOpen {
        malformed.append(BadRow(line: record.line, reason: "a quoted field is not closed"))
      } else if record.fields.count != header.count {
        malformed.append(
          BadRow(
            line: record.line,
            reason: "it has \(record.fields.count) fields, the header has \(header.count)"))
      } else {
        rows.append(
          Row(
            line: record.line,
            fields: Dictionary(zip(header, record.fields)) { first, _ in first }))
      }
    }
  }

  /// - Throws: where the header lacks one of `columns`.
  func require(_ columns: [String]) throws {
    for name in columns where !header.contains(name) {
      let hint = header.count == 1 && header[0].contains(";") ? " Separate columns by commas." : ""
      throw Failure("The header has no column \(name).\(hint)")
    }
  }

  /// Says which columns nothing is taken from: one of them may be a slip of the pen.
  func remarkUnknown(besides known: [String], prefix: String? = nil) {
    let unknown = header.filter { name in
      !known.contains(name) && !(prefix.map { name.hasPrefix($0) } ?? false)
    }
    guard !unknown.isEmpty else { return }
    Console.remark(
      "Not known and left out: \(count(unknown.count, "column")) \(unknown.joined(separator: ", ")). See: quartermaster help import"
    )
  }
}

struct BadRow: Error {
  var line: Int
  var reason: String
}

extension String {
  var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
