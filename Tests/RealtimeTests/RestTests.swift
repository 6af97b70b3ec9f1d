import Access
import Foundation
import HubFixtures
import Inventory
import NIOCore
import Realtime
import Storage
import Testing
import WebSockets

/// A loop that has told very many rests, so that what comes meanwhile costs one write and not several.
@Suite struct RestTests {
  @Test func `what comes after a long round leaves together, and before the goodbye`()
    async throws
  {
    try await LiveHub.with { live in
      let person = try await live.person(.staff)
      let identity = try await live.gate.identity(token: person.token)
      let (hub, loop) = (live.hub, live.group.next())
      let head = try live.store.position().seq
      let slow = Rendition { event, _ in
        if event.seq == head + 1 { usleep(30_000) }
        return [Array("\(event.seq - head)".utf8)]
      }
      @Sendable func publish(_ number: Int64) {
        hub.publish([
          Event(
            seq: head + number, type: "inventory:updated", lane: .normal,
            audience: Audience(roles: .crew), topics: ["inventory"], time: 0, data: "{}")
        ])
      }

      let voice = try await loop.submit {
        let voice = WritingVoice()
        let receiver = Receiver(
          deck: try #require(hub.deck(on: loop)), id: 1, address: "", place: "",
          identity: identity, asOf: head, renditions: [slow])
        receiver.enter(speaking: voice)
        receiver.listen(to: ["inventory"], in: slow)
        // Each in a turn of the loop of its own.
        publish(1)
        loop.execute {
          publish(2)
          loop.execute {
            loop.execute {
              publish(3)
              hub.closeAll()
            }
          }
        }
        return NIOLoopBound(voice, eventLoop: loop)
      }.get()

      #expect(
        try await live.eventually {
          try await loop.submit { voice.value.farewell != nil }.get()
        })
      let (pieces, farewell) = try await loop.submit {
        (voice.value.pieces, voice.value.farewell)
      }.get()
      #expect(pieces == [["1"], ["2", "3"]])
      #expect(farewell == .stopping)
    }
  }
}

/// Writes down what it says between two flushes.
private final class WritingVoice: Voice {
  private(set) var pieces: [[String]] = []
  private(set) var farewell: Farewell?
  private var waiting: [String] = []

  var isOpen: Bool { farewell == nil }
  var isKeepingUp: Bool { true }
  var lastHeard: NIODeadline { .now() }
  var roundTrip: TimeAmount? { nil }

  func say(_ frames: SharedFrames, promise: EventLoopPromise<Void>?) {
    waiting += frames.messages.map { String(decoding: $0, as: UTF8.self) }
    promise?.succeed()
  }

  func flush() {
    guard !waiting.isEmpty else { return }
    pieces.append(waiting)
    waiting = []
  }

  func ping() {}
  func close(_ farewell: Farewell) { self.farewell = farewell }
  func drop() {}
}
