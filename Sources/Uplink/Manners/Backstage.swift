#if canImport(Glibc)
  import CMalloc
  import Glibc
#else
  import Darwin
#endif

import Foundation

/// Does heavy work where it can't be felt: on a thread of its own that yields to all others.
///
/// Reading, writing and compressing thousands of events takes tens of milliseconds of a core. The
/// thread exists only while there is such work; in between it costs nothing.
enum Backstage {
  /// As nice(2): the event loops and the ledger, at 0, get some eight times as much of a busy core.
  private static let niceness: Int32 = 10

  /// Gives back what the work left behind in the allocator's arenas (malloc_trim(3)).
  static func tidy() async {
    #if canImport(Glibc)
      _ = try? await perform { malloc_trim(0) }
    #endif
  }

  static func perform<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread {
        #if os(Linux)
          // On Linux niceness belongs to the thread (setpriority(2), "C library/kernel differences").
          _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        #endif
        continuation.resume(with: Result { try work() })
      }
      thread.name = "uplink"
      thread.start()
    }
  }
}
