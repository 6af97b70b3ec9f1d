import Foundation
import LinkRelay
import Storage
import Synchronization

/// Looks after hub and link every half second, from a thread of its own: what looking takes would
/// else count as the crew's wait.
final class Lookout: Sendable {
  struct View: Sendable {
    var largest = ProcessFigures.Memory()
    /// When the link came, and when the first byte went over it.
    var start: UInt64?
    var firstByte: UInt64?
    var isDrained = false
    var isOver = false
    var failure: (any Error)?
  }

  private let state = Mutex(View())
  private let relay: Relay
  private let profile: LinkProfile
  private let figures: ProcessFigures
  private let store: Store

  init(_ relay: Relay, _ profile: LinkProfile, _ figures: ProcessFigures, _ store: Store) {
    self.relay = relay
    self.profile = profile
    self.figures = figures
    self.store = store
    Thread { self.run() }.start()
  }

  var view: View { state.withLock { $0 } }

  func linkUp() {
    relay.restore()
    state.withLock { $0.start = Clock.now() }
  }

  func end() { state.withLock { $0.isOver = true } }

  private func run() {
    let before = relay.passed
    var (looks, halves) = (0, 0)
    while !view.isOver {
      do {
        looks += 1
        if view.firstByte == nil, view.start != nil, relay.passed > before {
          state.withLock { $0.firstByte = Clock.now() }
        }
        if view.firstByte != nil {
          halves += 1
          profile.befall(relay, after: halves)
        }
        if looks % 2 == 0 {
          let memory = try figures.memory()
          state.withLock { if memory.resident > $0.largest.resident { $0.largest = memory } }
        }
        if looks % 4 == 0 {
          let isDrained = try store.backlog().values.reduce(0, +) < 200
          state.withLock { $0.isDrained = isDrained }
        }
      } catch {
        state.withLock { $0.failure = error }
      }
      usleep(500_000)
    }
  }
}
