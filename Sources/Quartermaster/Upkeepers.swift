import ArgumentParser
import Foundation
import Inventory
import Storage
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
    abstract: "Write a consistent, checked copy of the database, also while the hub runs.")

  @Argument(help: "The file to write.") var file: String
  @Option(
    help: ArgumentHelp(
      "Seal it so that only the owner of this certificate can open it.", valueName: "certificate"))
  var seal: String?
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    if let seal {
      try SealedBackup(in: data.directory).write(file, of: store, to: seal)
    } else {
      try store.backup(to: file) { done in Console.progress("Copying", Int(done * 100), of: 100) }
    }
    Console.say("Wrote \(file).")
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
    let statistics = try store.statistics()
    guard !json else {
      let status: JSON = [
        "running": .bool(isRunning), "epoch": .string(position.epoch), "seq": .int(position.seq),
        "backlog": .object(JSON.Members(Lane.allCases.map { ($0.name, .int(backlog[$0] ?? 0)) })),
        "safeOnShore": .int(try store.safeOnShore()), "needsAPerson": .int(refused),
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
      \(refused == 0 ? "" : "; \(count(refused, "refused event")) for a person to look at")
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
