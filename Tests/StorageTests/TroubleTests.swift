import Foundation
import GRDB
import Inventory
import Testing
import Wire

@testable import Storage

/// When the file itself is the trouble, the words say what to do and nothing confirmed is lost.
@Suite struct TroubleTests {
  @Test func `a full disk refuses what does not fit and keeps what was confirmed`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await limitPages(of: hub, to: "(SELECT page_count + 12 FROM pragma_page_count)")
    let note = JSON.string(String(repeating: "x", count: 500))

    let outcomes = try await withThrowingTaskGroup(of: Refusal?.self) { group in
      for _ in 0..<200 {
        group.addTask {
          try await hub.refusal(
            "stock.add",
            ["productId": .int(kit), "locationId": .int(room), "quantity": 1, "note": note])
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }

    let saved = Int64(outcomes.count { $0 == nil })
    #expect(saved > 0)
    #expect(
      Set(outcomes.compactMap { $0 })
        == [Refusal(.storageFull, "The hub's disk is full; the change was not saved.")])
    #expect(try hub.level(kit, at: room) == saved)
    #expect(try hub.told(.inventoryUpdated).count == Int(saved))
    let wreck = try Hub(in: hub.folder.copy())
    #expect(try wreck.level(kit, at: room) == saved)
    #expect(try wreck.isStockTheSumOfMovements())

    try await limitPages(of: hub, to: "1000000")
    try await hub.adjust(kit, at: room, by: 1)
    #expect(try hub.level(kit, at: room) == saved + 1)
    #expect(try hub.events().map(\.seq) == Array(1...(try hub.head)))
  }

  @Test func `a command that met a full disk is carried out under its id once there is room`()
    async throws
  {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let add: JSON = [
      "productId": .int(kit), "locationId": .int(room), "quantity": 1,
      "note": .string(String(repeating: "x", count: 500)),
    ]
    try await limitPages(of: hub, to: "1")
    var index = 0
    var refusal: Refusal?
    while refusal == nil, index < 100 {
      index += 1
      do { _ = try await hub.submit("stock.add", add, operation: "\(index)") } catch {
        refusal = error as? Refusal
      }
    }

    try await limitPages(of: hub, to: "1000000")
    _ = try await hub.submit("stock.add", add, operation: "\(index)")

    #expect(refusal?.code == .storageFull)
    #expect(try hub.level(kit, at: room) == Int64(index))
  }

  /// SQLite's own limit on the file's size does what a full disk would: SQLITE_FULL.
  private func limitPages(of hub: Hub, to pages: String) async throws {
    let limit = try await hub.store.pool.read { try Int.fetchOne($0, sql: "SELECT \(pages)") } ?? 0
    try await hub.store.pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA max_page_count = \(limit)")
    }
  }

  /// A connection of its own, which may leave a transaction open.
  private static func otherProgram(_ hub: Hub) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: hub.folder.database, configuration: configuration)
  }

  @Test func `while another program holds the file all who ask are answered, none for ever`()
    async throws
  {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    try await hub.store.pool.writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA busy_timeout = 300")
    }
    let other = try Self.otherProgram(hub)
    try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    let clock = ContinuousClock()
    let start = clock.now

    let refusals = try await withThrowingTaskGroup(of: Refusal?.self) { group in
      for _ in 0..<100 {
        group.addTask {
          try await hub.refusal(
            "stock.add", ["productId": .int(kit), "locationId": .int(room), "quantity": 1])
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let waited = clock.now - start
    try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    try await hub.adjust(kit, at: room, by: 1)

    #expect(
      refusals
        == Array(
          repeating: Refusal(
            .unavailable, "The hub's database is busy; the change was not saved. Try again."),
          count: 100))
    // One wait for each of the few commits that the hundred share, not one for each of them.
    #expect(waited < .seconds(10))
    #expect(try hub.level(kit, at: room) == 1)
  }

  @Test func `readers go on while another program writes`() async throws {
    let hub = try Hub()
    let other = try Self.otherProgram(hub)
    try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }

    #expect(try hub.head == 0)

    try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
  }

  @Test func `what is no database is said to be damaged and left alone`() throws {
    let folder = try Folder()
    let rubbish = Data(String(repeating: "This is a shopping list. ", count: 400).utf8)
    try rubbish.write(to: URL(fileURLWithPath: folder.database))

    let error = #expect(throws: StoreError.self) { try Store(directory: folder.path) }

    #expect(
      error?.description
        == """
        The database \(folder.database) is damaged. Keep a copy of it and restore the latest backup.
        """)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == rubbish)
  }

  @Test func `a damaged page is found by who reads it`() async throws {
    let hub = try Hub()
    for index in 0..<300 {
      try await hub.perform("notification.send", ["title": .string("\(index)"), "message": "m"])
    }
    await hub.ledger.close()
    try hub.store.close()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: hub.folder.database))
    let size = try file.seekToEnd()
    for page in stride(from: 4096 * 4, to: size, by: 4096) {
      try file.seek(toOffset: page)
      try file.write(contentsOf: Data(repeating: 0xFF, count: 512))
    }
    try file.close()

    let error = #expect(throws: StoreError.self) {
      let store = try Store(directory: hub.folder.path)
      _ = try store.events(after: 0, limit: 1000)
    }

    guard case .corrupt = error else { throw StoreError.failed("", "\(String(describing: error))") }
  }

  @Test func `a database of a newer version is left alone`() async throws {
    let hub = try Hub()
    try await hub.execute("INSERT INTO grdb_migrations (identifier) VALUES ('9 from the future')")
    await hub.ledger.close()
    try hub.store.close()

    let error = #expect(throws: StoreError.self) { try Store(directory: hub.folder.path) }

    #expect(
      error?.description == """
        The database \(hub.folder.database) was written by a newer version of Quartermaster. \
        Install that version again, or restore an older backup.
        """)
  }

  @Test func `a folder that cannot be made is named`() throws {
    let folder = try Folder()
    let file = folder.path + "/file"
    try Data().write(to: URL(fileURLWithPath: file))

    let error = #expect(throws: StoreError.self) { try Store(directory: file + "/data") }

    #expect(
      error?.description == """
        The database \(file)/data/quartermaster.sqlite cannot be opened (the folder cannot be \
        created). Check that the folder exists and is writable, or give another with --data.
        """)
  }

  /// Root may write anywhere, but nobody makes a file in /proc.
  @Test func `a folder that cannot be written to is named`() {
    let error = #expect(throws: StoreError.self) { try Store(directory: "/proc/self") }

    guard case .cannotOpen("/proc/self/quartermaster.sqlite", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `the folder is for its owner only`() throws {
    let folder = try Folder()

    let store = try Store(directory: folder.path + "/data")

    let mode = try FileManager.default.attributesOfItem(atPath: folder.path + "/data")[
      .posixPermissions]
    #expect(mode as? Int == 0o700)
    try store.close()
  }

  @Test func `two hubs in one folder share the file and take turns`() async throws {
    let hub = try Hub()
    let (kit, room) = (try await hub.product(), try await hub.location())
    let other = try Hub(in: hub.folder)

    try await withThrowingTaskGroup { group in
      for index in 0..<100 {
        group.addTask {
          try await (index.isMultiple(of: 2) ? hub : other).adjust(kit, at: room, by: 1)
        }
      }
      try await group.waitForAll()
    }

    #expect(try hub.level(kit, at: room) == 100)
    #expect(try other.events().map(\.seq) == Array(1...(try hub.head)))
  }
}
