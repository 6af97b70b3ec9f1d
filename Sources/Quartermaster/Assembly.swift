import API
import Access
import Certificates
import Dialects
import Foundation
import Inventory
import Logging
import NIOCore
import NIOPosix
import Realtime
import ServiceLifecycle
import SocketIO
import UnixSignals
import Storage
import Supervision
import Sync
import Synchronization
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
  private let certificate: HubCertificate?
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
    certificate = try Self.certificate(configuration, logger)
    group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
  }

  /// A torn file must not keep the crew from its stock: where nobody asked for HTTPS in particular the
  /// hub goes on without.
  private static func certificate(
    _ configuration: HubConfiguration, _ logger: Logger
  ) throws -> HubCertificate? {
    guard let tls = configuration.tls else { return nil }
    do {
      return try HubCertificate(
        in: configuration.data + "/tls", files: tls.files, names: .now(), clock: Date(),
        built: Program.built)
    } catch {
      guard !tls.isChosen, tls.files == nil else { throw Failure("\(error)") }
      logger.error("there is no HTTPS: \(error)")
      return nil
    }
  }

  /// Where devices connect.
  struct Doors {
    var plain: String
    var secure: String?
  }

  /// Serves until a signal asks it to stop.
  /// - Parameters:
  ///   - reload: reads the settings again, for SIGHUP.
  ///   - started: is told the addresses that devices connect to.
  func run(
    reload: (@Sendable () async throws -> HubConfiguration)? = nil,
    started: (Doors) async throws -> Void
  ) async throws {
    let position = try store.position()
    let hub = Hub(
      gate: gate, position: position,
      heartbeat: Heartbeat(silence: .seconds(Int64(configuration.heartbeatSeconds))))
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
    let listeners = try await listen(hub, watchdog, uplink, downlink)
    loopback.target(host: configuration.host, port: listeners.plain.port)

    let doors = Doors(
      plain: "http://\(displayed(configuration.host)):\(listeners.plain.port)",
      secure: listeners.secure.map { listener in
        "https://\(displayed(configuration.tls?.host ?? "")):\(listener.port)"
      })
    try await started(doors)
    let status = "Serving on \(doors.plain)."
    manager.ready(status: status)
    logger.info(
      "serving on \(doors.plain)\(doors.secure.map { " and \($0)" } ?? "")",
      metadata: .occasion(.started))

    let front = FrontDesk(
      listeners: [listeners.plain] + (listeners.secure.map { [$0] } ?? []), hub: hub, gate: gate,
      manager: manager, logger: logger)
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
    if let uplink { services.append(.init(service: uplink)) }
    if let downlink { services.append(.init(service: downlink)) }
    services.append(
      .init(service: front, successTerminationBehavior: .gracefullyShutdownGroup))
    let keeper = certificate.map { CertificateKeeper(certificate: $0, logger: logger) }
    if let keeper { services.append(.init(service: keeper)) }
    if let reload {
      services.append(
        .init(
          service: Reloader(
            configuration: configuration, gate: gate, keeper: keeper, logLevel: logLevel,
            manager: manager,
            status: status, logger: logger, load: reload)))
    }
    services.append(.init(service: watchdog))
    var group = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = .seconds(4)
    try await ServiceGroup(configuration: group).run()
    changes?.stop()
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
  ) async throws -> (plain: Listener, secure: Listener?) {
    let sockets = SocketDialect(
      hub: hub, allowedOrigins: Set(configuration.allowedOrigins))
    // Known only when the port is.
    let introduction = Mutex<Introduction?>(nil)
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
        }, introduction: { introduction.withLock { $0 } }, version: Version.current,
        pingInterval: hub.heartbeat.silence.nanoseconds / 1_000_000),
      polling: PollingRoutes(path: sockets.server.settings.path) {
        try await sockets.server.respond(to: $0, from: $1, over: $2)
      },
      logger: logger)
    let admission = Admission(hub: hub, dialects: [RoomsDialect(), CountRoomsDialect(), sockets])
    let held = manager.listeningSockets().map(Listener.Place.socket)
    let plain = try await open(
      held.first ?? .address(host: configuration.host, port: configuration.port), admission, front)
    guard let tls = configuration.tls, let certificate else { return (plain, nil) }
    do {
      let secure = try await open(
        held.dropFirst().first ?? .address(host: tls.host, port: tls.port), admission, front,
        secured: { certificate.context })
      let introduced = try Introduction(of: certificate, port: secure.port)
      introduction.withLock { $0 = introduced }
      return (plain, secure)
    } catch let failure as Failure where !tls.isChosen {
      // An upgrade must not take the hub from a box whose port of this number was somebody else's.
      logger.warning("there is no HTTPS: \(failure)")
      return (plain, nil)
    }
  }

  private func open(
    _ place: Listener.Place, _ admission: Admission, _ front: HTTPFront,
    secured security: Listener.Security? = nil
  ) async throws -> Listener {
    let isSecure = security != nil
    do {
      return try await Listener(
        group: group, on: place, security: security, admission: admission,
        http: { channel in
          channel.eventLoop.makeCompletedFuture {
            Listener.HTTPConnection(serve: try front.attach(to: channel, isSecure: isSecure))
          }
        },
        refusal: { channel, refusal in
          channel.eventLoop.makeCompletedFuture {
            Listener.HTTPConnection(
              serve: try front.attach(refusing: refusal, to: channel))
          }
        }, logger: logger)
    } catch let error as IOError {
      throw Failure(place, isSecure ? "--listen-tls" : "--listen", error.errnoCode)
    } catch is SocketAddressError.UnknownHost {
      throw Failure(
        "The host of \(place.words) is not known here. Choose an address of this machine with \(isSecure ? "--listen-tls" : "--listen")."
      )
    }
  }
}

extension Introduction {
  fileprivate init(of certificate: HubCertificate, port: Int) throws {
    self.init(
      securePort: port, addresses: { BoxNames.now().reachable },
      authority: try certificate.authority.map { authority in
        Authority(
          fingerprint: try authority.fingerprint, der: try authority.der, pem: try authority.pem,
          profile: try Profile(of: authority).xml)
      })
  }
}

extension Failure {
  /// A place that cannot be listened on, and what chooses another.
  fileprivate init(_ place: Listener.Place, _ flag: String, _ code: CInt) {
    let address = place.words
    switch code {
    case EADDRINUSE:
      self.init("\(address) is in use by another program. Choose another with \(flag) HOST:PORT.")
    case EACCES:
      self.init(
        "\(address) may not be used by this user. Choose a port above 1023 with \(flag).")
    default:
      let why = String(cString: strerror(code))
      self.init("\(address) cannot be listened on (\(why)). Choose another with \(flag).")
    }
  }
}

extension Listener.Place {
  fileprivate var words: String {
    switch self {
    case .address(let host, let port): "\(host):\(port)"
    case .socket: "The socket of systemd"
    }
  }
}

/// The host as one types it: an address that means "all" is reached as localhost.
private func displayed(_ host: String) -> String {
  switch host {
  case "0.0.0.0", "::": "localhost"
  default: host.contains(":") ? "[\(host)]" : host
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
    (received, sent) = (census.received, census.sent)
    roundTrips = census.roundTrips
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
