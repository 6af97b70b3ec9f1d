import Synchronization
import Wire

/// A device that a story leads by the hand: it sends, and looks at what came back.
final class Device: Sendable {
  private struct State {
    var unseen: [JSON] = []
    var events: [JSON] = []
    var isClosed = false
    var code: Int?
    var pings = 0
  }

  let line: Line
  private let state: Inbox

  private final class Inbox: Sendable {
    let state = Mutex(State())
  }

  private init(_ line: Line, _ state: Inbox) {
    self.line = line
    self.state = state
  }

  /// A hub that is behind with its work is asked again, as every client does.
  static func connect(
    _ hub: Hub, token: String? = nil, window: Int? = nil, answersPings: Bool = true
  ) async throws -> Device {
    try await eventual("the hub takes the device", every: .milliseconds(250)) {
      do {
        return try await open(hub, token, window, answersPings)
      } catch let refused as Line.Refused where refused.status == 503 {
        return nil
      }
    }
  }

  private static func open(
    _ hub: Hub, _ token: String?, _ window: Int?, _ answersPings: Bool
  ) async throws -> Device {
    let inbox = Inbox()
    let line = try await Line.open(
      port: hub.port, token: token, window: window, answersPings: answersPings
    ) { heard in
      inbox.state.withLock { state in
        switch heard {
        case .message(let message):
          if message["namespace"] != nil, message["seq"] != nil {
            state.events.append(message)
          } else {
            state.unseen.append(message)
          }
        case .ping: state.pings += 1
        case .closed(let code): (state.isClosed, state.code) = (true, code)
        }
      }
    }
    return Device(line, inbox)
  }

  deinit { line.drop() }

  /// Events of the log in the order in which they came.
  var events: [JSON] { state.state.withLock { $0.events } }
  var seqs: [Int64] { events.compactMap { $0["seq"]?.integer } }
  var isClosed: Bool { state.state.withLock { $0.isClosed } }
  var pings: Int { state.state.withLock { $0.pings } }

  /// The operation ids of the confirmations that nobody has looked at.
  var acks: [String] {
    state.state.withLock { state in
      state.unseen.filter { $0["type"]?.text == "ack" }.compactMap { $0["id"]?.text }
    }
  }

  /// The first message, not looked at before, that is no event and fits.
  func answer(
    _ what: String, within limit: Duration = patience, where fits: (JSON) -> Bool
  ) async throws -> JSON {
    try await eventual(what, within: limit, every: .milliseconds(2)) {
      state.state.withLock { state in
        guard let index = state.unseen.firstIndex(where: fits) else { return nil }
        return state.unseen.remove(at: index)
      }
    }
  }

  func answer(_ type: String, within limit: Duration = patience) async throws -> JSON {
    try await answer("a message \(type)", within: limit) { $0["type"]?.text == type }
  }

  /// The close code; `nil` where the connection ended without one.
  func closed(within limit: Duration = patience) async throws -> Int? {
    try await eventually("the hub closes the connection", within: limit) { isClosed }
    return state.state.withLock { $0.code }
  }

  /// Sends a command and waits for its `ack` or `refused`.
  @discardableResult
  func command(_ name: String, _ data: JSON, id: String) async throws -> JSON {
    line.send([
      "type": "command", "id": .string(id), "command": .string(name), "data": data,
    ])
    return try await answer("an answer to \(id)") {
      $0["id"]?.text == id && ["ack", "refused"].contains($0["type"]?.text)
    }
  }

  /// Subscribes and returns what stands under `data` of the hub's answer.
  @discardableResult
  func subscribe(_ namespace: String, after position: JSON? = nil) async throws -> JSON {
    line.send([
      "type": "subscribe",
      "data": .compact(["namespace": .string(namespace), "after": position]),
    ])
    let answer = try await answer("an answer to subscribing") {
      ["subscribed", "refused"].contains($0["type"]?.text)
    }
    return answer["data"] ?? answer
  }
}
