import Foundation

/// What the kernel says about a process, from proc(5).
struct ProcessFigures {
  let process: Int32

  private func text(_ file: String) throws -> String {
    try String(contentsOfFile: "/proc/\(process)/\(file)", encoding: .utf8)
  }

  /// User and system time of all threads, in seconds.
  func processorTime() throws -> Double {
    try processorTime(from: text("stat"))
  }

  /// The same of those threads alone whose name begins so.
  func processorTime(ofThreads name: String) throws -> Double {
    // A thread may end between being listed and being read.
    try threads.compactMap { try? text("task/\($0)/stat") }
      .filter { $0.contains("(\(name)") }
      .reduce(0) { try $0 + processorTime(from: $1) }
  }

  private func processorTime(from text: String) throws -> Double {
    // The name may hold spaces and brackets; fields are counted after its last bracket.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      throw Failure("/proc/\(process)/stat cannot be understood.")
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Bytes.
  struct Memory {
    var resident = 0.0
    var proportional = 0.0
    var privateDirty = 0.0
    var privateClean = 0.0
  }

  func memory() throws -> Memory {
    let lines = try values(in: "smaps_rollup")
    func bytes(_ name: String) -> Double { (lines[name] ?? 0) * 1024 }
    return Memory(
      resident: bytes("Rss"), proportional: bytes("Pss"), privateDirty: bytes("Private_Dirty"),
      privateClean: bytes("Private_Clean"))
  }

  /// Bytes that the process sent to a disk, of files that exist still and of others.
  func bytesWritten() throws -> Double {
    guard let bytes = try values(in: "io")["write_bytes"] else {
      throw Failure("/proc/\(process)/io does not say what was written.")
    }
    return bytes
  }

  private var threads: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task") }
  }

  func threadCount() throws -> Int { try threads.count }

  /// How often each thread was put on a processor and left it again, by thread.
  func contextSwitches() throws -> [String: Double] {
    var switches: [String: Double] = [:]
    for thread in try threads {
      // A thread may end between being listed and being read.
      guard let lines = try? values(in: "task/\(thread)/status") else { continue }
      switches[thread] =
        (lines["voluntary_ctxt_switches"] ?? 0) + (lines["nonvoluntary_ctxt_switches"] ?? 0)
    }
    return switches
  }

  /// Lines such as `Rss:   12 kB`.
  private func values(in file: String) throws -> [String: Double] {
    var values: [String: Double] = [:]
    for line in try text(file).split(separator: "\n") {
      let parts = line.split(whereSeparator: { $0 == ":" || $0 == " " || $0 == "\t" })
      if parts.count >= 2, let value = Double(parts[1]) { values[String(parts[0])] = value }
    }
    return values
  }
}
