import Access
import Logging
import Storage
import Supervision
import Synchronization
import Uplink

/// What the hub does by itself every few seconds: notes its powered time (the watchdog's proof that
/// writing works), keeps used sessions open, ends reservations whose time is up, tells the crew when
/// nothing gets ashore, and once a minute writes down who used what.
final class Upkeep: Sendable {
  private let gate: Gate
  private let powered: Int64
  private let uplink: Uplink?
  private let start = ContinuousClock.now
  private let retention: Retention
  private let historyLooked = Mutex<ContinuousClock.Instant?>(nil)
  private let directory: String
  private let logger: Logger
  private let hadRoom = Atomic(true)
  private let usageRecorded = Mutex(ContinuousClock.now)

  /// - Parameter powered: powered time up to this start, in milliseconds.
  init(
    gate: Gate, powered: Int64, uplink: Uplink?, retention: Retention, directory: String,
    logger: Logger
  ) {
    self.gate = gate
    self.powered = powered
    self.uplink = uplink
    self.retention = retention
    self.directory = directory
    self.logger = logger
  }

  func run() async throws {
    let store = gate.ledger.store
    try noteRoom()
    let powered = powered + (ContinuousClock.now - start).milliseconds
    try gate.ledger.beat(poweredFor: powered)
    try store.touched(sessions: gate.takeUsedSessions())
    if try store.hasDueReservations() {
      _ = await gate.ledger.submit(Submission(ExpireReservations(), by: .hub))
    }
    if let news = try uplink?.stallNews() {
      _ = await gate.ledger.submit(Submission(NoteUplinkStall(news), by: .hub))
    }
    let isDue = usageRecorded.withLock { recorded in
      guard ContinuousClock.now - recorded >= .seconds(60) else { return false }
      recorded = .now
      return true
    }
    if isDue { await gate.recordUsage() }
    try forgetHistory(powered: powered)
  }

  /// Looks once an hour, and at each round while there is more to let go.
  private func forgetHistory(powered: Int64) throws {
    let isDue = historyLooked.withLock { looked in
      looked.map { ContinuousClock.now - $0 >= .seconds(3600) } ?? true
    }
    guard isDue else { return }
    let gone = try gate.ledger.forget(retention, powered: powered)
    historyLooked.withLock { $0 = gone == 0 ? .now : nil }
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
