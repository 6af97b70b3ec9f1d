import Access
import Certificates
import Configuration
import Foundation
import Inventory
import Logging
import Storage
import SystemPackage
import Uplink
import Wire
import Yams

/// What a hub is started with: flags over environment (`QUARTERMASTER_…`) over a YAML file.
struct HubConfiguration: Sendable {
  var data: String
  var host: String
  var port: Int
  /// `nil` where HTTPS is switched off.
  var tls: TLS?
  var eventLoops: Int
  /// A WebSocket that is silent for so long is asked for a sign of life.
  var heartbeatSeconds: Int
  var allowedOrigins: [String]
  var currency: String
  var logLevel: Logger.Level
  var limits: Limits
  var history: Retention
  var shore: Shore?

  struct TLS: Sendable, Equatable {
    var host: String
    var port: Int
    /// Whether somebody asked for this very address.
    var isChosen: Bool
    /// The owner's own certificate in place of one by the hub's authority.
    var files: HubCertificate.Files?
  }

  struct Shore: Sendable, Equatable {
    var url: String
    var site: String
    var keyFile: String
    var trust = Trust()
    var profile = LinkProfile(.marina)
    /// Minutes of powered time after which a standstill is an alarm.
    var alarmMinutes = 15
    /// What shore may do aboard.
    var policy = ShorePolicy()
  }

  /// - Parameter flags: by key, as given on the command line.
  static func load(flags: [String: String], file: String?) async throws -> HubConfiguration {
    var providers: [any ConfigProvider] = [
      InMemoryProvider(
        name: "flags",
        values: Dictionary(
          uniqueKeysWithValues: flags.map { key, value in
            (AbsoluteConfigKey(ConfigKey(key)), ConfigValue(.string(value), isSecret: false))
          })),
      EnvironmentVariablesProvider().prefixKeys(with: "quartermaster"),
    ]
    if let file {
      do {
        // A file in which every line is commented out is no mapping to the reader, but nothing wrong.
        if try Yams.compose(yaml: try String(contentsOfFile: file, encoding: .utf8)) != nil {
          providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(file)))
        }
      } catch {
        // The parser draws a picture of the place in several lines.
        let reason = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
        throw Failure(misuse: "The configuration file \(file) cannot be read: \(reason)")
      }
      try checkKeys(of: file)
    }
    return try HubConfiguration(Settings(reader: ConfigReader(providers: providers)))
  }

  private static let keys =
    ["data", "listen", "eventLoops", "heartbeatSeconds", "allowedOrigins", "currency", "logLevel"]
    + ["shore.url", "shore.site", "shore.siteKeyFile", "shore.commands", "shore.manageAdmins"]
    + ["shore.ca", "shore.pin", "shore.certificate", "shore.certificateKey"]
    + ["link.profile", "link.bytesPerHour", "link.bytesPerDay", "link.bytesPerMonth"]
    + ["link.lanes", "link.alarmMinutes", "tls.listen", "tls.certificate", "tls.key"]
    + limitKeys.map(\.0) + ["limits.replayedEvents", "history.days", "history.megabytes"]

  /// A misspelt setting would otherwise be passed over in silence.
  private static func checkKeys(of file: String) throws {
    func unknown(_ node: Node?, in path: String) -> [String] {
      guard let mapping = node?.mapping else { return [] }
      return mapping.flatMap { key, value -> [String] in
        let path = path + (key.string ?? "?")
        if keys.contains(path) { return [] }
        let isGroup = keys.contains { $0.hasPrefix(path + ".") }
        return isGroup ? unknown(value, in: path + ".") : [path]
      }
    }
    let text = try String(contentsOfFile: file, encoding: .utf8)
    guard let first = unknown(try Yams.compose(yaml: text), in: "").first else { return }
    throw Failure(
      misuse:
        "The configuration file \(file) has an unknown setting \(first); serve --print-config shows how settings are written."
    )
  }

  private init(_ settings: Settings) throws {
    data = settings.text("data") ?? DataOption.standard
    let listen = settings.text("listen") ?? "0.0.0.0:8080"
    (host, port) = try Self.address(listen, "listen")
    tls = try Self.tls(settings, beside: (host, port))
    eventLoops = try settings.number("eventLoops", 1...64) ?? 1
    heartbeatSeconds = try settings.number("heartbeatSeconds", 5...3600) ?? 30
    allowedOrigins = settings.texts("allowedOrigins") ?? []
    currency = settings.text("currency") ?? "EUR"
    guard currency.count == 3, currency.allSatisfy({ $0.isASCII && $0.isUppercase }) else {
      throw Failure(
        misuse: "currency must be three capital letters, such as EUR, and is \(currency).")
    }
    let level = settings.text("logLevel") ?? "notice"
    guard let logLevel = Logger.Level(rawValue: level) else {
      throw Failure(
        misuse:
          "logLevel must be trace, debug, info, notice, warning, error or critical, and is \(level)."
      )
    }
    self.logLevel = logLevel
    limits = try Self.limits(settings)
    history = try Self.history(settings)
    // Nobody is told to take a snapshot for what a replay would have brought.
    history.newest = max(history.newest, limits.replayedEvents)
    shore = try Self.shore(settings)
  }

  /// HTTP's own two ports lie 363 apart, and so do 8080 and 8443: a second hub on a port of its own
  /// gets a second port of its own.
  private static let distance = 363

  private static func tls(
    _ settings: Settings, beside plain: (host: String, port: Int)
  ) throws -> TLS? {
    let listen = settings.text("tls.listen")
    if listen == "off" { return nil }
    var tls = TLS(
      host: plain.host, port: plain.port == 0 ? 0 : plain.port + distance,
      isChosen: listen != nil)
    if let listen { (tls.host, tls.port) = try address(listen, "tls.listen") }
    // Beyond the last port: nowhere, unless somebody says where.
    if tls.port > 65_535 { return nil }
    var files = [settings.text("tls.certificate"), settings.text("tls.key")]
    if files == [nil, nil],
      let credentials = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
    {
      // systemd hands them over like this (LoadCredential=, systemd.exec(5)).
      files = ["tls.certificate", "tls.key"].map { name in
        FileManager.default.fileExists(atPath: "\(credentials)/\(name)")
          ? "\(credentials)/\(name)" : nil
      }
    }
    switch (files[0], files[1]) {
    case (let certificate?, let key?): tls.files = .init(certificate: certificate, key: key)
    case (nil, nil): break
    default: throw Failure(misuse: "tls.certificate and tls.key belong together: give both.")
    }
    return tls
  }

  private static func address(
    _ text: String, _ name: String
  ) throws -> (host: String, port: Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else {
      throw Failure(misuse: "\(name) must be HOST:PORT, such as 0.0.0.0:8080, and is \(text).")
    }
    let host = text[..<colon].trimmingCharacters(in: ["[", "]"])
    return (host.isEmpty ? "0.0.0.0" : host, port)
  }

  /// What counts from a reload on; everything else from the next start.
  var rules: Rules { Rules(limits: limits, allowedOrigins: Set(allowedOrigins)) }

  /// Settings of `other` that only a restart brings into force.
  func settingsThatNeedARestart(for other: HubConfiguration) -> [String] {
    let pairs: [(name: String, differs: Bool)] = [
      ("data", data != other.data), ("listen", (host, port) != (other.host, other.port)),
      ("tls", tls != other.tls), ("eventLoops", eventLoops != other.eventLoops),
      ("heartbeatSeconds", heartbeatSeconds != other.heartbeatSeconds),
      ("currency", currency != other.currency),
      ("history", history != other.history),
      ("limits.replayedEvents", limits.replayedEvents != other.limits.replayedEvents),
      ("shore", shore != other.shore),
    ]
    return pairs.filter { $0.differs }.map { $0.name }
  }

  private static let limitKeys:
    [(String, any WritableKeyPath<Limits, Int> & Sendable, ClosedRange<Int>)] = [
      ("limits.connections", \.connections, 1...1_000_000),
      ("limits.connectionsPerAddress", \.connectionsPerAddress, 1...1_000_000),
      ("limits.connectionsPerUser", \.connectionsPerUser, 1...1_000_000),
      ("limits.connectionAttemptsPerMinute", \.connectionAttemptsPerMinute, 1...100_000_000),
      ("limits.messagesPerMinute", \.messagesPerMinute, 1...100_000_000),
      ("limits.messagesPerMinutePerType", \.messagesPerMinutePerType, 1...100_000_000),
      ("limits.controlMessagesPerMinute", \.controlMessagesPerMinute, 1...100_000_000),
      ("limits.countMessagesPerMinute", \.countMessagesPerMinute, 1...100_000_000),
      ("limits.connectionsPerRoom", \.connectionsPerRoom, 1...1_000_000),
      ("limits.socketsPerUserPerMinute", \.socketsPerUserPerMinute, 1...100_000_000),
      ("limits.messageSize", \.messageSize, 1024...67_108_864),
      ("limits.jsonDepth", \.jsonDepth, 4...512),
      ("limits.waitingBytes", \.waitingBytes, 16_384...1_073_741_824),
      ("limits.subscriptions", \.subscriptions, 1...100_000),
      ("limits.signInAttemptsPerMinute", \.signInAttemptsPerMinute, 1...1_000_000),
      ("limits.requestsPerMinute", \.requestsPerMinute, 1...100_000_000),
    ]

  private static func limits(_ settings: Settings) throws -> Limits {
    var limits = Limits()
    for (key, path, range) in limitKeys {
      if let number = try settings.number(key, range) { limits[keyPath: path] = number }
    }
    if let replayed = try settings.number("limits.replayedEvents", 0...100_000_000) {
      limits.replayedEvents = Int64(replayed)
    }
    return limits
  }

  private static func history(_ settings: Settings) throws -> Retention {
    var history = Retention()
    if let days = try settings.number("history.days", 0...100_000) { history.days = days }
    if let megabytes = try settings.number("history.megabytes", 0...1_000_000) {
      history.megabytes = megabytes
    }
    return history
  }

  private static func shore(_ settings: Settings) throws -> Shore? {
    var parts = ["shore.url", "shore.site", "shore.siteKeyFile"].map(settings.text)
    if parts.allSatisfy({ $0 == nil }) { return nil }
    // systemd hands the key over like this (LoadCredential=, systemd.exec(5)).
    let credentials = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
    parts[2] = parts[2] ?? credentials.map { $0 + "/site.key" }
    guard let url = parts[0], let site = parts[1], let keyFile = parts[2] else {
      throw Failure(
        misuse:
          "Shore needs all three of --shore URL, --site NAME and --site-key-file FILE, or none.")
    }
    var policy = ShorePolicy()
    if let commands = settings.texts("shore.commands") {
      let known = Catalogue.commands.map { $0.name } + [ShorePolicy.putProduct]
      if let unknown = commands.first(where: { !known.contains($0) }) {
        throw Failure(misuse: "shore.commands names \(unknown), and there is no such command.")
      }
      policy.commands = Set(commands)
    }
    policy.mayManageAdmins = try settings.flag("shore.manageAdmins") ?? false
    var shore = Shore(url: url, site: site, keyFile: keyFile, policy: policy)
    shore.trust = Trust(
      authority: settings.text("shore.ca"), pin: settings.text("shore.pin"),
      certificate: settings.text("shore.certificate"),
      key: settings.text("shore.certificateKey"))
    shore.profile = try profile(settings)
    shore.alarmMinutes = try settings.number("link.alarmMinutes", 1...100_000) ?? 15
    return shore
  }

  private static func profile(_ settings: Settings) throws -> LinkProfile {
    let text = settings.text("link.profile") ?? LinkProfile.Name.marina.rawValue
    guard let name = LinkProfile.Name(rawValue: text) else {
      throw Failure(
        misuse: "link.profile must be marina, cellular or satellite, and is \(text).")
    }
    var profile = LinkProfile(name)
    let budgets: [(String, WritableKeyPath<Budget, Int64?>)] = [
      ("link.bytesPerHour", \.hour), ("link.bytesPerDay", \.day), ("link.bytesPerMonth", \.month),
    ]
    for (key, path) in budgets {
      guard let bytes = try settings.number(key, 0...1_000_000_000_000) else { continue }
      profile.budget[keyPath: path] = bytes == 0 ? nil : Int64(bytes)
    }
    if let names = settings.texts("link.lanes") {
      let lanes = names.compactMap { Lane(name: $0) }
      guard lanes.count == names.count, lanes.contains(.first) else {
        throw Failure(misuse: "link.lanes must name first, and may name normal and bulk.")
      }
      profile.lanes = Set(lanes)
    }
    return profile
  }

  /// What is in force, in the form of the configuration file.
  var yaml: String {
    func quoted(_ text: String) -> String { JSON.string(text).encoded }
    var lines = [
      "data: \(quoted(data))", "listen: \"\(host):\(port)\"", "eventLoops: \(eventLoops)",
      "heartbeatSeconds: \(heartbeatSeconds)",
      "currency: \(currency)", "logLevel: \(logLevel.rawValue)",
      "allowedOrigins: [\(allowedOrigins.map { quoted($0) }.joined(separator: ", "))]", "tls:",
    ]
    let listenTLS = tls.map { "\($0.host):\($0.port)" } ?? "off"
    lines.append("  listen: \(quoted(listenTLS))")
    if let files = tls?.files {
      lines += ["  certificate: \(quoted(files.certificate))", "  key: \(quoted(files.key))"]
    }
    lines.append("limits:")
    for (key, path, _) in Self.limitKeys {
      lines.append("  \(key.dropFirst("limits.".count)): \(limits[keyPath: path])")
    }
    lines.append("  replayedEvents: \(limits.replayedEvents)")
    lines += [
      "history:", "  days: \(history.days)", "  megabytes: \(history.megabytes)",
    ]
    if let shore {
      lines += [
        "shore:", "  url: \(quoted(shore.url))", "  site: \(quoted(shore.site))",
        "  siteKeyFile: \(quoted(shore.keyFile))",
        "  manageAdmins: \(shore.policy.mayManageAdmins)",
        "  commands: [\(shore.policy.commands.sorted().joined(separator: ", "))]",
      ]
      let trust = [
        ("ca", shore.trust.authority), ("pin", shore.trust.pin),
        ("certificate", shore.trust.certificate), ("certificateKey", shore.trust.key),
      ]
      lines += trust.compactMap { name, file in file.map { "  \(name): \(quoted($0))" } }
      let (profile, budget) = (shore.profile, shore.profile.budget)
      lines += [
        "link:", "  profile: \(profile.name.rawValue)",
        "  lanes: [\(Lane.allCases.filter(profile.lanes.contains).map(\.name).joined(separator: ", "))]",
        "  bytesPerHour: \(budget.hour ?? 0)", "  bytesPerDay: \(budget.day ?? 0)",
        "  bytesPerMonth: \(budget.month ?? 0)", "  alarmMinutes: \(shore.alarmMinutes)",
      ]
    }
    return lines.joined(separator: "\n")
  }
}

/// Reads single settings, wherever they come from.
private struct Settings {
  let reader: ConfigReader

  func text(_ key: String) -> String? {
    reader.string(forKey: ConfigKey(key)).flatMap { $0.isEmpty ? nil : $0 }
  }

  func texts(_ key: String) -> [String]? {
    reader.stringArray(forKey: ConfigKey(key))
      ?? text(key)?.split(separator: ",").map(String.init)
  }

  func flag(_ key: String) throws -> Bool? {
    if let flag = reader.bool(forKey: ConfigKey(key)) { return flag }
    guard let text = text(key) else { return nil }
    throw Failure(misuse: "\(key) must be true or false, and is \(text).")
  }

  func number(_ key: String, _ range: ClosedRange<Int>) throws -> Int? {
    let number = reader.int(forKey: ConfigKey(key)) ?? text(key).flatMap { Int($0) }
    guard let number else {
      if let text = text(key) {
        throw Failure(misuse: "\(key) must be a whole number, and is \(text).")
      }
      return nil
    }
    guard range.contains(number) else {
      throw Failure(
        misuse: "\(key) must be from \(range.lowerBound) to \(range.upperBound), and is \(number).")
    }
    return number
  }
}
