import NIOCore
import Synchronization
import Wire

/// A device that always has two changes under way and, when the hub comes back, sends again under
/// the same operation id what was not acknowledged.
final class Writer: Sendable {
  struct Change: Sendable, Equatable {
    var product: Int64
    var quantity: Int64
  }

  struct Books: Sendable {
    /// Every change that was ever sent, by operation id.
    var changes: [String: Change] = [:]
    /// The seq of each acknowledgement.
    var acks: [String: Int64] = [:]
    var underWay: [String] = []
    var retries = 0
    /// What no device should ever see: a refusal, or a second acknowledgement that says otherwise.
    var complaints: [String] = []
  }

  private struct State {
    var books = Books()
    var line: Line?
    var isWriting = true
    var isOver = false
  }

  private let name: String
  private let token: String
  private let products: [Int64]
  private let location: Int64
  private let state = Mutex(State())
  private let atOnce = 2
  private let onConfirmation: @Sendable () -> Void

  /// - Parameter onConfirmation: called the moment that a change is confirmed.
  init(
    name: String, token: String, products: [Int64], location: Int64,
    onConfirmation: @escaping @Sendable () -> Void = {}
  ) {
    self.onConfirmation = onConfirmation
    self.name = name
    self.token = token
    self.products = products
    self.location = location
  }

  var books: Books { state.withLock { $0.books } }
  var isIdle: Bool { state.withLock { !$0.isWriting && $0.books.underWay.isEmpty } }

  /// Connects to whatever hub is there, again and again, until `leave`.
  func work(at hub: Hub) async {
    while !state.withLock({ $0.isOver }) {
      let ended = Ended()
      let line = try? await Line.open(port: hub.port, token: token) { heard in
        switch heard {
        case .message(let message): self.heard(message)
        case .closed: ended.flag.withLock { $0 = true }
        case .ping: break
        }
      }
      if let line {
        begin(line)
        while !ended.flag.withLock({ $0 }), !state.withLock({ $0.isOver }) { await pause() }
        state.withLock { $0.line = nil }
        line.drop()
      }
      await pause()
    }
  }

  private final class Ended: Sendable { let flag = Mutex(false) }

  private func pause() async { try? await Task.sleep(for: .milliseconds(20)) }

  func finishWriting() { state.withLock { $0.isWriting = false } }
  func leave() { state.withLock { $0.isOver = true } }

  /// Sends the last acknowledged changes once more: the hub must give its first answers again.
  func repeatLast(_ count: Int) {
    let (line, ids) = state.withLock { state in
      let ids = state.books.acks.sorted { $0.value > $1.value }.prefix(count).map(\.key)
      state.books.underWay += ids
      state.books.retries += ids.count
      return (state.line, ids)
    }
    for id in ids { send(id, on: line) }
  }

  private func begin(_ line: Line) {
    let unfinished = state.withLock { state in
      state.line = line
      state.books.retries += state.books.underWay.count
      return state.books.underWay
    }
    for id in unfinished { send(id, on: line) }
    for _ in unfinished.count..<max(atOnce, unfinished.count) { sendNext() }
  }

  private func sendNext() {
    let (id, line) = state.withLock { state -> (String?, Line?) in
      guard state.isWriting, state.line != nil else { return (nil, nil) }
      let number = state.books.changes.count + 1
      let id = "\(name)-\(number)"
      state.books.changes[id] = Change(
        product: products[number % products.count],
        quantity: [1, -1, 2, -3, 5, -4].randomElement() ?? 1)
      state.books.underWay.append(id)
      return (id, state.line)
    }
    if let id { send(id, on: line) }
  }

  private func send(_ id: String, on line: Line?) {
    guard let change = state.withLock({ $0.books.changes[id] }) else { return }
    line?.send([
      "type": "command", "id": .string(id), "command": "stock.adjust",
      "data": [
        "productId": .int(change.product), "locationId": .int(location),
        "quantity": .int(change.quantity), "note": .string(id),
      ],
    ])
  }

  private func heard(_ message: JSON) {
    guard let type = message["type"]?.text, ["ack", "refused"].contains(type) else { return }
    // A hub that is stopping takes nothing more; the change goes again to the next one.
    if type == "refused", message["code"]?.text == "unavailable" { return }
    if type == "ack" { onConfirmation() }
    let id = message["id"]?.text ?? ""
    let line = state.withLock { state in
      let seq = message["seq"]?.integer ?? 0
      if type == "refused" {
        state.books.complaints.append("refused: \(message.encoded)")
      } else if let earlier = state.books.acks.updateValue(seq, forKey: id), earlier != seq {
        state.books.complaints.append("\(id) was \(earlier) and is now \(seq)")
      }
      state.books.underWay.removeAll { $0 == id }
      return state.line
    }
    line?.later(.milliseconds(.random(in: 10...60))) { self.sendNext() }
  }
}
