import AsyncHTTPClient
import Inventory
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Storage
import Sync
import Synchronization
import Wire

/// Fetches what shore wants changed, and puts it through the ledger's one door.
///
/// The cursor lies in the hub's own database and moves in the transaction that carries the change
/// out; asking for what follows it is the acknowledgement. So a page that is cut off, comes twice or
/// is asked for again after a power cut changes nothing twice, and goes on in its middle. A change
/// that the hub refuses goes to the tray and the next one follows.
package final class Downlink: Service {
  private let ledger: Ledger
  private let settings: UplinkSettings
  private let policy: ShorePolicy
  private let logger: Logger
  private let group: any EventLoopGroup
  private let holding: Duration
  private let clock: @Sendable () -> Int64
  private let purse: Purse?
  private let counter = WireCounter()
  private let doorbell = Doorbell()
  private let exchange = Mutex<Task<DownReply, Never>?>(nil)
  private let state = Mutex(DownlinkStatus())
  /// A page in smaller parts, so that the crew's commands need not wait for all of it.
  private let portion = 50
  /// After so many failures in a row a change that is the hub's own trouble goes to the tray.
  private let patience = 5

  private var store: Store { ledger.store }

  /// - Parameters:
  ///   - purse: what the way up spends from as well.
  ///   - holding: how long shore may hold a question.
  ///   - clock: the hub's clock in milliseconds since 1970.
  package init(
    ledger: Ledger, settings: UplinkSettings, policy: ShorePolicy, group: any EventLoopGroup,
    logger: Logger, purse: Purse? = nil, holding: Duration = .seconds(120),
    clock: @escaping @Sendable () -> Int64 = Store.systemTime
  ) {
    self.ledger = ledger
    self.settings = settings
    self.policy = policy
    self.group = group
    self.logger = logger
    self.purse = purse
    self.holding = holding
    self.clock = clock
  }

  package var status: DownlinkStatus { state.withLock { $0 } }

  /// There is a way ashore again, or a person asks. Ends a rest, disturbs nothing else.
  package func hasten() { doorbell.ring(.restarted) }

  /// What the system says of the link; an exchange over an address that is lost is given up.
  package func linkChanged(_ change: Links.Change) {
    if change == .lost { exchange.withLock { $0?.cancel() } }
    if change != .none { hasten() }
  }

  package func run() async throws {
    // A connection of its own: a question that is held must not stand in the way of what goes up.
    let client = try settings.client(on: group, counting: counter, connections: 1)
    await cancelWhenGracefulShutdown { await self.collect(over: client) }
    update { $0.state = .stopped }
    try await client.shutdown()
  }

  private func collect(over client: HTTPClient) async {
    let start = ContinuousClock.now
    var collector = Collector(
      holding: holding,
      backoff: Backoff(shortest: settings.pace.shortest, longest: settings.pace.longest))
    var failures = Failures()
    while !Task.isCancelled {
      if let wait = purse?.wait(for: .first) {
        update { $0.state = .waiting }
        _ = await doorbell.wait(atMost: wait)
        continue
      }
      switch collector.order(now: start.duration(to: .now)) {
      case .rest(let duration):
        update { $0.state = .waiting }
        if await doorbell.wait(atMost: duration).contains(.restarted) { collector.restarted() }
      case .ask(let holding):
        let asked = ContinuousClock.now
        let happened = await collectOnce(holding, over: client, &failures)
        let (took, now) = (asked.duration(to: .now), start.duration(to: .now))
        let chance = Double.random(in: 0..<1)
        if doorbell.look().contains(.restarted) { collector.restarted() }
        switch happened {
        case .success(let count):
          collector.collected(count, took: took, now: now, chance: chance)
        case .failure(let trouble):
          guard !Task.isCancelled else { return }
          troubled(trouble)
          collector.failed(retryAfter: trouble.retryAfter, now: now, chance: chance)
        }
      }
    }
  }

  /// Asks once and carries out what comes.
  private func collectOnce(
    _ holding: Duration, over client: HTTPClient, _ failures: inout Failures
  ) async -> Result<Int, Trouble> {
    do {
      let cursor = try store.changeCursor()
      update { status in
        status.state = .listening
        status.change = cursor.number
      }
      let request = ChangeRequest(
        site: settings.site, epoch: try store.position().epoch, after: cursor.number,
        tag: cursor.tag,
        wait: holding.components.seconds, backlog: try store.backlog(),
        nonce: ChangeRequest.freshNonce())
      switch await ask(request, holding, over: client) {
      case .failed(let trouble): return .failure(trouble)
      case .page(let page):
        contacted()
        guard !page.changes.isEmpty else { return .success(0) }
        update { $0.state = .applying }
        try await apply(page, &failures)
        return .success(page.changes.count)
      }
    } catch let trouble as Trouble {
      return .failure(trouble)
    } catch {
      return .failure(.hub("The hub's own database stands in the way: \(error)"))
    }
  }

  private func ask(
    _ request: ChangeRequest, _ holding: Duration, over client: HTTPClient
  ) async -> DownReply {
    // Shore answers in good time, and a page is no larger than a batch of the slowest link.
    let (settings, limit) = (settings, holding + min(settings.exchangeTimeout, .seconds(60)))
    let before = counter.bytes
    // A task of its own, because `linkChanged` ends the exchange and not the service.
    let task = Task { await DownReply.to(request, settings, client, within: limit) }
    exchange.withLock { $0 = task }
    defer { exchange.withLock { $0 = nil } }
    let reply = await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
    let bytes = counter.bytes - before
    if let purse, purse.isLimited { purse.pay(bytes.total) }
    update { status in
      status.bytesSent += bytes.sent
      status.bytesReceived += bytes.received
    }
    return reply
  }
}

/// What the hub makes of a page.
extension Downlink {
  /// How often the change after the cursor has failed for a reason of the hub's own.
  fileprivate struct Failures {
    var number: Int64 = 0
    var count = 0
    var last: Refusal?
  }

  private func apply(_ page: ChangePage, _ failures: inout Failures) async throws {
    var rest = page.changes[...]
    while !rest.isEmpty {
      let next = Array(rest.prefix(portion))
      rest = rest.dropFirst(portion)
      let hopeless = failures.count >= patience ? failures.last : nil
      let outcomes = await submit(
        next.map { change in
          ApplyChange(
            change, policy: policy, sent: page.sent,
            hopeless: change.number == failures.number ? hopeless : nil)
        })
      for (change, outcome) in zip(next, outcomes) {
        switch outcome {
        case .done(let receipt): try done(change, receipt)
        case .refused(let refusal):
          let isAgain = failures.number == change.number
          failures = Failures(
            number: change.number,
            count: refusal.code == .internalError ? (isAgain ? failures.count : 0) + 1 : 0,
            last: refusal)
          throw Trouble.hub(refusal.message)
        }
      }
    }
  }

  /// In order, all in one commit where the ledger can.
  private func submit(_ commands: [ApplyChange]) async -> [Outcome] {
    let (stream, continuation) = AsyncStream<(Int, Outcome)>.makeStream()
    for (index, command) in commands.enumerated() {
      let submission = Submission(command, by: .shore, operation: command.tag)
      ledger.submit(submission) { continuation.yield((index, $0)) }
    }
    var outcomes: [Int: Outcome] = [:]
    for await (index, outcome) in stream {
      outcomes[index] = outcome
      if outcomes.count == commands.count { break }
    }
    return commands.indices.compactMap { outcomes[$0] }
  }

  private func done(_ change: ShoreChange, _ receipt: Receipt) throws {
    // The hub knew the change under another number: shore was put back to an older copy.
    if try store.changeCursor().number < change.number { try store.passed(change) }
    let isRefused = try JSON(parsing: receipt.data)["code"] != nil
    update { status in
      status.change = change.number
      status.applied += isRefused ? 0 : 1
      status.refused += isRefused ? 1 : 0
    }
    if isRefused {
      logger.warning(
        "A change from shore was refused; it waits for a person.",
        metadata: ["change": "\(change.number)", "command": "\(change.command)"])
    }
  }

  private func contacted() {
    let now = clock()
    update { status in
      status.lastContact = now
      status.lastError = nil
    }
  }

  private func troubled(_ trouble: Trouble) {
    let isNew = state.withLock { status in
      defer { status.lastError = trouble.description }
      return status.lastError != trouble.description
    }
    if isNew { logger.warning("The way down waits.", metadata: ["reason": "\(trouble)"]) }
  }

  private func update(_ change: (inout DownlinkStatus) -> Void) {
    state.withLock { change(&$0) }
  }
}
