import Access
import Logging
import Storage
import Supervision
import Synchronization

/// What the hub does by itself every few seconds: notes its powered time (the watchdog's proof that
/// writing works), keeps used sessions open, ends reservations whose time is up, and once a minute
/// writes down who used what.
final class Upkeep: Sendable {
  private let gate: Gate
  private let powered: Int64
  private let start = ContinuousClock.now
  private let directory: String
  private let logger: Logger
  private let hadRoom = Atomic(true)
  private let usageRecorded = Mutex(ContinuousClock.now)

  /// - Parameter powered: powered time up to this start, in milliseconds.
  init(gate: Gate, powered: Int64, directory: String, logger: Logger) {
    self.gate = gate
    self.powered = powered
    self.directory = directory
    self.logger = logger
  }

  func run() async throws {
    let store = gate.ledger.store
    try noteRoom()
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

  /// Says once when the disk's reserve is reached, and once when there is room again.
  private func noteRoom() throws {
    let space = try DiskSpace(at: directory)
    let hasRoom = space.room == .all
    guard hadRoom.exchange(hasRoom, ordering: .relaxed) != hasRoom else { return }
    if hasRoom {
      logger.notice("there is room on the disk again")
    } else {
      logger.error(
        "the disk is nearly full (\(space.free / 1_000_000) MB free); only orders and payments are saved",
        metadata: .occasion(.diskNearlyFull))
    }
  }
}
