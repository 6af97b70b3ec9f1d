/// Lets the messages of one connection through one after the other: while one waits for the database
/// (a sign-in, a replay) those behind it queue, so that answers keep the order of the questions.
package struct Turnstile<Message> {
  package enum Passage: Equatable { case through, queued, full }

  private var queue: [(message: Message, size: Int)] = []
  private var queuedSize = 0
  private var isHeld = false
  private let limit: Int

  /// - Parameter limit: bytes that may queue.
  package init(limit: Int) {
    self.limit = limit
  }

  package mutating func arrived(_ message: Message, size: Int) -> Passage {
    guard isHeld else { return .through }
    guard queue.count < 1000, queuedSize + size <= limit else { return .full }
    queue.append((message, size))
    queuedSize += size
    return .queued
  }

  package mutating func hold() { isHeld = true }

  package mutating func release() { isHeld = false }

  /// The next that may pass; call until it returns `nil` after `release`.
  package mutating func next() -> Message? {
    guard !isHeld, !queue.isEmpty else { return nil }
    let (message, size) = queue.removeFirst()
    queuedSize -= size
    return message
  }

  package mutating func clear() {
    queue = []
    queuedSize = 0
  }
}
