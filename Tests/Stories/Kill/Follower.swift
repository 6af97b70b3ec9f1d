import Synchronization
import Wire

/// A device that listens to the inventory and, when it comes back, says how far it had heard.
final class Follower: Sendable {
  struct Heard: Sendable {
    /// Where listening began.
    var start: Int64 = 0
    var seqs: [Int64] = []
    var outcomes: [String: Int] = [:]
  }

  private struct State {
    var heard = Heard()
    var epoch: String?
    var isClosed = false
    var isOver = false
  }

  private let token: String
  private let state = Mutex(State())

  init(token: String) { self.token = token }

  var heard: Heard { state.withLock { $0.heard } }
  var hasBegun: Bool { state.withLock { $0.epoch != nil } }

  func listen(to hub: Hub) async {
    while !state.withLock({ $0.isOver }) {
      state.withLock { $0.isClosed = false }
      if let line = try? await Line.open(port: hub.port, token: token, heard: take) {
        line.send([
          "type": "subscribe",
          "data": .compact([
            "namespace": "inventory", "after": position,
          ]),
        ])
        while !state.withLock({ $0.isClosed || $0.isOver }) { await pause() }
        line.drop()
      }
      await pause()
    }
  }

  private func pause() async { try? await Task.sleep(for: .milliseconds(20)) }

  func leave() { state.withLock { $0.isOver = true } }

  private var position: JSON? {
    state.withLock { state in
      state.epoch.map { epoch in
        ["epoch": .string(epoch), "seq": .int(state.heard.seqs.last ?? state.heard.start)]
      }
    }
  }

  private func take(_ heard: Line.Heard) {
    state.withLock { state in
      switch heard {
      case .closed: state.isClosed = true
      case .ping: break
      case .message(let message):
        if message["namespace"]?.text == "inventory", let seq = message["seq"]?.integer {
          state.heard.seqs.append(seq)
        } else if message["type"]?.text == "subscribed", let data = message["data"] {
          state.heard.outcomes[data["outcome"]?.text ?? "none", default: 0] += 1
          if state.epoch == nil {
            state.epoch = data["epoch"]?.text
            state.heard.start = data["seq"]?.integer ?? 0
          }
        }
      }
    }
  }
}
