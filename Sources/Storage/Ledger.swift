import Dispatch
import GRDB
import Inventory
import Logging
import Synchronization
import Wire

/// The one door through which anything changes.
///
/// Commands that arrive while a commit is in flight share the next one (group commit), each in a
/// savepoint of its own, so that a bad one fails alone. A reply is given only after the transaction
/// that holds the change has been fsynced; a repeated operation id gets the first reply again. After
/// the replies the committed events are handed to the one observer, the live feed, in log order.
package final class Ledger: Sendable {
  private struct Waiting {
    var tickets: [Ticket] = []
    var isDraining = false
    var isClosed = false
  }

  private struct Ticket: Sendable {
    var submission: Submission
    var reply: @Sendable (Outcome) -> Void
  }

  /// A function of its own type: each time a lock hands out a bare one, the compiler wraps it once
  /// more and puts it back like that, so that it would grow with every commit.
  private struct Observer {
    var show: (@Sendable ([Event]) -> Void)?
  }

  package let store: Store
  private let logger: Logger
  private let writer = DispatchQueue(label: "quartermaster.ledger", qos: .userInitiated)
  private let waiting = Mutex(Waiting())
  private let observer = Mutex(Observer())
  private let hasMetDamage = Atomic(false)
  private let largestBatch = 256
  private let longestQueue = 20_000

  package init(store: Store, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// Names who is shown the events of each commit, in log order, on the writer's queue.
  package func observe(_ observer: @escaping @Sendable ([Event]) -> Void) {
    self.observer.withLock { $0.show = observer }
  }

  /// Queues a command; `reply` is called once, from the writer's queue, when its fate is durable.
  package func submit(
    _ submission: Submission, reply: @escaping @Sendable (Outcome) -> Void
  ) {
    enum Admission { case queued, wake, full, closed }
    let admission = waiting.withLock { waiting -> Admission in
      if waiting.isClosed { return .closed }
      if waiting.tickets.count >= longestQueue { return .full }
      waiting.tickets.append(Ticket(submission: submission, reply: reply))
      if waiting.isDraining { return .queued }
      waiting.isDraining = true
      return .wake
    }
    switch admission {
    case .queued: break
    case .wake: writer.async { self.drain() }
    case .full:
      reply(.refused(Refusal(.unavailable, "The hub has too much to write. Try again shortly.")))
    case .closed:
      reply(.refused(Refusal(.unavailable, "The hub is stopping. Try again shortly.")))
    }
  }

  package func submit(_ submission: Submission) async -> Outcome {
    await withCheckedContinuation { continuation in
      submit(submission) { continuation.resume(returning: $0) }
    }
  }

  /// Refuses new commands and returns when those already taken are committed and answered.
  package func close() async {
    waiting.withLock { $0.isClosed = true }
    await withCheckedContinuation { continuation in
      // Drains by itself: whoever took the last command may not have woken the writer yet.
      writer.async {
        self.drain()
        continuation.resume()
      }
    }
  }

  /// A write and its fsync, as proof of life: notes how long the hub has been powered. Fails for good
  /// once a commit has met a damaged page.
  package func beat(poweredFor milliseconds: Int64) throws(StoreError) {
    guard !hasMetDamage.load(ordering: .relaxed) else { throw .corrupt(store.path) }
    try store.write { db in try Powered.note(db, milliseconds) }
  }

  private func drain() {
    while true {
      let batch = waiting.withLock { waiting -> [Ticket] in
        let batch = Array(waiting.tickets.prefix(largestBatch))
        waiting.tickets.removeFirst(batch.count)
        if batch.isEmpty { waiting.isDraining = false }
        return batch
      }
      if batch.isEmpty { return }
      commit(batch)
    }
  }

  private func commit(_ batch: [Ticket]) {
    do {
      let (outcomes, events) = try store.pool.writeWithoutTransaction { db in
        try transaction(db, batch.map(\.submission))
      }
      for (ticket, outcome) in zip(batch, outcomes) { ticket.reply(outcome) }
      if !events.isEmpty, let show = observer.withLock({ $0.show }) { show(events) }
    } catch  where batch.count > 1 && !Self.isBusy(error) {
      // Something larger than one command went wrong. Each gets a transaction of its own, so that
      // what can be saved is saved, and what cannot is answered for itself.
      logger.warning("a commit of \(batch.count) commands failed: \(error)")
      for ticket in batch { commit([ticket]) }
    } catch {
      logger.error("a commit failed: \(error)")
      if case .corrupt = StoreError(error, path: store.path) {
        hasMetDamage.store(true, ordering: .relaxed)
      }
      for ticket in batch { ticket.reply(.refused(Refusal(failure: error))) }
    }
  }

  /// Whether another program holds the file: each command would only wait for as long again.
  private static func isBusy(_ error: any Error) -> Bool {
    (error as? DatabaseError)?.resultCode == .SQLITE_BUSY
  }

  /// All of `batch`, committed and fsynced when this returns; nothing of it when this throws.
  private func transaction(
    _ db: Database, _ batch: [Submission]
  ) throws -> (outcomes: [Outcome], events: [Event]) {
    var outcomes: [Outcome] = []
    var events: [Event] = []
    try db.inTransaction(.immediate) {
      let entry = try LedgerTransaction(db, store: store)
      outcomes = try batch.map { try entry.perform($0) }
      events = try entry.eventsForReaders()
      return .commit
    }
    return (outcomes, events)
  }
}

/// A command with who asks for it, and what makes a retry recognisable.
package struct Submission: Sendable {
  package var command: any LedgerCommand
  package var author: Author
  /// The device's own id for this command. A second submission under it changes nothing.
  package var operation: String?
  /// Tells a retry from a different command under the same id.
  package var fingerprint: Int64
  package var deviceTime: Int64?

  package init(
    _ command: any LedgerCommand, by author: Author, operation: String? = nil,
    fingerprint: Int64 = 0, deviceTime: Int64? = nil
  ) {
    self.command = command
    self.author = author
    self.operation = operation
    self.fingerprint = fingerprint
    self.deviceTime = deviceTime
  }
}

package enum Author: Sendable {
  /// A signed-in user; the session's row decides, inside the transaction, who that is.
  case session(Int64)
  /// The hub itself, or whoever administers its files.
  case hub
  /// Shore: `ApplyChange` and nothing else, within the hub's `ShorePolicy`.
  case shore
}

package enum Outcome: Sendable {
  case done(Receipt)
  case refused(Refusal)
}

/// Safe on the hub: the transaction is on disk.
package struct Receipt: Sendable, Equatable {
  package var position: Position
  /// The command's result, a JSON object.
  package var data: String
}

extension Refusal {
  /// For faults that are not the caller's; their details are for the log only.
  package init(failure: any Error) {
    switch failure {
    case let refusal as Refusal: self = refusal
    case let error as StoreError: self.init(storage: error)
    default: self.init(storage: StoreError(failure, path: ""))
    }
  }

  private init(storage error: StoreError) {
    switch error {
    case .full:
      self.init(.storageFull, "The hub's disk is full; the change was not saved.")
    case .busy:
      self.init(.unavailable, "The hub's database is busy; the change was not saved. Try again.")
    case .cannotOpen, .newerVersion, .corrupt, .inUse, .cannotWrite, .notABackup, .failed:
      self.init(.internalError, "The hub could not save the change. Its log says why.")
    }
  }
}
