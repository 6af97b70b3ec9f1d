import Foundation
import Inventory
import Testing
import Wire

@testable import Storage

struct BackupFolderTests {
  @Test func `a name says number, epoch and last event, and nothing else is taken for a backup`() {
    let entry = BackupFolder.Entry(number: 42, position: Position(epoch: "ab12", seq: 120))

    #expect(entry.name == "quartermaster-000042-ab12-120.sqlite")
    #expect(BackupFolder.Entry(name: entry.name) == entry)
    for name in ["quartermaster.sqlite", "quartermaster-x-ab-1.sqlite", "notes-1-a-1.sqlite"] {
      #expect(BackupFolder.Entry(name: name) == nil)
    }
  }

  @Test func `rotation keeps the newest by number, whatever the clock said`() async throws {
    let hub = try Hub()
    let folder = BackupFolder(hub.folder.path + "/backups")
    for number in 1...4 {
      try await hub.perform("branch.create", ["name": .string("Branch \(number)")])
      _ = try folder.rotate(hub.store, keep: 2)
    }

    #expect(try folder.entries().map(\.number) == [3, 4])
  }

  @Test func `nothing new makes no new backup`() throws {
    let hub = try Hub()
    let folder = BackupFolder(hub.folder.path + "/backups")
    _ = try folder.rotate(hub.store, keep: 2)

    let again = try folder.rotate(hub.store, keep: 2)

    let only = try #require(try folder.entries().first)
    #expect(again == .unchanged(only))
  }

  @Test func `a torn backup is found out`() throws {
    let hub = try Hub()
    let folder = BackupFolder(hub.folder.path + "/backups")
    _ = try folder.rotate(hub.store, keep: 2)
    let entry = try #require(try folder.entries().first)
    let handle = try #require(FileHandle(forWritingAtPath: folder.file(entry)))
    try handle.seek(toOffset: 8192)
    try handle.write(contentsOf: Data(repeating: 0x5A, count: 60_000))
    try handle.close()

    #expect(throws: BackupError.self) { try folder.check(entry) }
  }

  @Test func `what a cut-off backup left is swept away`() throws {
    let hub = try Hub()
    let folder = BackupFolder(hub.folder.path + "/backups")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/checking", withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: folder.path + "/x.sqlite.part"))

    _ = try folder.rotate(hub.store, keep: 2)

    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names == [try #require(try folder.entries().first).name])
  }
}

struct DiskSpaceTests {
  @Test(arguments: [
    (Int64(100 << 20), DiskSpace.Room.all), (60 << 20, .ordersOnly), (17 << 20, .ordersOnly),
    (15 << 20, .nothing),
  ])
  func `orders are refused last, and before the disk is full`(free: Int64, room: DiskSpace.Room) {
    #expect(DiskSpace(free: free, total: 32 << 30).room == room)
  }

  @Test func `a small disk keeps a twentieth`() {
    #expect(DiskSpace(free: 0, total: 1000).reserve == 50)
  }
}
