import Access
import Storage
import Synchronization

/// What the hub does by itself every few seconds: notes its powered time (the watchdog's proof that
/// writing works), keeps used sessions open, ends reservations whose time is up, and once a minute
/// writes down who used what.
final class Upkeep: Sendable {
  private let gate: Gate
  private let powered: Int64
  private let start = ContinuousClock.now
  private let usageRecorded = Mutex(ContinuousClock.now)

  /// - Parameter powered: powered time up to this start, in milliseconds.
  init(gate: Gate, powered: Int64) {
    self.gate = gate
    self.powered = powered
  }

  func run() async throws {
    let store = gate.ledger.store
    try gate.ledger.beat(poweredFor: powered + (ContinuousClock.now - start).milliseconds)
    try store.touched(sessions: gate.takeUsedSessions())
    if try store.hasDueReservations() {
      _ = await gate.ledger.submit(Submission(ExpireReservations(), by: .hub))
    }
    let isDue = usageRecorded.withLock { recorded in
      guard ContinuousClock.now - recorded >= .seconds(60) else { return false }
      recorded = .now
      return true
    }
    if isDue { await gate.recordUsage() }
  }
}
