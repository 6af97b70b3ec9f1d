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
/// this service acts: a batch sets out when the one before it has left, not when that one is answered,
/// and the next one is made backstage meanwhile; so a slow link is always full. What a link costs is
/// in `LinkProfile`; the way down is a service of its own.
package final class Uplink: Service {
  let store: Store
  let settings: UplinkSettings
  let logger: Logger
  let counter = WireCounter()
  private let group: any EventLoopGroup
  private let clock: @Sendable () -> Int64
  private let onProgress: @Sendable ([Lane: Int64]) -> Void
  private let onStatus: @Sendable (UplinkStatus) -> Void
  private let doorbell = Doorbell()
  private let snapshot: Mutex<Snapshot>
  private let stall: Mutex<StallWatch>
  let exchanges = Exchanges()
  let purse: Purse
  let onLink: @Sendable (Links.Change) -> Void
  private let start = ContinuousClock.now

  private struct Snapshot {
    var status: UplinkStatus
    var countedAt: ContinuousClock.Instant?
    var told: UplinkStatus?
    var toldAt: ContinuousClock.Instant?
    var storedStall: Int64?
  }

  /// - Parameters:
  ///   - purse: what the way down spends from as well.
  ///   - clock: the hub's clock in milliseconds since 1970.
  ///   - onProgress: is told all cursors each time that one has moved.
  ///   - onStatus: is told how the uplink stands when that has changed, a few times a minute at most
  ///     while all goes well.
  ///   - onLink: is told what is heard of the link: from the system, from a person, from an exchange
  ///     that got no answer.
  package init(
    store: Store, settings: UplinkSettings, purse: Purse? = nil, group: any EventLoopGroup,
    logger: Logger,
    clock: @escaping @Sendable () -> Int64 = Store.systemTime,
    onProgress: @escaping @Sendable ([Lane: Int64]) -> Void,
    onStatus: @escaping @Sendable (UplinkStatus) -> Void = { _ in },
    onLink: @escaping @Sendable (Links.Change) -> Void = { _ in }
  ) throws(StoreError) {
    self.store = store
    self.settings = settings
    self.group = group
    self.logger = logger
    self.clock = clock
    self.onProgress = onProgress
    self.onStatus = onStatus
    self.onLink = onLink
    if let purse {
      self.purse = purse
    } else {
      self.purse = try Purse(settings.profile.budget, in: store)
    }
    let since = try store.stalledSince()
    snapshot = Mutex(
      Snapshot(status: UplinkStatus(profile: settings.profile.name), storedStall: since))
    stall = Mutex(
      StallWatch(
        patience: settings.patience, since: since, isAlarmed: try store.isUplinkAlarmed()))
  }

  /// New events are committed. Cheap, from any thread, as often as you like.
  package func nudge() { doorbell.ring(.committed) }

  /// A person asks to send now.
  package func syncNow() {
    doorbell.ring(.restarted)
    onLink(.gained)
  }

  /// The machine's addresses changed, or somebody who watches them says so. An exchange over an
  /// address that is lost is given up.
  package func linkChanged(_ change: Links.Change) {
    if change == .lost { exchanges.cancel() }
    if change != .none { doorbell.ring(.restarted) }
    onLink(change)
  }

  #if os(Linux)
    /// A hook says that the link is up or down.
    package func hinted(_ word: LinkHint.Word) {
      switch word {
      case .up: linkChanged(.gained)
      case .down:
        exchanges.cancel()
        doorbell.ring(.linkDown)
      }
    }
  #endif

  /// Counts what is pending afresh, at most once a second: not for an event loop.
  package var status: UplinkStatus {
    let now = ContinuousClock.now
    let isStale = snapshot.withLock { $0.countedAt.map { now - $0 >= .seconds(1) } ?? true }
    // A backlog that can't be counted just now keeps its last figure.
    if isStale, let backlog = try? store.backlog() {
      snapshot.withLock { snapshot in
        snapshot.status.pending = backlog
        // What has come since, and is gathered until it pays to go.
        if snapshot.status.state == .upToDate, snapshot.status.waiting > 0 {
          snapshot.status.state = .waiting
        }
        snapshot.countedAt = now
      }
    }
    return snapshot.withLock { $0.status }
  }

  package func run() async throws {
    let client = try settings.client(on: group, counting: counter, connections: 2)
    #if os(Linux)
      let watch = LinkWatch { [weak self] in self?.linkChanged($0) }
      if watch == nil { logger.info("Changes of the network are not told; waits run their time.") }
      let bus = BusSignals { [weak self] in self?.linkChanged($0) }
      defer {
        watch?.stop()
        bus.stop()
      }
    #endif
    await cancelWhenGracefulShutdown { await self.forward(over: client) }
    update { $0.state = .stopped }
    try await client.shutdown()
  }

  private func forward(over client: HTTPClient) async {
    let courier = Courier(client: client, settings: settings)
    var drive = Drive(settings, purse)
    while !Task.isCancelled {
      let now = start.duration(to: .now)
      let barred = drive.barred(now: now)
      switch next(drive, now: now, barred: barred) {
      case .send(let lane, let limit):
        let happened = await sendNext(lane, atMost: limit, by: courier, &drive)
        tell(&drive.forwarder, lane, happened, now: start.duration(to: .now))
        listen(&drive, doorbell.look())
      case .withhold(let lane):
        let happened = await withholdNext(lane, by: courier, &drive)
        tell(&drive.forwarder, lane, happened, now: start.duration(to: .now))
      case .wait(let duration):
        // Whatever waits in the tray holds up nothing: it goes when nothing else does.
        if now >= drive.retriesFrom, !drive.forwarder.isLinkHeld(now: now),
          await sendRetry(by: courier, &drive, now: now)
        {
          listen(&drive, doorbell.look())
          continue
        }
        if drive.isUntidy {
          drive.isUntidy = false
          await Backstage.tidy()
        }
        rest(drive, barred: barred)
        let quiet = tellStatus()
        listen(&drive, await doorbell.wait(atMost: quiet.map { min($0, duration) } ?? duration))
      }
      _ = tellStatus()
    }
    if let ahead = drive.ahead { await abandon(ahead, &drive) }
  }

  /// What is under way is heard out before anything is waited for.
  private func next(_ drive: Drive, now: Duration, barred: [Lane: Duration]) -> Forwarder.Order {
    let order = drive.forwarder.order(now: now, barred: barred)
    if let ahead = drive.ahead, case .wait = order { return .send(ahead.lane, atMost: 0) }
    return order
  }

  private func listen(_ drive: inout Drive, _ rings: Rings) {
    let now = start.duration(to: .now)
    if rings.contains(.timer) { drive.forwarder.woke() }
    if rings.contains(.committed) { drive.forwarder.committed(now: now) }
    if rings.contains(.linkDown) { drive.forwarder.linkDown(now: now) }
    if rings.contains(.restarted) {
      drive.forwarder.restarted()
      drive.meter.changed()
      drive.retriesFrom = .zero
    }
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
  func launch(
    _ prepared: PreparedBatch, isAhead: Bool = false, by courier: Courier, _ drive: Drive
  ) -> Flight {
    Flight(
      prepared, isAhead: isAhead, by: courier, among: exchanges,
      within: drive.patience(for: prepared, atMost: settings.exchangeTimeout))
  }

  func post(
    _ prepared: PreparedBatch, by courier: Courier, _ drive: inout Drive
  ) async -> Courier.Delivery? {
    await land(launch(prepared, by: courier, drive).task, &drive)
  }

  /// Asks for shore's answer to a batch that may have arrived.
  func ask(
    about doubt: Doubt, by courier: Courier, _ drive: inout Drive
  ) async -> Courier.Delivery? {
    let limit = drive.meter.limit(for: Doubt.worthAsking, atMost: settings.exchangeTimeout)
    return await land(exchanges.start { await courier.ask(about: doubt, within: limit) }, &drive)
  }

  /// `nil` when it was given up: what shore made of the batch shows when it is asked, or sent again.
  func land(
    _ exchange: Task<Courier.Delivery?, Never>, _ drive: inout Drive
  ) async -> Courier.Delivery? {
    var delivery = await withTaskCancellationHandler {
      await exchange.value
    } onCancel: {
      exchanges.cancel()
    }
    let counted = counter.bytes
    let bytes = counted - drive.counted
    drive.counted = counted
    delivery?.bytes = bytes
    update { status in
      status.bytesSent += bytes.sent
      status.bytesReceived += bytes.received
    }
    // Bytes count, whatever came of them; shore's word counts its own, with what it confirms.
    if delivery?.isAccepted == true {
      purse.spend(bytes.total)
    } else if bytes.total > 0 {
      purse.pay(bytes.total)
    }
    if delivery?.reply == .failed(.untrusted), let words = clockTrouble {
      delivery?.reply = .failed(.clock(words))
    }
    return delivery
  }

  func abandon(_ flight: Flight, _ drive: inout Drive) async {
    flight.task.cancel()
    let delivery = await land(flight.task, &drive)
    drive.ahead = nil
    if delivery?.isUncertain ?? true, let doubt = flight.doubt { drive.doubts.append(doubt) }
  }

  /// In plain words, when the hub's clock can't be right: then a certificate's dates say nothing.
  private var clockTrouble: String? {
    let now = clock()
    let latest = max((try? store.latestTime()) ?? 0, Self.released)
    guard now < latest - 86_400_000 else { return nil }
    return "The secure connection to shore failed because the hub's clock is wrong: it stands "
      + "\((latest - now) / 86_400_000) days before what the log has seen. Set the clock, or pin "
      + "shore's certificate."
  }

  /// This program did not exist before 21 November 2026.
  private static let released: Int64 = 1_795_219_200_000
}

/// What is shown of it.
extension Uplink {
  func update(_ change: (inout UplinkStatus) -> Void) {
    snapshot.withLock { change(&$0.status) }
  }

  func contacted(_ delivery: Courier.Delivery? = nil) {
    let now = clock()
    update { status in
      status.lastContact = now
      status.lastError = nil
      if let shoreTime = delivery?.shoreTime {
        let ahead = now - shoreTime
        // A header counts whole seconds, and the way takes a few.
        status.clockAhead = abs(ahead) > 60_000 ? ahead : nil
      }
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
    stall.withLock { $0.progressed() }
    onProgress(try store.shoreCursors())
  }

  private func rest(_ drive: Drive, barred: [Lane: Duration]) {
    let isIdle = !drive.forwarder.hasMore || status.waiting == 0
    let words = barred.isEmpty ? nil : plan(barred)
    update { status in
      status.state = isIdle ? .upToDate : .waiting
      status.planned = words
    }
    show(drive)
  }

  func show(_ drive: Drive) {
    update { status in
      status.bytesPerSecond = drive.meter.rate.map { Int64($0) }
      status.eventsPerSecond = drive.meter.eventsPerSecond
      status.roundTrip = drive.meter.roundTrip
      status.budget = purse.allowances
    }
  }

  private func plan(_ barred: [Lane: Duration]) -> String? {
    let waiting = barred.keys.filter { (status.pending[$0] ?? 0) > 0 }
    let unwanted = waiting.filter { !settings.profile.lanes.contains($0) }
    guard waiting.count > unwanted.count else {
      guard !unwanted.isEmpty else { return nil }
      return "Over a \(settings.profile.name.rawValue) link the less urgent events wait for a "
        + "better one."
    }
    return "The link's budget is spent for now; what is urgent still goes as far as its reserve."
  }

  /// Tells whoever listens, when there is news, and not more often than every two seconds.
  /// - Returns: in how long there will be something to tell, if nothing happens.
  private func tellStatus() -> Duration? {
    let now = ContinuousClock.now
    let (isNew, due) = snapshot.withLock { snapshot -> (Bool, Duration) in
      (
        snapshot.told != snapshot.status,
        snapshot.toldAt.map { .seconds(2) - (now - $0) } ?? .zero
      )
    }
    guard isNew else { return nil }
    guard due <= .zero else { return due }
    let status = status
    snapshot.withLock { snapshot in
      snapshot.told = status
      snapshot.toldAt = now
    }
    onStatus(status)
    return nil
  }

  /// Whether people must be told that nothing gets ashore, or that it goes on: what the ledger is to
  /// note. To be asked every few seconds.
  package func stallNews() throws(StoreError) -> NoteUplinkStall.Change? {
    let status = status
    let powered = purse.powered
    let isPlanned = status.lastError == nil && status.planned != nil
    let (order, since) = stall.withLock { stall in
      (stall.looked(powered: powered, pending: status.waiting, isPlanned: isPlanned), stall.since)
    }
    try keep(stalledSince: since.flatMap { powered - $0 >= 60_000 ? $0 : nil })
    switch order {
    case .none: return nil
    case .clear: return .resumed
    case .raise(let minutes):
      return .stalled(
        minutes: minutes, waiting: status.waiting,
        reason: status.reason ?? "Shore has not been reached yet.")
    }
  }

  /// A hub that is switched off every evening still finds that it has not got through for days.
  private func keep(stalledSince since: Int64?) throws(StoreError) {
    guard snapshot.withLock({ $0.storedStall }) != since else { return }
    try store.noteStalled(since: since)
    snapshot.withLock { $0.storedStall = since }
  }
}
