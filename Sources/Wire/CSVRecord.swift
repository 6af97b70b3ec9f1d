/// One record of comma-separated values (RFC 4180).
package struct CSVRecord: Sendable, Hashable {
  /// The line in the file that it begins on, counted from 1.
  package var line: Int
  package var fields: [String]
  /// Whether the text ended inside a quoted field.
  package var isOpen: Bool

  /// Every record in `text` but empty lines, the header among them.
  package static func all(in text: String) -> [CSVRecord] {
    var records: [CSVRecord] = []
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
      if fields != [""] { records.append(CSVRecord(line: start, fields: fields, isOpen: isOpen)) }
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
