import Inventory
import Sync

/// A batch under way. The next one of its lane may set out on another connection once this one has
/// left; answers are heard in the batches' order, and each moves the cursor by its own batch only.
struct Flight: Sendable {
  let prepared: PreparedBatch
  /// It set out before the one in front of it was answered.
  let isAhead: Bool
  let begun: ContinuousClock.Instant
  let task: Task<Courier.Delivery?, Never>
  private let departure: AsyncStream<Void>

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
    task = exchanges.start {
      defer { signal.finish() }
      return await courier.post(
        prepared.body, coding: prepared.coding, head: prepared.head, within: limit
      ) { signal.finish() }
    }
  }

  /// Returns when the last byte has left, or nothing more will.
  func departed() async {
    for await _ in departure {}
  }
}
