import Storage
import Testing

/// What another process has written is noticed, as long as anybody wants to know.
@Suite struct ForeignChangesTests {
  @Test func `a write is noticed, and nothing after the end`() async throws {
    let hub = try Hub()
    _ = try await hub.product("1")
    let (notices, notice) = AsyncStream.makeStream(of: Void.self)
    let changes = try #require(ForeignChanges(of: hub.store) { notice.yield() })

    _ = try await hub.product("2")
    var heard = notices.makeAsyncIterator()
    await heard.next()
    // Two looks are due, and by them a store that has been closed would be asked.
    changes.stop()
    try hub.store.close()
    try await Task.sleep(for: .milliseconds(400))
    notice.finish()

    #expect(await heard.next() == nil)
  }
}
