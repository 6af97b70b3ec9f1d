import Glibc
import Histogram

/// Nanoseconds of the clocks that figures are made of.
enum Clock {
  static func now() -> UInt64 { read(CLOCK_MONOTONIC) }
  /// CPU time of the calling thread.
  static func thread() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  static func seconds(since start: UInt64) -> Double { Double(now() - start) / 1e9 }
}

/// Latencies, kept to three digits.
struct Latencies {
  private var histogram = Histogram<UInt32>(
    highestTrackableValue: 120_000_000_000, numberOfSignificantValueDigits: .three)

  mutating func record(_ nanoseconds: UInt64) {
    histogram.record(nanoseconds)
  }

  var isEmpty: Bool { histogram.totalCount == 0 }
  var maximum: Double { Double(histogram.max) / 1e6 }

  /// In milliseconds.
  func percentile(_ percent: Double) -> Double {
    Double(histogram.valueAtPercentile(percent)) / 1e6
  }
}
