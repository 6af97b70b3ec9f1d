import CSystemd
import Glibc
import Logging

/// Sends each record to the journal with its fields, by sd_journal_send(3).
///
/// Metadata become fields of the journal (`address` is `QM_ADDRESS`), so that a person can ask for
/// them: `journalctl QM_ADDRESS=...`. An `Occasion` in the metadata becomes `MESSAGE_ID`.
package struct JournalLogHandler: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var logLevel: Logger.Level = .info
  private let label: String

  package init(label: String) {
    self.label = label
  }

  /// Whether standard error is a stream to the journal: `JOURNAL_STREAM` of systemd.exec(5) names
  /// its device and inode, and a shell's redirection makes it another file.
  package static var isWanted: Bool {
    guard let stream = getenv("JOURNAL_STREAM").map({ String(cString: $0) }) else { return false }
    var status = stat()
    return fstat(STDERR_FILENO, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let extra = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
    let words = event.error.map { "\(event.message): \($0)" } ?? "\(event.message)"
    Self.send(Self.fields(event.level, words, label: label, extra))
  }

  /// The fields as the journal takes them, `NAME=value`.
  static func fields(
    _ level: Logger.Level, _ message: String, label: String, _ metadata: Logger.Metadata
  ) -> [String] {
    var words = message
    var fields = ["PRIORITY=\(level.priority)", "SYSLOG_IDENTIFIER=\(label)"]
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      if key == Occasion.key {
        fields.append("\(key)=\(value)")
      } else {
        fields.append("QM_\(fieldName(key))=\(value)")
        words += " \(key)=\(value)"
      }
    }
    return ["MESSAGE=\(words)"] + fields
  }

  /// Capital letters, digits and underscores are all that systemd.journal-fields(7) allows.
  private static func fieldName(_ key: String) -> String {
    String(
      key.uppercased().unicodeScalars.map { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
          ? Character(scalar) : "_"
      })
  }

  private static func send(_ fields: [String]) {
    let bytes = fields.map { Array($0.utf8) }
    let lengths = bytes.map(\.count)
    var all = Array(bytes.joined())
    all.withUnsafeMutableBytes { buffer in
      var place = buffer.baseAddress
      let vectors = lengths.map { length in
        defer { place = place?.advanced(by: length) }
        return iovec(iov_base: place, iov_len: length)
      }
      _ = sd_journal_sendv(vectors, CInt(vectors.count))
    }
  }
}

extension Logger.Level {
  /// syslog(3).
  var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}

extension Logger {
  /// A logger that can be turned up and down while the program runs: to the journal where standard
  /// error goes there, as lines on standard error everywhere else.
  package init(supervised label: String, level: LogLevel) {
    self.init(label: label) { label in
      LevelledLogHandler(
        handler: JournalLogHandler.isWanted
          ? JournalLogHandler(label: label) : StreamLogHandler.standardError(label: label),
        level: level)
    }
  }
}
