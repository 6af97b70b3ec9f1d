import Hummingbird
import Inventory
import Shore
import ShoreFixtures
import Storage
import Sync
import Synchronization
import Testing

@testable import Uplink

/// A batch sets out before the one in front of it is answered, and whatever comes of either, shore
/// holds each event once and the cursor has passed nothing that shore did not confirm.
@Suite(.timeLimit(.minutes(2)))
struct SendingAheadTests: AtBothEnds {
  let ends: BothEnds

  init() throws {
    ends = try BothEnds()
    // A batch of these is more than one piece.
    try hub.append(Self.noise(1...2000))
  }

  /// A gate that the test opens.
  private struct Latch: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }
    func wait() async { for await _ in stream {} }
  }

  /// Sends all through a proxy that does with each whole batch, by its number, as `treat` says.
  private func sail(
    _ treat:
      @escaping @Sendable (
        _ number: Int, _ pass: @Sendable () async throws -> Response
      ) async throws -> Response
  ) async throws {
    let count = Mutex(0)
    try await withShore(shoreStore) { [hub, key] shore in
      try await withImpostor { request in
        let body = Array(buffer: try await request.body.collect(upTo: Limits.body))
        let number = count.withLock { count in
          count += 1
          return count
        }
        return try await treat(number) { try await relay(body, request, to: shore) }
      } body: { proxy in
        try await hub.withUplink(to: proxy, key: key, batch: 200) { _ in
          await hub.progress { $0[.normal] == 2000 }
        }
      }
    }
    #expect(try shoreStore.exported == hub.exported)
    #expect(try hub.tray.isEmpty)
  }

  @Test func `the next batch is there before the last one is answered`() async throws {
    let next = Latch()

    // Without sending ahead, this would wait for ever.
    try await sail { number, pass in
      if number == 6 { next.open() }
      let answer = try await pass()
      if number == 5 { await next.wait() }
      return answer
    }
  }

  @Test func `a batch that overtakes is sent again and held once`() async throws {
    let overtaken = Latch()

    try await sail { number, pass in
      if number == 5 { await overtaken.wait() }
      let answer = try await pass()
      if number == 6 {
        #expect(answer.status == .conflict)
        overtaken.open()
      }
      return answer
    }

    #expect(try hub.store.shoreCursor(.normal) == 2000)
  }

  @Test func `an answer that is lost moves nothing, also where the next one comes`() async throws {
    let next = Latch()
    let cursors = Mutex<[Int64]>([])

    try await sail { [hub] number, pass in
      let answer = try await pass()
      switch number {
      case 5:
        await next.wait()
        return Response(status: .badGateway)
      case 6: next.open()
      case 7: cursors.withLock { $0.append((try? hub.store.shoreCursor(.normal)) ?? -1) }
      default: break
      }
      return answer
    }

    // The four batches before were of 20, 80, 200 and 200.
    #expect(cursors.withLock { $0 } == [500])
  }

  @Test func `a link that loses every third answer, early or late, loses no event`() async throws {
    try await sail { number, pass in
      switch number % 6 {
      case 0: return Response(status: .badGateway)
      case 3:
        _ = try await pass()
        return Response(status: .badGateway)
      default: return try await pass()
      }
    }
  }
}
