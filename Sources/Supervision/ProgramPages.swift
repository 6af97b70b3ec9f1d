import Glibc

/// Gives back the pages of the program and its libraries that only the start needed.
///
/// Parsing flags, migrating and registering types touch code all over the file, and the kernel maps
/// sixteen pages around each touch. None of it is changed memory: what is needed again comes back
/// from the page cache at the next touch, and the rest no longer counts as in use when the box runs
/// short.
package enum ProgramPages {
  package static func release() {
    guard let map = fopen("/proc/self/smaps", "re") else { return }
    defer { fclose(map) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    var current: Mapping?
    // No mapping goes or comes by madvise(2), so the list holds while it is read.
    while getline(&line, &capacity, map) > 0, let line {
      let text = String(cString: line)
      if let mapping = Mapping(text) {
        current = mapping
      } else if text.hasPrefix("Anonymous:"), let mapping = current {
        current = nil
        guard mapping.isReadOnlyFile, Mapping.isZero(text) else { continue }
        madvise(mapping.start, mapping.length, MADV_DONTNEED)
      }
    }
  }

  /// A mapping's first line in proc_pid_smaps(5).
  struct Mapping: Equatable {
    var start: UnsafeMutableRawPointer
    var length: Int
    /// Code or constants. Only where none of its pages is anonymous, which a relocated page is, can
    /// nothing be lost.
    var isReadOnlyFile: Bool

    init?(_ line: String) {
      let fields = line.split(whereSeparator: { $0 == " " || $0 == "\n" })
      guard fields.count >= 5 else { return nil }
      let bounds = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
      guard bounds.count == 2, bounds[0] < bounds[1],
        let start = UnsafeMutableRawPointer(bitPattern: bounds[0])
      else { return nil }
      self.start = start
      length = Int(bounds[1] - bounds[0])
      let isFile = fields.count > 5 && fields[5].hasPrefix("/")
      isReadOnlyFile = isFile && (fields[1] == "r-xp" || fields[1] == "r--p")
    }

    /// Whether a line such as `Anonymous:   0 kB` says nothing at all.
    static func isZero(_ line: String) -> Bool {
      line.split(separator: " ").dropFirst().first == "0"
    }
  }
}
