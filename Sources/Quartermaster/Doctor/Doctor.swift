import ArgumentParser
import Certificates
import Foundation
import Inventory
import Storage
import Wire

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Examine the box from inside and say in plain words what is wrong.",
    discussion: """
      Looks at the hub, disk, clock, permissions, database, certificate, link, memory and backups; \
      the newest backup is restored into a scratch folder. Exit status 1 where something must be \
      done.
      """)

  @Flag(help: "As one JSON object.") var json = false
  @Option(
    help: ArgumentHelp(
      "Where the backups are. [default: backups in the hub's folder]", valueName: "folder"))
  var backups: String?
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    let findings = [
      Judgement.service(isRunning: DataLock.isHeld(in: data.directory)),
      try disk(store), try clock(store), try permissions(store),
      Judgement.database(problems: try store.verify(), position: try store.position()),
      certificate(), try link(store), memory(), try examineBackups(store),
    ]
    let isWell = findings.allSatisfy { $0.grade != .fault }
    if json {
      let members: JSON = ["well": .bool(isWell), "findings": .array(findings.map(\.json))]
      Console.say(members.encoded)
    } else {
      for finding in findings {
        Console.say("\(finding.grade.mark) \(finding.subject): \(finding.words)")
      }
    }
    if !isWell { throw ExitCode.failure }
  }

  private func disk(_ store: Store) throws -> Finding {
    Judgement.disk(try DiskSpace(at: data.directory), database: try store.bytesOnDisk())
  }

  private func clock(_ store: Store) throws -> Finding {
    let head = try store.position().seq
    let last = try store.events(after: head - 1, limit: 1).first?.time
    return Judgement.clock(
      now: Store.systemTime(), lastEvent: last,
      built: Int64(Program.built.timeIntervalSince1970) * 1000)
  }

  private func permissions(_ store: Store) throws -> Finding {
    let files = FileManager.default
    guard let folder = try? files.attributesOfItem(atPath: data.directory),
      let file = try? files.attributesOfItem(atPath: store.path),
      let mode = folder[.posixPermissions] as? Int,
      let owner = folder[.ownerAccountID] as? Int
    else {
      throw Failure("\(data.directory) cannot be examined. Run this as root or the hub's user.")
    }
    return Judgement.permissions(
      mode: UInt32(mode), ownedByHub: owner == file[.ownerAccountID] as? Int,
      path: data.directory)
  }

  /// The owner's certificate, where one is installed, or the hub's own.
  private func certificate() -> Finding {
    let installed = "/etc/quartermaster/certificate.pem"
    let own = data.directory + "/tls/server.pem"
    for path in [installed, own] where FileManager.default.fileExists(atPath: path) {
      return Judgement.certificate(
        path, term: term(ofCertificateIn: path), isOwn: path == own, now: Date(),
        built: Program.built)
    }
    return .well("certificate", "None is installed; the hub speaks plain HTTP on this network.")
  }

  private func link(_ store: Store) throws -> Finding {
    // What has ever been confirmed shows that a shore is set up; the hub's own settings are root's.
    let isConfigured = try store.shoreCursors().values.contains { $0 > 0 }
    return Judgement.link(
      isConfigured: isConfigured, waiting: try store.backlog().values.reduce(0, +),
      refused: try store.shoreRefusalCount())
  }

  private func memory() -> Finding {
    let available = Proc.figure("MemAvailable", in: "/proc/meminfo") ?? 0
    return Judgement.memory(available: available, resident: Proc.residentHub())
  }

  private func examineBackups(_ store: Store) throws -> Finding {
    let folder = BackupFolder(backups ?? data.directory + "/backups")
    let entries = (try? folder.entries()) ?? []
    var problem: String?
    if let newest = entries.last {
      do { try folder.check(newest) } catch { problem = "\(error)" }
    }
    let head = try store.position().seq
    return Judgement.backups(
      number: entries.count, behind: entries.last.map { max(0, head - $0.position.seq) },
      problem: problem, folder: folder.path)
  }
}

extension Finding.Grade {
  fileprivate var mark: String {
    switch self {
    case .well: "ok     "
    case .warning: "look   "
    case .fault: "WRONG  "
    }
  }
}

/// What proc(5) knows.
private enum Proc {
  /// Bytes, from a line such as `MemAvailable: 12 kB`.
  static func figure(_ name: String, in file: String) -> Int64? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
      return line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { $0 * 1024 }
    }
    return nil
  }

  static func residentHub() -> Int64? {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    for process in processes where Int(process) != nil {
      let folder = "/proc/\(process)"
      guard let line = try? String(contentsOfFile: folder + "/cmdline", encoding: .utf8) else {
        continue
      }
      let words = line.split(separator: "\0")
      guard words.count > 1, words[0].hasSuffix("quartermaster"), words[1] == "serve" else {
        continue
      }
      return figure("VmRSS", in: folder + "/status")
    }
    return nil
  }
}
