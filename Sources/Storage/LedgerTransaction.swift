import GRDB
import Inventory
import Wire

/// A command that the ledger can carry out: what it does to the tables, and the events that say so.
package protocol LedgerCommand: Command {
  /// Changes tables and appends events, or throws a `Refusal` and leaves no trace.
  /// - Returns: what the caller is told, a JSON object.
  func apply(in entry: LedgerTransaction) throws -> JSON

  /// The fields of a master record that it sets, which merge with shore's edits; `nil` for all else.
  var edits: FieldEdits? { get }
}

extension LedgerCommand {
  package var edits: FieldEdits? { nil }
}

/// One open transaction of the ledger and the command in hand. Lives on the writer's queue only.
package final class LedgerTransaction {
  let db: Database
  let store: Store
  let time: Int64
  private(set) var events: [Event] = []
  /// Who performs the command in hand; `nil` is the hub itself.
  private(set) var identity: Identity?
  /// Whoever performs it, as people call them.
  var speaker = ""
  private(set) var operation: String?
  private(set) var deviceTime: Int64?
  private(set) var head: Int64
  let epoch: String
  private let room: DiskSpace.Room
  private var author = Author.hub
  var side: Side { if case .shore = author { .ashore } else { .aboard } }
  private var identities: [Int64: Identity] = [:]

  init(_ db: Database, store: Store) throws {
    self.db = db
    self.store = store
    time = store.now()
    let position = try Store.position(db)
    head = position.seq
    epoch = position.epoch
    room = try DiskSpace(at: store.directory).room
  }

  func perform(_ submission: Submission) throws -> Outcome {
    do {
      try begin(submission)
      if let earlier = try recall(submission) { return earlier }
    } catch let refusal as Refusal {
      return .refused(refusal)
    }
    let (mark, before) = (events.count, head)
    try statement("SAVEPOINT command").execute()
    do {
      guard identity.map({ type(of: submission.command).performers.contains($0.role) }) ?? true
      else { throw Refusal(.forbidden, "Your role may not do this.") }
      try requireRoom(for: type(of: submission.command).name)
      let data = try submission.command.apply(in: self).encoded
      if let edits = submission.command.edits { try remember(edits, at: before + 1) }
      try remember(submission, refusal: nil, outcome: data)
      try statement("RELEASE command").execute()
      return .done(Receipt(position: Position(epoch: epoch, seq: head), data: data))
    } catch {
      events.removeSubrange(mark...)
      head = before
      // A full disk makes SQLite roll back the whole transaction by itself; nothing is left to save.
      guard db.isInsideTransaction else { throw error }
      try statement("ROLLBACK TO command").execute()
      try statement("RELEASE command").execute()
      let refusal = try Self.refusal(for: error)
      // What may succeed later as it stands, or once an admin has allowed it, is tried anew.
      if refusal.code != .forbidden, !refusal.isTemporary {
        try remember(submission, refusal: refusal, outcome: refusal.message)
      }
      return .refused(refusal)
    }
  }

  /// Carries out a part of a command that may be refused by itself, leaving no trace of it then.
  func attempt(_ part: () throws -> Void) throws -> Refusal? {
    let (mark, before) = (events.count, head)
    try statement("SAVEPOINT part").execute()
    do {
      try part()
      try statement("RELEASE part").execute()
      return nil
    } catch {
      events.removeSubrange(mark...)
      head = before
      guard db.isInsideTransaction else { throw error }
      try statement("ROLLBACK TO part").execute()
      try statement("RELEASE part").execute()
      forgetIdentities()
      return try Self.refusal(for: error)
    }
  }

  /// A clash with a unique index or a reference is the command's fault, anything else the hub's.
  private static func refusal(for error: any Error) throws -> Refusal {
    switch error {
    case let refusal as Refusal: return refusal
    case let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT:
      return error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY
        ? Refusal(.notFound, "Something that the command names does not exist.")
        : Refusal(.duplicate, "Something of that name or number exists already.")
    default: throw error
    }
  }

  /// Refuses while there still is room to say so. Orders and payments are taken longest.
  private func requireRoom(for command: String) throws(Refusal) {
    switch room {
    case .all: return
    case .ordersOnly:
      guard !Self.essential.contains(where: command.hasPrefix) else { return }
      throw Refusal(
        .storageFull,
        "The hub's disk is nearly full; only orders and payments are saved. Ask for space to be freed."
      )
    case .nothing:
      throw Refusal(.storageFull, "The hub's disk is full; the change was not saved.")
    }
  }

  /// What a ship cannot do without, and signing in to do it.
  private static let essential = ["order.", "payment.", "sale.", "session."]

  private func begin(_ submission: Submission) throws {
    author = submission.author
    operation = submission.operation
    deviceTime = submission.deviceTime
    switch submission.author {
    case .hub, .shore: identity = nil
    case .session(let session):
      if let known = identities[session] {
        identity = known
      } else {
        guard let found = try Store.identity(db, session: session) else {
          throw Refusal(.sessionEnded, "This session has ended. Sign in again.")
        }
        identities[session] = found
        identity = found
      }
    }
    speaker = identity?.name ?? "the hub"
  }

  /// Roles or sessions have changed: they are read again for the next command.
  func forgetIdentities() {
    identities.removeAll()
  }

  private func statement(_ sql: String) throws -> Statement {
    try db.cachedStatement(sql: sql)
  }
}

/// Operation ids: the first result is kept and given again.
extension LedgerTransaction {
  /// Ids are the device's own, so they are unique per user and device. A device that did not name
  /// itself at sign-in shares its ids with the user's other unnamed devices.
  private var scope: String {
    if side == .ashore { return "shore" }
    return identity.map { "\($0.user)/\($0.device)" } ?? "hub"
  }

  private func recall(_ submission: Submission) throws -> Outcome? {
    guard let operation else { return nil }
    let earlier = try Row.fetchOne(
      statement(
        """
        SELECT fingerprint, seq, refusal, outcome, field FROM operation WHERE author = ? AND id = ?
        """),
      arguments: [scope, operation])
    guard let earlier else { return nil }
    guard earlier[0] == submission.fingerprint else {
      throw Refusal(
        .operationReused, "The operation id \(operation) was used for another command already.")
    }
    let outcome: String = earlier[3]
    if let code = (earlier[2] as String?).flatMap(Refusal.Code.init(rawValue:)) {
      return .refused(Refusal(code, outcome, field: earlier[4]))
    }
    let seq: Int64 = earlier[1]
    let epoch = try String.fetchOne(
      statement("SELECT name FROM epoch WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1"),
      arguments: [max(seq, 1)])
    return .done(
      Receipt(position: Position(epoch: epoch ?? self.epoch, seq: seq), data: outcome))
  }

  private func remember(
    _ submission: Submission, refusal: Refusal?, outcome: String
  ) throws {
    guard let operation else { return }
    try statement(
      """
      INSERT INTO operation (author, id, fingerprint, seq, refusal, field, outcome)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      """
    ).execute(arguments: [
      scope, operation, submission.fingerprint, head, refusal?.code.rawValue, refusal?.field,
      outcome,
    ])
  }
}

extension LedgerTransaction {
  /// The transaction's events as whoever reads the log now gets them.
  func eventsForReaders() throws -> [Event] {
    guard let first = events.first, try isCountingBlind() else { return events }
    return try statement(
      "SELECT \(Event.columnsForReaders) FROM event WHERE seq >= ? ORDER BY seq"
    ).fetchEvents([first.seq])
  }
}

/// What commands use.
extension LedgerTransaction {
  /// Appends to the log; the event becomes visible when the transaction commits.
  /// - Returns: its seq.
  @discardableResult
  func append(
    _ type: EventType, topics: [String] = [], branch: Int64? = nil, customer: Int64? = nil,
    hearer: Int64? = nil, readers: Roles? = nil, _ data: JSON
  ) throws -> Int64 {
    try append(
      type.rawValue, lane: type.lane,
      audience: Audience(
        roles: readers ?? type.readers, branch: branch, customer: customer, user: hearer),
      topics: [type.namespace.rawValue] + topics, data)
  }

  /// Appends an event of whatever type, the site's own included.
  @discardableResult
  func append(
    _ type: String, lane: Lane, audience: Audience, topics: [String], _ data: JSON
  ) throws -> Int64 {
    head += 1
    let event = Event(
      seq: head, type: type, lane: lane, audience: audience, topics: topics, user: identity?.user,
      device: identity?.device, operation: operation, time: time, deviceTime: deviceTime,
      data: data.encoded)
    try statement(
      """
      INSERT INTO event (\(Event.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    ).execute(arguments: [
      event.seq, event.type, event.lane.rawValue, Int64(audience.roles.rawValue),
      audience.branch, audience.customer, audience.user,
      JSON.array(event.topics.map(JSON.string)).encoded, event.user,
      event.device, event.operation, event.time, event.deviceTime, event.data,
    ])
    events.append(event)
    return head
  }

  func execute(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
    try statement(sql).execute(arguments: arguments)
  }

  /// Runs an INSERT and returns the new row's id.
  func insert(_ sql: String, _ arguments: StatementArguments) throws -> Int64 {
    try execute(sql, arguments)
    return db.lastInsertedRowID
  }

  func row(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Row? {
    try Row.fetchOne(statement(sql), arguments: arguments)
  }

  func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Row] {
    try Row.fetchAll(statement(sql), arguments: arguments)
  }

  func integer(
    _ sql: String, _ arguments: StatementArguments = StatementArguments()
  ) throws -> Int64? {
    try statement(sql).fetchInteger(arguments)
  }

  /// Refuses a person who does not work in `branch`.
  func requireMembership(of branch: Int64?) throws {
    guard identity?.belongs(to: branch) ?? true else {
      throw Refusal(.forbidden, "This belongs to a branch that you do not work in.")
    }
  }

  /// Refuses where `id` is given and `table` has no such row. `table` is a name in this module.
  func require(_ id: Int64?, in table: String, called what: String, field: String) throws {
    guard let id else { return }
    guard try integer("SELECT 1 FROM \"\(table)\" WHERE id = ?", [id]) != nil else {
      throw Refusal.missing(what, id, field: field)
    }
  }
}
