import Inventory
import Sync
import Synchronization

/// A batch under way. The next one of its lane may set out on another connection once this one has
/// left; answers are heard in the batches' order, and each moves the cursor by its own batch only.
struct Flight: Sendable {
  let prepared: PreparedBatch
  /// It set out before the one in front of it was answered.
  let isAhead: Bool
  let begun: ContinuousClock.Instant
  let task: Task<Courier.Delivery?, Never>
  private let departure: AsyncStream<Void>
  private let hasLeft = Mark()

  /// Read by the sender while the exchange sets it.
  private final class Mark: Sendable {
    let value = Mutex(false)
  }

  var lane: Lane { prepared.head.lane }

  init(
    _ prepared: PreparedBatch, isAhead: Bool, by courier: Courier, among exchanges: Exchanges,
    within limit: Duration
  ) {
    let (departure, signal) = AsyncStream<Void>.makeStream()
    self.prepared = prepared
    self.isAhead = isAhead
    self.departure = departure
    begun = .now
    task = exchanges.start { [hasLeft] in
      defer { signal.finish() }
      return await courier.post(
        prepared.body, coding: prepared.coding, head: prepared.head, within: limit
      ) {
        hasLeft.value.withLock { $0 = true }
        signal.finish()
      }
    }
  }

  /// What is in doubt should no answer come: a batch that has not left as a whole was not taken, and a
  /// small one is sent again for less than asking costs.
  var doubt: Doubt? {
    guard prepared.body.count > Doubt.worthAsking,
      prepared.body.count <= Pieces.size || hasLeft.value.withLock({ $0 })
    else { return nil }
    return Doubt(head: prepared.head, seqs: prepared.seqs, digest: BodyDigest(of: prepared.body))
  }

  /// Returns when the last byte has left, or nothing more will.
  func departed() async {
    for await _ in departure {}
  }
}

/// A batch that may be ashore although no answer came: shore is asked before anything is sent twice.
struct Doubt: Sendable {
  /// Bytes that the question and its answer cost, more or less.
  static let worthAsking = 1500

  let head: BatchHead
  let seqs: [Int64]
  let digest: BodyDigest
}
