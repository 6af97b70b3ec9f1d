import Inventory
import Shore
import ShoreFixtures
import Storage
import Sync
import Testing

/// Either end is put back to what it was; nothing is lost and nothing is held twice.
@Suite(.timeLimit(.minutes(2)))
struct RestoreTests: AtBothEnds {
  let ends: BothEnds

  init() throws { ends = try BothEnds() }

  @Test func `a shore restored from an older copy gets again what it lost`() async throws {
    try hub.append(1...20)
    try await sail { $0[.normal] == 20 }
    let old = try TemporaryDirectory()
    try shoreStore.close()
    try ashore.copy("shore.sqlite", to: old)
    let middle = try ShoreStore(DataDirectory(ashore.path), create: false)
    try hub.append(21...40)
    try await sail(middle) { $0[.normal] == 40 }
    try hub.append(41...50)

    let restored = try ShoreStore(DataDirectory(old.path), create: false)
    try await sail(restored) { $0[.normal] == 50 }

    #expect(try restored.exported == hub.exported)
    #expect(try restored.exported.count == 50)
  }

  @Test func `a hub restored from a backup goes on in a new epoch`() async throws {
    try hub.append(1...20)
    try await sail { $0[.normal] == 20 }

    try hub.sql("DELETE FROM event WHERE seq > 12")
    try hub.sql("UPDATE shore_cursor SET seq = 8")
    try hub.start(epoch: "e2", at: 13)
    try hub.append((13...30).map { .sample($0, data: #"{"after":"the restore"}"#) })
    try await sail { $0[.normal] == 30 }

    #expect(try shoreStore.exported == hub.exported)
    #expect(try shoreStore.status().first?.epoch == "e2")
    #expect(try hub.tray.isEmpty)
  }
}
