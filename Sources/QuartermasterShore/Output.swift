import Shore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Whole lines, unbuffered: a program that waits for one gets it at once.
enum Output {
  static func say(_ line: some CustomStringConvertible) throws(ShoreError) {
    try write(Array("\(line)\n".utf8), to: STDOUT_FILENO)
  }

  /// For people: standard error, so that standard output stays clean for programs.
  static func tell(_ line: String) {
    // Who can't hear standard error can't be told so either.
    try? write(Array("\(line)\n".utf8), to: STDERR_FILENO)
  }

  static func write(_ bytes: [UInt8], to file: Int32 = STDOUT_FILENO) throws(ShoreError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
      guard count >= 0 || errno == EINTR else {
        throw .notWritable(path: "The output", reason: String(cString: strerror(errno)))
      }
      rest = rest.dropFirst(max(0, count))
    }
  }
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(file, bytes, count)
}
