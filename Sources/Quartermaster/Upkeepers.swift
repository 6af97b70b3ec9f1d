import ArgumentParser
import Foundation
import Inventory
import Logging
import Storage
import Supervision
import Sync
import Wire

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the database: every table, every sum, the log without a gap.")

  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    let problems = try store.verify()
    guard problems.isEmpty else {
      for problem in problems { Console.say(problem) }
      throw Failure(
        "\(count(problems.count, "problem")) found. Keep a copy of the folder and restore a backup."
      )
    }
    let position = try store.position()
    Console.say("All is well: \(count(position.seq, "event")), epoch \(position.epoch).")
  }
}

struct Backup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a consistent, checked copy of the database, also while the hub runs.",
    discussion: """
      With --rotate the copy is restored into a scratch folder and verified there before older ones \
      go, and nothing is written where nothing has happened since the newest one.
      """)

  @Argument(help: "The file to write.") var file: String?
  @Option(
    help: ArgumentHelp(
      "Write a numbered backup into this folder instead, and let old ones go.",
      valueName: "folder"))
  var rotate: String?
  @Option(help: ArgumentHelp("How many backups --rotate keeps.", valueName: "number"))
  var keep = 7
  @Option(
    help: ArgumentHelp(
      "Seal it so that only the owner of this certificate can open it.", valueName: "certificate"))
  var seal: String?
  @OptionGroup var data: DataOption

  func validate() throws {
    guard (file == nil) != (rotate == nil) else {
      throw ValidationError("Name a file to write, or a folder with --rotate.")
    }
    guard seal == nil || rotate == nil else {
      throw ValidationError(
        "--seal is for a file; --rotate restores what it wrote, which a seal forbids.")
    }
    guard (1...1000).contains(keep) else {
      throw ValidationError("--keep must be from 1 to 1000.")
    }
  }

  func run() async throws {
    let store = try data.openStore()
    let progress: @Sendable (Double) -> Void = { done in
      Console.progress("Copying", Int(done * 100), of: 100)
    }
    if let file {
      if let seal {
        try SealedBackup(in: data.directory).write(file, of: store, to: seal)
      } else {
        try store.backup(to: file, progress: progress)
      }
      Console.say("Wrote \(file).")
    } else if let rotate {
      try self.rotate(store, in: BackupFolder(rotate), progress)
    }
  }

  private func rotate(
    _ store: Store, in folder: BackupFolder, _ progress: @escaping @Sendable (Double) -> Void
  ) throws {
    let logger = Logger(supervised: "quartermaster", level: LogLevel(.notice))
    do {
      switch try folder.rotate(store, keep: keep, progress: progress) {
      case .unchanged(let entry):
        Console.say("Nothing has happened since \(folder.file(entry)).")
      case .wrote(let entry, let removed):
        Console.say("Wrote \(folder.file(entry)) and restored it to be sure.")
        if JournalLogHandler.isWanted {
          logger.notice(
            "backed up to \(folder.file(entry)), \(count(removed, "older backup")) removed",
            metadata: .occasion(.backupWritten))
        }
      }
    } catch {
      if JournalLogHandler.isWanted {
        logger.error("no backup was made: \(error)", metadata: .occasion(.backupFailed))
      }
      throw error
    }
  }
}

struct Restore: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a backup in place of the database. The hub must be stopped.",
    discussion: """
      The log goes on under a new epoch, so that devices take a snapshot and shore knows that what \
      came after the backup is gone. The replaced database stays beside it as *.replaced.
      """)

  @Argument(help: "The backup.") var file: String
  @Option(
    help: ArgumentHelp("The private key that opens a sealed backup.", valueName: "file"))
  var key: String?
  @Option(
    help: ArgumentHelp(
      "The certificate of the hub that made it. [default: this hub's own]", valueName: "file"))
  var signedBy: String?
  @OptionGroup var data: DataOption

  func run() async throws {
    Umask.restrict()
    let lock = try DataLock(directory: data.directory)
    let position = try withExtendedLifetime(lock) {
      guard let key else { return try Store.restore(file, into: data.directory) }
      return try SealedBackup(in: data.directory).restore(file, with: key, signedBy: signedBy)
    }
    Console.say("Restored \(file): epoch \(position.epoch) begins at event \(position.seq).")
  }
}

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say how the hub stands: log, backlog for shore, people, stock.")

  @Flag(help: "As one JSON object.") var json = false
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    let position = try store.position()
    let isRunning = DataLock.isHeld(in: data.directory)
    let backlog = try store.backlog()
    let waiting = backlog.values.reduce(0, +)
    let refused = try store.shoreRefusalCount()
    let isStanding = try store.isUplinkAlarmed()
    let spent = try store.linkSpending(since: 0).values.reduce(0, +)
    let statistics = try store.statistics(for: .admin)
    guard !json else {
      let status: JSON = [
        "running": .bool(isRunning), "epoch": .string(position.epoch), "seq": .int(position.seq),
        "backlog": .object(JSON.Members(Lane.allCases.map { ($0.name, .int(backlog[$0] ?? 0)) })),
        "safeOnShore": .int(try store.safeOnShore()), "needsAPerson": .int(refused),
        "standsStill": .bool(isStanding), "linkBytesInAMonth": .int(spent),
        "statistics": statistics,
      ]
      return Console.say(status.encoded)
    }
    func figure(_ name: String) -> Int64 { statistics[name]?.integer ?? 0 }
    Console.say(
      """
      The hub is \(isRunning ? "running" : "stopped").
      Log:      \(count(position.seq, "event")), epoch \(position.epoch)
      Shore:    \(waiting == 0 ? "everything is safe on shore" : "\(count(waiting, "event")) not there yet")\
      \(refused == 0 ? "" : "; \(count(refused, "refused event")) for a person to look at")\
      \(isStanding ? "; nothing gets there, see GET /api/v1/sync" : "")
      Stock:    \(count(figure("products"), "product")) in \(count(figure("locations"), "location")), \
      \(figure("lowStock")) low, \(figure("outOfStock")) out
      People:   \(figure("users"))
      """)
  }
}

struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print events, stock, movements or products as JSON lines, oldest first.")

  enum What: String, ExpressibleByArgument, CaseIterable { case events, stock, movements, products }

  @Argument(help: "events, stock, movements or products.") var what: What
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    switch what {
    case .events: try events(store)
    case .stock, .movements, .products:
      guard let listing = Listing.named(what.rawValue) else { return }
      var cursor: Int64?
      repeat {
        let page = try store.page(listing, PageRequest(cursor: cursor, limit: 1000), for: .console)
        for item in page.items { Console.say(item) }
        cursor = page.next
      } while cursor != nil
    }
  }

  private func events(_ store: Store) throws {
    var lineage = try store.lineage()[...]
    var epoch = ""
    var cursor: Int64 = 0
    while true {
      let page = try store.events(after: cursor, limit: 1000)
      guard let last = page.last else { return }
      var lines: [UInt8] = []
      for event in page {
        while let next = lineage.first, next.firstSeq <= event.seq {
          epoch = next.name
          lineage = lineage.dropFirst()
        }
        lines.append(contentsOf: EventLine.export(event, epoch: epoch))
        lines.append(UInt8(ascii: "\n"))
      }
      Console.write(lines)
      cursor = last.seq
    }
  }
}
