import ShoreFixtures
import Sync
import Testing

@testable import Shore

struct TurnstileTests {
  @Test func `a site's batches go in one by one as they came, another site's beside them`()
    async throws
  {
    let turnstile = Turnstile()
    let (door, opening) = AsyncStream<Void>.makeStream()
    let (entered, entry) = AsyncStream<Int>.makeStream()
    let dinghy = try #require(SiteName("dinghy"))

    await withTaskGroup(of: Void.self) { group in
      for number in 0..<5 {
        group.addTask {
          await turnstile.pass(.yacht) {
            if number == 0 { for await _ in door {} }
            entry.yield(number)
          }
        }
        while turnstile.count(.yacht) <= number { await Task.yield() }
      }
      await turnstile.pass(dinghy) { _ = entry.yield(9) }
      opening.finish()
    }
    entry.finish()

    #expect(await entered.reduce(into: []) { $0.append($1) } == [9, 0, 1, 2, 3, 4])
    #expect(turnstile.count(.yacht) == 0)
  }

  @Test func `a batch that fails lets the next one in`() async throws {
    let turnstile = Turnstile()

    await #expect(throws: CancellationError.self) {
      try await turnstile.pass(.yacht) { throw CancellationError() }
    }

    let isIn = await turnstile.pass(.yacht) { true }
    #expect(isIn)
  }
}
