import Certificates
import Foundation
import Storage

/// Measured values in, findings out: nothing here reads the machine.
enum Judgement {
  static func disk(_ space: DiskSpace, database: Int64) -> Finding {
    let words = "\(megabytes(space.free)) free of \(megabytes(space.total))"
    switch space.room {
    case .nothing:
      return .fault("disk", "Full: \(words). Nothing is saved any more. Free some space.")
    case .ordersOnly:
      return .fault(
        "disk", "Nearly full: \(words). Only orders and payments are saved. Free some space.")
    case .all where space.free < space.reserve + 3 * database:
      return .warning("disk", "\(words), too little for the next backup. Free some space.")
    case .all: return .well("disk", words + ".")
    }
  }

  /// - Parameters: milliseconds since 1970.
  static func clock(now: Int64, lastEvent: Int64?, built: Int64) -> Finding {
    if now < built {
      return .warning(
        "clock",
        "The clock is earlier than this program was made. The hub works on, for its order is that of the log; times shown to people are wrong until GPS or NTP sets it."
      )
    }
    if let lastEvent, lastEvent > now + 60_000 {
      return .warning(
        "clock",
        "The clock is earlier than the last event's. It has jumped back; the log's order is untouched."
      )
    }
    return .well("clock", "Later than the last event, as it should be.")
  }

  /// - Parameters:
  ///   - term: `nil` where the file holds no certificate.
  ///   - isOwn: whether the hub made it, and renews it by itself.
  static func certificate(
    _ path: String, term: Term?, isOwn: Bool, now: Date, built: Date
  ) -> Finding {
    guard let term else { return .fault("certificate", "\(path) holds none.") }
    let cure =
      isOwn
      ? "Run: systemctl restart quartermaster, and see its journal."
      : "Renew it: phones refuse the hub."
    guard now >= built else {
      return .warning(
        "certificate", "The clock is wrong, so nobody here can tell whether \(path) is valid.")
    }
    let days = Int(term.ends.timeIntervalSince(now) / 86_400)
    if now < term.begins { return .fault("certificate", "\(path) is not valid yet. \(cure)") }
    if now >= term.ends { return .fault("certificate", "\(path) has expired. \(cure)") }
    if days < 30 {
      return .warning("certificate", "\(path) expires in \(count(days, "day")). \(cure)")
    }
    return .well("certificate", "Valid for \(count(days, "day")).")
  }

  static func permissions(mode: UInt32, ownedByHub: Bool, path: String) -> Finding {
    if mode & 0o077 != 0 {
      return .fault("permissions", "Others may look into \(path). Run: chmod -R go= \(path)")
    }
    if !ownedByHub {
      return .fault(
        "permissions",
        "\(path) and the database belong to different users. Run: chown -R quartermaster: \(path)")
    }
    return .well("permissions", "\(path) is for the hub's user alone.")
  }

  static func database(problems: [String], position: Position) -> Finding {
    guard let first = problems.first else {
      return .well("database", "\(count(position.seq, "event")), every table and sum is right.")
    }
    return .fault(
      "database",
      "\(count(problems.count, "problem")): \(first) Keep a copy of the folder and restore a backup."
    )
  }

  static func link(isConfigured: Bool, waiting: Int64, refused: Int64) -> Finding {
    guard isConfigured || waiting == 0 else {
      return .warning(
        "link",
        "No shore is set up; \(count(waiting, "event")) exist on this box and in its backups only.")
    }
    if refused > 0 {
      return .warning(
        "link", "Shore refused \(count(refused, "event")); a person has to look at them.")
    }
    if waiting > 10_000 {
      return .warning("link", "\(count(waiting, "event")) wait for shore. Look at the link.")
    }
    return .well(
      "link",
      waiting == 0 ? "Everything is safe on shore." : "\(count(waiting, "event")) on their way.")
  }

  /// - Parameter resident: bytes of the running hub, where one runs.
  static func memory(available: Int64, resident: Int64?) -> Finding {
    let hub = resident.map { ", the hub holds \(megabytes($0))" } ?? ""
    let words = "\(megabytes(available)) available\(hub)."
    return available < 64 << 20
      ? .warning("memory", "Little left: \(words) See what else runs here.")
      : .well("memory", words)
  }

  /// - Parameter behind: events since the newest backup; `nil` where there is none.
  static func backups(
    number: Int, behind: Int64?, problem: String?, folder: String
  ) -> Finding {
    if let problem { return .fault("backups", problem) }
    guard let behind else {
      return .warning(
        "backups",
        "There is none in \(folder). Run: systemctl start quartermaster-backup, or quartermaster backup --rotate \(folder)"
      )
    }
    return .well(
      "backups",
      "\(count(number, "backup")); the newest restores, and lacks the last \(count(behind, "event"))."
    )
  }

  static func service(isRunning: Bool) -> Finding {
    isRunning
      ? .well("hub", "Running.")
      : .fault(
        "hub",
        "Not running. Run: systemctl start quartermaster, and see journalctl -u quartermaster")
  }

  private static func megabytes(_ bytes: Int64) -> String {
    bytes < 10_000_000_000 ? "\(bytes / 1_000_000) MB" : "\(bytes / 1_000_000_000) GB"
  }
}
