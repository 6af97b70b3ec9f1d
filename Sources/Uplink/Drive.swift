import Inventory
import Sync

/// What the forwarding loop knows and nobody else touches.
struct Drive: Sendable {
  var forwarder: Forwarder
  var meter: LinkMeter
  let purse: Purse
  /// Shore has said that it reads zstd.
  var takesZstd = false
  /// The batch behind the last that set out, made while that one travelled.
  var ready: PreparedBatch?
  /// The batch that set out before the one in front of it was answered.
  var ahead: Flight?
  /// Batches that may be ashore although no answer came, oldest first.
  var doubts: [Doubt] = []
  /// Whether large batches have been made since memory was last tidied.
  var isUntidy = false
  /// When the last answer came.
  var lastAnswer: ContinuousClock.Instant?
  /// What the sockets had counted then.
  var counted = WireCounter.Bytes()
  var retryBackoff = Backoff()
  var retriesFrom = Duration.zero
  private let profile: LinkProfile

  init(_ settings: UplinkSettings, _ purse: Purse) {
    var pace = settings.pace
    pace.gathering = settings.profile.gathering
    profile = settings.profile
    forwarder = Forwarder(pace: pace)
    meter = LinkMeter(largest: pace.batchEvents)
    self.purse = purse
  }

  var coding: Coding { takesZstd ? .zstd(level: profile.compression) : .gzip }

  /// Lanes that may not be sent now, and from when on they may.
  func barred(now: Duration) -> [Lane: Duration] {
    var barred: [Lane: Duration] = [:]
    for lane in Lane.allCases {
      if !profile.lanes.contains(lane) {
        barred[lane] = now + .seconds(3600)
      } else if let wait = purse.wait(for: lane) {
        barred[lane] = now + wait
      }
    }
    return barred
  }

  /// How many events of `lane` the next batch may hold.
  func limit(_ lane: Lane, atMost most: Int) -> Int {
    min(most, meter.batch, purse.left(for: lane).map(meter.affordable) ?? .max)
  }

  /// Whether `next` may set out before `flight` is answered: where both are paid for, and when it is
  /// too large to overtake.
  func maySendAhead(_ next: PreparedBatch, of flight: PreparedBatch) -> Bool {
    let left = purse.left(for: flight.head.lane) ?? .max
    return next.body.count >= flight.body.count / 2
      && left >= 2 * (next.body.count + flight.body.count)
  }

  /// How long a batch may be under way, with what it shares the link with.
  func patience(for prepared: PreparedBatch, atMost longest: Duration) -> Duration {
    meter.limit(
      for: prepared.body.count + (ahead?.prepared.body.count ?? 0), atMost: longest)
  }
}

/// A batch as it travels: its bytes, and of its events no more than it takes to know them again.
struct PreparedBatch: Sendable {
  let head: BatchHead
  let seqs: [Int64]
  /// Bytes of its text, unpacked.
  let size: Int
  let body: [UInt8]
  let coding: Coding
  /// Of a core's time, more or less.
  let took: Duration

  init(_ batch: Batch, _ coding: Coding = .gzip, since start: ContinuousClock.Instant = .now)
    throws(BatchFault)
  {
    head = batch.head
    seqs = batch.events.map(\.seq)
    size = batch.text.count
    body = try batch.body(coding)
    self.coding = coding
    took = .now - start
  }
}
