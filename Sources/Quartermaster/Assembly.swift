import API
import Access
import Dialects
import Foundation
import Inventory
import Logging
import NIOCore
import NIOPosix
import Realtime
import ServiceLifecycle
import UnixSignals
import Storage
import Supervision
import Sync
import Uplink
import Wire

/// Puts the parts together and runs them: the one place that knows them all.
///
/// The order below is the start order; the services' array is the shutdown plan, last first.
struct Assembly {
  let configuration: HubConfiguration
  let logger: Logger
  let logLevel: LogLevel
  let manager: ServiceManager
  let store: Store
  let gate: Gate
  private let lock: DataLock
  private let group: MultiThreadedEventLoopGroup

  /// Opens the folder: from here on no other hub can.
  init(_ configuration: HubConfiguration) async throws {
    self.configuration = configuration
    Umask.restrict()
    OpenFiles.raise()
    logLevel = LogLevel(configuration.logLevel)
    logger = Logger(supervised: "quartermaster", level: logLevel)
    manager = ServiceManager(logger: logger)
    manager.status("Opening the database.")
    lock = try DataLock(directory: configuration.data)
    // Replays the log that a power cut left behind, and migrates what an older version wrote.
    store = try manager.extendingTimeout { () throws(StoreError) in
      try Store(directory: configuration.data, currency: configuration.currency)
    }
    let tokens = await Tokens(key: try SecretFile.key(at: configuration.data + "/token.key"))
    gate = try Gate(
      ledger: Ledger(store: store, logger: logger), tokens: tokens, rules: configuration.rules,
      logger: logger)
    group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
  }

  /// Serves until a signal asks it to stop.
  /// - Parameters:
  ///   - reload: reads the settings again, for SIGHUP.
  ///   - started: is told the address that devices connect to.
  func run(
    reload: (@Sendable () async throws -> HubConfiguration)? = nil,
    started: (_ url: String) async throws -> Void
  ) async throws {
    let position = try store.position()
    let hub = Hub(gate: gate, position: position)
    try await hub.start(on: group, head: position.seq)
    let receipts = SecondReceipts(store: store, hub: hub)
    let (uplink, downlink) = try makeUplink(hub, receipts)
    let feed = LogFeed(store: store, after: position.seq, logger: logger) { events in
      hub.publish(events)
      uplink?.heard(events)
    }
    gate.ledger.observe { feed.committed($0) }
    let changes = ForeignChanges(of: store) {
      feed.catchUp()
      // What a courier brought back moves shore's cursors too.
      receipts.tell()
    }
    if changes == nil {
      logger.warning("changes by other processes show only with the next own one")
    }

    let hint = uplink.flatMap { uplink in
      LinkHint(in: configuration.data) { [weak uplink] in uplink?.hinted($0) }
    }
    let upkeep = Upkeep(
      gate: gate, powered: try store.powered(), uplink: uplink, retention: configuration.history,
      directory: configuration.data, logger: logger)
    let loopback = Loopback(group: group)
    let watchdog = Watchdog(
      manager: manager,
      checks: [
        .init(name: "event loops") { try await hub.turn() },
        .init(name: "database") { try await check(upkeep) },
        .init(name: "listener") { try await loopback.ask() },
      ], logger: logger)
    let listener = try await listen(hub, watchdog, uplink, downlink)
    loopback.target(host: configuration.host, port: listener.port)

    let url = "http://\(configuration.displayHost):\(listener.port)"
    try await started(url)
    let status = "Serving on \(url)."
    manager.ready(status: status)
    logger.info("serving on \(url)", metadata: .occasion(.started))

    let front = FrontDesk(
      listener: listener, hub: hub, gate: gate, manager: manager, logger: logger)
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
    if let uplink { services.append(.init(service: uplink)) }
    if let downlink { services.append(.init(service: downlink)) }
    services.append(
      .init(service: front, successTerminationBehavior: .gracefullyShutdownGroup))
    if let reload {
      services.append(
        .init(
          service: Reloader(
            configuration: configuration, gate: gate, logLevel: logLevel, manager: manager,
            status: status, logger: logger, load: reload)))
    }
    services.append(.init(service: watchdog))
    var group = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(4)
    try await ServiceGroup(configuration: group).run()
    withExtendedLifetime(changes) {}
    hint?.stop()
    try store.close()
    try await self.group.shutdownGracefully()
  }

  /// A write, as proof of life. Where the hub has met a damaged page it asks to be ended at once: each
  /// further write could spread the damage, and a restart heals what only memory had wrong.
  private func check(_ upkeep: Upkeep) async throws {
    do {
      try await upkeep.run()
    } catch let error as StoreError {
      if case .corrupt = error {
        logger.critical("\(error)", metadata: .occasion(.corruptionFound))
        manager.trouble("\(error)")
        manager.trigger()
      }
      throw error
    }
  }

  /// The way up and the way down, over the same link and out of the same purse.
  private func makeUplink(
    _ hub: Hub, _ receipts: SecondReceipts
  ) throws -> (Uplink?, Downlink?) {
    guard let shore = configuration.shore, let settings = try uplinkSettings() else {
      return (nil, nil)
    }
    let purse = try Purse(settings.profile.budget, in: store)
    let downlink = Downlink(
      ledger: gate.ledger, settings: settings, policy: shore.policy, group: group, logger: logger,
      purse: purse)
    let uplink = try Uplink(
      store: store, settings: settings, purse: purse, group: group, logger: logger,
      onProgress: { _ in
        downlink.hasten()
        receipts.tell()
      },
      onStatus: { status in
        hub.announce(
          "sync:status", topics: [Topics.sync], to: Audience(roles: .crew), status.json)
      }, onLink: { downlink.linkChanged($0) })
    return (uplink, downlink)
  }

  private func uplinkSettings() throws -> UplinkSettings? {
    guard let shore = configuration.shore else { return nil }
    guard let key = try? String(contentsOfFile: shore.keyFile, encoding: .utf8) else {
      throw Failure("The site key file \(shore.keyFile) cannot be read.")
    }
    var settings: UplinkSettings
    do {
      settings = try UplinkSettings(
        shore: shore.url, site: shore.site,
        key: key.trimmingCharacters(in: .whitespacesAndNewlines))
    } catch {
      throw Failure(misuse: "\(error)")
    }
    settings.trust = shore.trust
    settings.profile = shore.profile
    settings.patience = .seconds(shore.alarmMinutes * 60)
    do {
      try settings.check()
    } catch {
      throw Failure(misuse: "\(error)")
    }
    return settings
  }

  private func listen(
    _ hub: Hub, _ watchdog: Watchdog, _ uplink: Uplink?, _ downlink: Downlink?
  ) async throws -> Listener {
    let sockets = SocketDialect(
      hub: hub, allowedOrigins: Set(configuration.allowedOrigins))
    let front = HTTPFront(
      gate: gate,
      surroundings: Surroundings(
        presences: { try await hub.presences().map(\.json) },
        attendance: { Attendance(try await hub.census(), rooms: hub.rooms) },
        traffic: {
          let traffic = hub.traffic
          return [
            "connections": traffic.connections, "opened": traffic.opened,
            "refused": traffic.refused, "published": traffic.published,
            "dropped": traffic.dropped, "relief": hub.relief.rawValue,
          ]
        },
        health: { watchdog.health },
        uplink: {
          guard var json = uplink?.status.json else { return nil }
          json["down"] = downlink?.status.json
          return json
        }, version: Version.current),
      polling: PollingRoutes(path: sockets.server.settings.path) {
        head, address, loop, departure, body in
        await sockets.server.answer(
          head, from: address, on: loop, departure: departure, body: body)
      },
      logger: logger)
    do {
      return try await Listener(
        group: group,
        on: manager.listeningSockets().first.map(Listener.Place.socket)
          ?? .address(host: configuration.host, port: configuration.port),
        admission: Admission(
          hub: hub, dialects: [RoomsDialect(), CountRoomsDialect(), sockets]),
        http: { channel in
          channel.eventLoop.makeCompletedFuture {
            Listener.HTTPConnection(serve: try front.attach(to: channel))
          }
        },
        refusal: { channel, refusal in
          channel.eventLoop.makeCompletedFuture {
            Listener.HTTPConnection(
              serve: try front.attach(refusing: refusal, to: channel))
          }
        }, logger: logger)
    } catch let error as IOError {
      let address = "\(configuration.host):\(configuration.port)"
      switch error.errnoCode {
      case EADDRINUSE:
        throw Failure(
          "\(address) is in use by another program. Choose another with --listen HOST:PORT.")
      case EACCES:
        throw Failure(
          "\(address) may not be used by this user. Choose a port above 1023 with --listen.")
      default:
        let why = String(cString: strerror(error.errnoCode))
        throw Failure("\(address) cannot be listened on (\(why)). Choose another with --listen.")
      }
    } catch is SocketAddressError.UnknownHost {
      throw Failure(
        "The host \(configuration.host) is not known here. Choose an address of this machine with --listen."
      )
    }
  }
}

extension HubConfiguration {
  /// The host as one types it: an address that means "all" is reached as localhost.
  var displayHost: String {
    switch host {
    case "0.0.0.0", "::": "localhost"
    default: host.contains(":") ? "[\(host)]" : host
    }
  }
}

extension DownlinkStatus {
  var json: JSON {
    .compact([
      "state": .string(state.rawValue), "change": .int(change), "applied": .int(applied),
      "refused": .int(refused), "bytesSent": .int(bytesSent),
      "bytesReceived": .int(bytesReceived), "lastContact": .integer(lastContact),
      "lastError": .text(lastError),
    ])
  }
}

extension Attendance {
  init(_ census: Census, rooms: [String: Int]) {
    self.init()
    total = census.total
    authenticated = census.authenticated
    byRole = census.byRole
    byNamespace = census.byNamespace
    byPlace = census.byPlace
    self.rooms = rooms
  }
}

extension Uplink {
  /// New events are committed, one of which may be somebody's wish to send now.
  fileprivate func heard(_ events: [Event]) {
    if events.contains(where: { $0.type == EventType.syncRequested.rawValue }) {
      syncNow()
    } else {
      nudge()
    }
  }
}

extension Watchdog {
  /// The last verdict as the API shows it. Before the first round nothing is known to be wrong.
  fileprivate var health: (isWell: Bool, details: JSON) {
    guard let verdict else { return (true, [:]) }
    let findings = verdict.findings.map { finding -> (key: String, value: JSON) in
      let milliseconds = JSON.int(finding.duration.milliseconds)
      switch finding.outcome {
      case .ok: return (finding.check, ["ok": true, "milliseconds": milliseconds])
      case .failed(let reason):
        return (
          finding.check, ["ok": false, "reason": .string(reason), "milliseconds": milliseconds]
        )
      }
    }
    return (verdict.isWell, .object(JSON.Members(findings)))
  }
}

/// A thousand devices need a thousand descriptors, more than a shell's usual soft limit.
private enum OpenFiles {
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, 65_536)
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
