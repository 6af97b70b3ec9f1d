import AsyncHTTPClient
import Inventory
import Logging
import NIOCore
import ServiceLifecycle
import Storage
import Sync
import Synchronization

/// Carries the log ashore, lane by lane, whenever there is a way.
///
/// The outbox is the log itself and a cursor per lane: a batch is read after the cursor, posted,
/// and the cursor moves only on shore's sealed answer that these very bytes are on its disk.
/// Nothing is ever deleted here, and a batch that is sent twice is held once. `Forwarder` decides,
/// this service acts: one exchange at a time, so that a slow link is never shared by two batches.
/// Budgets and link profiles belong into the forwarder's `Pace`; the way down is a service of its
/// own.
package final class Uplink: Service {
  let store: Store
  let settings: UplinkSettings
  let logger: Logger
  private let group: any EventLoopGroup
  private let clock: @Sendable () -> Int64
  private let onProgress: @Sendable ([Lane: Int64]) -> Void
  private let doorbell = Doorbell()
  private let snapshot = Mutex(Snapshot())
  private let exchange = Mutex<Task<Reply?, Never>?>(nil)

  private struct Snapshot {
    var status = UplinkStatus()
    var countedAt: ContinuousClock.Instant?
  }

  /// - Parameters:
  ///   - clock: the hub's clock in milliseconds since 1970.
  ///   - onProgress: is told all cursors each time that one has moved.
  package init(
    store: Store, settings: UplinkSettings, group: any EventLoopGroup, logger: Logger,
    clock: @escaping @Sendable () -> Int64 = Store.systemTime,
    onProgress: @escaping @Sendable ([Lane: Int64]) -> Void
  ) {
    self.store = store
    self.settings = settings
    self.group = group
    self.logger = logger
    self.clock = clock
    self.onProgress = onProgress
  }

  /// New events are committed. Cheap, from any thread, as often as you like.
  package func nudge() { doorbell.ring(.committed) }

  /// A person asks to send now.
  package func syncNow() { doorbell.ring(.restarted) }

  /// The machine's addresses changed. An exchange over an address that is lost is given up.
  package func linkChanged(_ change: Links.Change) {
    if change == .lost { exchange.withLock { $0?.cancel() } }
    if change != .none { doorbell.ring(.restarted) }
  }

  /// Counts what is pending afresh, at most once a second: not for an event loop.
  package var status: UplinkStatus {
    let now = ContinuousClock.now
    let isStale = snapshot.withLock { $0.countedAt.map { now - $0 >= .seconds(1) } ?? true }
    // A backlog that can't be counted just now keeps its last figure.
    if isStale, let backlog = try? store.backlog() {
      snapshot.withLock { snapshot in
        snapshot.status.pending = backlog
        snapshot.countedAt = now
      }
    }
    return snapshot.withLock { $0.status }
  }

  package func run() async throws {
    let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    #if os(Linux)
      let watch = LinkWatch { [weak self] in self?.linkChanged($0) }
      if watch == nil { logger.info("Changes of the network are not told; waits run their time.") }
      defer { watch?.stop() }
    #endif
    await cancelWhenGracefulShutdown { await self.forward(over: client) }
    update { $0.state = .stopped }
    try await client.shutdown()
  }

  private var configuration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(settings.connectTimeout)))
    configuration.httpVersion = .http1Only
    configuration.connectionPool.idleTimeout = .seconds(60)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
    // A try that fails is the forwarder's business: it says so, and waits.
    configuration.connectionPool.retryConnectionEstablishment = false
    return configuration
  }

  private func forward(over client: HTTPClient) async {
    let start = ContinuousClock.now
    let courier = Courier(client: client, settings: settings)
    var forwarder = Forwarder(pace: settings.pace)
    while !Task.isCancelled {
      switch forwarder.order(now: start.duration(to: .now)) {
      case .send(let lane, let limit):
        let happened = await sendNext(lane, atMost: limit, by: courier)
        tell(&forwarder, lane, happened, now: start.duration(to: .now))
        listen(&forwarder, doorbell.look())
      case .withhold(let lane):
        let happened = await withholdNext(lane, by: courier)
        tell(&forwarder, lane, happened, now: start.duration(to: .now))
      case .wait(let duration):
        let isIdle = !forwarder.hasMore
        update { $0.state = isIdle ? .upToDate : .waiting }
        listen(&forwarder, await doorbell.wait(atMost: duration))
      }
    }
  }

  private func listen(_ forwarder: inout Forwarder, _ rings: Rings) {
    if rings.contains(.timer) { forwarder.woke() }
    if rings.contains(.committed) { forwarder.committed() }
    if rings.contains(.restarted) { forwarder.restarted() }
  }

  private func tell(
    _ forwarder: inout Forwarder, _ lane: Lane, _ happened: Happening, now: Duration
  ) {
    let chance = Double.random(in: 0..<1)
    switch happened {
    case .nothingLeft: forwarder.drained(lane)
    case .confirmed(let events): forwarder.acknowledged(lane, events: events)
    case .withheld: forwarder.withheld(lane)
    case .rewound: forwarder.rewound(lane, now: now, chance: chance)
    case .rejected(let events):
      forwarder.rejected(lane, events: events, now: now, chance: chance)
    case .tooLarge(let events, let isProven):
      forwarder.tooLarge(lane, events: events, isProven: isProven, now: now, chance: chance)
    case .failed(let trouble):
      forwarder.failed(
        lane, reach: trouble.reach, retryAfter: trouble.retryAfter, now: now, chance: chance)
    case .givenUp: break
    }
  }
}

/// One exchange, which a change of the network cuts short.
extension Uplink {
  /// `nil` when it was given up: what shore made of the batch shows when it is sent again.
  func post(_ body: [UInt8], head: BatchHead, by courier: Courier) async -> Reply? {
    // A task of its own, because `linkChanged` ends the exchange and not the service.
    let task = Task { await courier.post(body, head: head) }
    exchange.withLock { $0 = task }
    defer { exchange.withLock { $0 = nil } }
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }
}

/// What is shown of it.
extension Uplink {
  func update(_ change: (inout UplinkStatus) -> Void) {
    snapshot.withLock { change(&$0.status) }
  }

  func contacted() {
    let now = clock()
    update { status in
      status.lastContact = now
      status.lastError = nil
    }
  }

  func troubled(_ trouble: Trouble) {
    let isNew = snapshot.withLock { snapshot in
      defer { snapshot.status.lastError = trouble.description }
      return snapshot.status.lastError != trouble.description
    }
    if isNew { logger.warning("The uplink waits.", metadata: ["reason": "\(trouble)"]) }
  }

  func progressed() throws(StoreError) {
    // What was counted before is wrong now.
    snapshot.withLock { $0.countedAt = nil }
    onProgress(try store.shoreCursors())
  }
}
