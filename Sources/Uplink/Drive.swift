import Inventory
import Sync

/// What the forwarding loop knows and nobody else touches.
struct Drive: Sendable {
  var forwarder: Forwarder
  var meter: LinkMeter
  var spending: Spending
  /// Shore has said that it reads zstd.
  var takesZstd = false
  /// The batch that follows the last one, made while that one travelled.
  var ready: PreparedBatch?
  var retryBackoff = Backoff()
  var retriesFrom = Duration.zero
  private let profile: LinkProfile

  init(_ settings: UplinkSettings, spending: Spending) {
    var pace = settings.pace
    pace.gathering = settings.profile.gathering
    profile = settings.profile
    forwarder = Forwarder(pace: pace)
    meter = LinkMeter(largest: pace.batchEvents)
    self.spending = spending
  }

  var coding: Coding { takesZstd ? .zstd(level: profile.compression) : .gzip }

  /// Lanes that may not be sent now, and from when on they may.
  /// - Parameter powered: in milliseconds, at `now`.
  func barred(powered: Int64, now: Duration) -> [Lane: Duration] {
    var barred: [Lane: Duration] = [:]
    let hour = powered / 3_600_000
    for lane in Lane.allCases {
      if !profile.lanes.contains(lane) {
        barred[lane] = now + .seconds(3600)
      } else if let open = spending.opens(of: profile.budget, for: lane, at: hour) {
        barred[lane] = now + .milliseconds(open * 3_600_000 - powered)
      }
    }
    return barred
  }

  /// How many events of `lane` the next batch may hold.
  func limit(_ lane: Lane, atMost most: Int, powered: Int64) -> Int {
    let left = spending.left(of: profile.budget, for: lane, at: powered / 3_600_000)
    return min(most, meter.batch, left.map(meter.affordable) ?? .max)
  }
}

/// A batch with its bytes.
struct PreparedBatch: Sendable {
  var batch: Batch
  var body: [UInt8]
  var coding: Coding
  /// Of a core's time, more or less.
  var took: Duration
}
