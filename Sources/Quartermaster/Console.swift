import Foundation
import Inventory
import Logging
import Storage
import Supervision

#if canImport(Glibc)
  import Glibc
#endif

/// Standard output and standard error, for people and for programs.
enum Console {
  /// A line on standard output, at once.
  static func say(_ line: String) {
    write(line + "\n", to: STDOUT_FILENO)
  }

  /// A line on standard error: progress and remarks that no program reads.
  static func remark(_ line: String) {
    write(line + "\n", to: STDERR_FILENO)
  }

  static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
    write(Array(text.utf8), to: descriptor)
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      // A reader that has gone away ends the output, not the work.
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }

  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// A bar on a terminal; nothing where nobody is looking.
  static func progress(_ label: String, _ done: Int, of total: Int) {
    guard isTerminal, total > 0 else { return }
    let filled = done * 30 / total
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
    write("\r\(label) [\(bar)] \(done)/\(total)" + (done == total ? "\n" : ""), to: STDERR_FILENO)
  }

  /// For commands: only what went wrong.
  static func logger() -> Logger {
    Logger(supervised: "quartermaster", level: LogLevel(.error))
  }
}

/// `1 product`, `2 products`.
func count(_ number: some BinaryInteger, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}

extension Outcome {
  /// The receipt, or the refusal as an error for the command line.
  var receipt: Receipt {
    get throws {
      switch self {
      case .done(let receipt): return receipt
      case .refused(let refusal): throw Failure(refusal.message)
      }
    }
  }
}
