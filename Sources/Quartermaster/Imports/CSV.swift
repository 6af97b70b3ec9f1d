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
    var records = Self.records(of: text)
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

  private struct Record {
    var line: Int
    var fields: [String]
    var isOpen: Bool
  }

  private static func records(of text: String) -> [Record] {
    var records: [Record] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var (line, start) = (1, 1)
    var isQuoted = false
    var bytes = Array(text.utf8)[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }

    func endField() {
      fields.append(String(decoding: field, as: UTF8.self))
      field.removeAll(keepingCapacity: true)
    }
    func endRecord(isOpen: Bool = false) {
      endField()
      if fields != [""] { records.append(Record(line: start, fields: fields, isOpen: isOpen)) }
      fields = []
    }

    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\n") { line += 1 }
      switch byte {
      case UInt8(ascii: "\"") where isQuoted:
        if index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") {
          field.append(byte)
          index += 1
        } else {
          isQuoted = false
        }
      case UInt8(ascii: "\"") where field.isEmpty: isQuoted = true
      case UInt8(ascii: ",") where !isQuoted: endField()
      case UInt8(ascii: "\r") where !isQuoted && index < bytes.endIndex && bytes[index] == 0x0A:
        continue
      case UInt8(ascii: "\n") where !isQuoted:
        endRecord()
        start = line
      default: field.append(byte)
      }
    }
    if !field.isEmpty || !fields.isEmpty { endRecord(isOpen: isQuoted) }
    return records
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
