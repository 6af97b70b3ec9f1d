import HubFixtures
import Inventory
import Storage
import Testing
import Wire

@testable import Access

@Suite struct UsageTests {
  @Test func `uses are counted by person and kind, and taken once`() {
    let usage = Usage()
    for _ in 0..<3 { usage.note("stock.add", by: 7) }
    usage.note("stock.add", by: 8)
    usage.note("connection", by: nil)

    let taken = usage.take()

    #expect(
      taken == [
        Use(user: 7, kind: "stock.add"): 3, Use(user: 8, kind: "stock.add"): 1,
        Use(user: nil, kind: "connection"): 1,
      ])
    #expect(usage.take().isEmpty)
    usage.note("stock.add", by: 7)
    usage.restore(taken)
    #expect(usage.take()[Use(user: 7, kind: "stock.add")] == 4)
  }

  @Test func `beyond so many different things the rest is counted together`() {
    let usage = Usage(capacity: 2)
    for user in 1...5 { usage.note("stock.add", by: Int64(user)) }
    usage.note("stock.add", by: 1)

    #expect(
      usage.take() == [
        Use(user: 1, kind: "stock.add"): 2, Use(user: 2, kind: "stock.add"): 1,
        Use(user: nil, kind: "other"): 3,
      ])
  }

  @Test func `every command counts for who asked, and survives in the file`() async throws {
    let folder = try Folder()
    let store = try Store(directory: folder.path)
    let ledger = Ledger(store: store, logger: .silent)
    let gate = try Gate(
      ledger: ledger, tokens: await Tokens(key: SecretFile.key(at: folder.path + "/token.key")),
      passwords: .quick, logger: .silent)
    let admin = Identity(user: 1, name: "boss", role: .admin, session: 1)
    let ana = Identity(user: 9, name: "ana", role: .staff, session: 5)
    func ask(_ name: String) async {
      _ = await gate.submit(
        CommandRequest(command: name, data: ["name": "A"], operation: nil), from: ana)
    }

    for _ in 0..<2 { await ask("location.create") }
    for number in 0..<150 { gate.usage.note("message \(number)", by: 9) }
    await ask("no.such.command")
    await ask("location.remove")
    await gate.recordUsage()
    await gate.recordUsage()

    let listing = try #require(Listing.named("usage"))
    let rows = try store.page(listing, PageRequest(limit: 1000), for: admin).items
      .map { try JSON(parsing: $0) }
    #expect(rows.count == 151)
    // Even what is refused is use; what is no command, or none that can be read, is not.
    #expect(
      rows.filter { $0["kind"] == "location.create" }.map { [$0["userId"], $0["count"]] }
        == [[9, 2]])
    #expect(rows.allSatisfy { $0["kind"] != "no.such.command" && $0["kind"] != "location.remove" })
  }

  @Test func `what could not be written is kept for the next time`() async throws {
    let folder = try Folder()
    let store = try Store(directory: folder.path)
    let ledger = Ledger(store: store, logger: .silent)
    let gate = try Gate(
      ledger: ledger, tokens: await Tokens(key: SecretFile.key(at: folder.path + "/token.key")),
      passwords: .quick, logger: .silent)
    gate.usage.note("ping", by: 1)
    await ledger.close()

    await gate.recordUsage()

    #expect(gate.usage.take() == [Use(user: 1, kind: "ping"): 1])
  }
}
