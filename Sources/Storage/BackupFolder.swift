import Foundation
import Inventory

/// A folder of numbered backups that looks after itself.
///
/// Each is restored into a scratch folder and verified before an older one may go. The order is that
/// of the numbers in their names, never of the clock, which may stand at 1970. Room is made by
/// letting the oldest go, and the newest that is known to restore is never the one to go.
package struct BackupFolder: Sendable {
  package struct Entry: Sendable, Hashable {
    package var number: Int
    package var position: Position

    package init(number: Int, position: Position) {
      self.number = number
      self.position = position
    }

    /// `quartermaster-000042-3f9ae1…-120.sqlite`: number, epoch, last event.
    package var name: String {
      let digits = String(number)
      let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
      return "quartermaster-\(zeros)\(digits)-\(position.epoch)-\(position.seq).sqlite"
    }

    package init?(name: String) {
      let parts = name.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 4, parts[0] == "quartermaster", parts[3].hasSuffix(".sqlite"),
        let number = Int(parts[1]), let seq = Int64(parts[3].dropLast(".sqlite".count))
      else { return nil }
      self.init(number: number, position: Position(epoch: String(parts[2]), seq: seq))
    }
  }

  package enum Outcome: Sendable, Equatable {
    case wrote(Entry, removed: Int)
    /// Nothing has happened since the newest one.
    case unchanged(Entry)
  }

  package let path: String

  package init(_ path: String) {
    self.path = path
  }

  /// Oldest first.
  package func entries() throws(BackupError) -> [Entry] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path)
        .compactMap { Entry(name: $0) }.sorted { $0.number < $1.number }
    } catch {
      throw .unreadable(path)
    }
  }

  package func file(_ entry: Entry) -> String { path + "/" + entry.name }

  /// Writes a backup of `store`, proves that it restores, and lets go all but the newest `keep`.
  package func rotate(
    _ store: Store, keep: Int, progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) throws -> Outcome {
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    removeScraps()
    let before = try entries()
    let position = try store.position()
    if let newest = before.last, newest.position == position { return .unchanged(newest) }
    var remaining = before[...]
    var removed = try makeRoom(for: try store.bytesOnDisk(), in: &remaining)
    let entry = Entry(number: (before.last?.number ?? 0) + 1, position: position)
    try store.backup(to: file(entry), progress: progress)
    do {
      try check(entry)
    } catch {
      try? FileManager.default.removeItem(atPath: file(entry))
      throw error
    }
    for old in Self.departing(Array(remaining) + [entry], keep: keep) {
      try FileManager.default.removeItem(atPath: file(old))
      removed += 1
    }
    return .wrote(entry, removed: removed)
  }

  static func departing(_ entries: [Entry], keep: Int) -> ArraySlice<Entry> {
    entries.dropLast(max(1, keep))
  }

  /// Restores `entry` into a scratch folder and checks every table and sum there.
  package func check(_ entry: Entry) throws(BackupError) {
    let scratch = path + "/" + Self.scratch
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let problem: String?
    do throws(StoreError) {
      _ = try Store.restore(file(entry), into: scratch)
      let store = try Store(directory: scratch)
      problem = try store.verify().first
      try store.close()
    } catch {
      throw .doesNotRestore(file(entry), "\(error)")
    }
    if let problem { throw .doesNotRestore(file(entry), problem) }
  }

  private static let scratch = "checking"

  /// What a backup that was cut off left behind.
  private func removeScraps() {
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: path)) ?? []
    where name == Self.scratch || name.hasSuffix(".part") {
      try? files.removeItem(atPath: path + "/" + name)
    }
  }

  /// The copy and its restored twin must fit and leave the hub room to work. Lets the oldest go as
  /// long as it isn't the last.
  private func makeRoom(
    for bytes: Int64, in entries: inout ArraySlice<Entry>
  ) throws -> Int {
    let space = try DiskSpace(at: path)
    let needed = 2 * bytes + space.reserve
    var free = space.free
    var removed = 0
    while free < needed, entries.count > 1, let oldest = entries.popFirst() {
      try FileManager.default.removeItem(atPath: file(oldest))
      removed += 1
      free = try DiskSpace(at: path).free
    }
    guard free >= needed else { throw BackupError.noRoom(path, needed: needed, free: free) }
    return removed
  }
}

package enum BackupError: Error, CustomStringConvertible, Sendable {
  case unreadable(String)
  case noRoom(String, needed: Int64, free: Int64)
  case doesNotRestore(String, String)

  package var description: String {
    switch self {
    case .unreadable(let path):
      "The backups in \(path) cannot be listed. Check that the folder exists and may be read."
    case .noRoom(let path, let needed, let free):
      "A backup needs \(needed / 1_000_000 + 1) MB free in \(path), and there are \(free / 1_000_000) MB. Free some space, or keep backups on another disk."
    case .doesNotRestore(let path, let why):
      "The backup \(path) does not restore: \(why) Earlier backups are kept; run verify on the hub's database."
    }
  }
}

extension Store {
  /// What the database takes on its disk, its write-ahead log included.
  package func bytesOnDisk() throws -> Int64 {
    try ["", "-wal"].reduce(0) { sum, suffix in
      guard FileManager.default.fileExists(atPath: path + suffix) else { return sum }
      let attributes = try FileManager.default.attributesOfItem(atPath: path + suffix)
      return sum + ((attributes[.size] as? NSNumber)?.int64Value ?? 0)
    }
  }
}
