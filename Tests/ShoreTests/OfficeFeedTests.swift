import Inventory
import Logging
import NIOCore
import NIOPosix
import NIOWebSocket
@testable import Shore
import ShoreFixtures
import Sync
import Testing
import Wire

/// The seam between what a screen has missed and what it hears live.
@Suite(.timeLimit(.minutes(2)))
struct OfficeFeedTests {
  @Test func `whoever comes back while much comes in has no hole and nothing twice`() async throws {
    let directory = try TemporaryDirectory()
    let store = try ShoreStore(DataDirectory(directory.path), create: true)
    _ = try store.addSite(.yacht, at: 1)
    @Sendable func receive(_ seq: Int64) async throws {
      _ = try await store.receive(try Batch.sample(seq...seq).received, from: .yacht, at: 2)
    }
    try await receive(1)
    // It looks so often that it tells something in the midst of nearly every replay.
    let feed = OfficeFeed(store, look: .microseconds(200), logger: .silent)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let last: Int64 = 300

    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await feed.watch() }
      group.addTask { for seq in 2...last { try await receive(seq) } }
      var screens: [NIOLoopBound<Recorder>] = []
      for id in 1...60 {
        screens.append(
          try await loop.submit {
            let recorder = Recorder()
            let screen = OfficeScreen(
              id, on: loop, hearing: feed, limits: OfficeLimits(), pace: OfficePace(OfficeLimits()),
              clock: { 0 })
            screen.enter(speaking: recorder)
            screen.received(["type": "subscribe", "data": ["after": ["yacht": "e1.0.1.0"]]])
            return NIOLoopBound(recorder, eventLoop: loop)
          }.get())
        try await Task.sleep(for: .milliseconds(5))
      }
      for screen in screens {
        var heard: [Int64] = []
        while heard.last != last {
          try await Task.sleep(for: .milliseconds(5))
          heard = try await loop.submit { screen.value.seqs }.get()
        }
        #expect(heard == Array(2...last))
      }
      group.cancelAll()
    }
  }
}

private final class Recorder: OfficeVoice {
  private(set) var seqs: [Int64] = []

  var isKeepingUp: Bool { true }
  func say(_ message: JSON) {}

  func tell(_ news: OfficeNews, promise: EventLoopPromise<Void>?) {
    seqs.append(news.arrival.event.seq)
    promise?.succeed()
  }

  func flush() {}
  func close(_ code: WebSocketErrorCode, _ reason: String) {}
}
