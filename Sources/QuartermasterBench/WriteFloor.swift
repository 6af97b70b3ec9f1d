import Foundation
import Synchronization

/// The least that telling many can cost here: one write(2) a receiver of bytes that are ready.
enum WriteFloor {
  /// - Returns: the writing thread's processor time per write, in microseconds.
  static func measure(sockets: Int, rounds: Int, size: Int) throws -> Double {
    let listener = try Socket.listen()
    defer { close(listener.descriptor) }
    var writing: [Int32] = []
    var reading: [Int32] = []
    defer { for descriptor in writing + reading { close(descriptor) } }
    for _ in 0..<sockets {
      writing.append(try Socket.connect(port: listener.port))
      let accepted = accept(listener.descriptor, nil, nil)
      guard accepted >= 0 else { throw Socket.failure("accept") }
      reading.append(accepted)
    }
    let reader = Reader(reading, until: sockets * rounds * size)
    let thread = Thread { reader.run() }
    thread.start()

    let frame = [UInt8](repeating: 0x78, count: size)
    let start = Clock.thread()
    try frame.withUnsafeBytes { frame in
      for _ in 0..<rounds {
        for descriptor in writing { try Socket.send(frame, to: descriptor) }
      }
    }
    let spent = Clock.thread() - start
    reader.done.wait()
    return Double(spent) / 1000 / Double(sockets * rounds)
  }

  private final class Reader: Sendable {
    let done = DispatchSemaphore(value: 0)
    private let descriptors: [Int32]
    private let expected: Int

    init(_ descriptors: [Int32], until expected: Int) {
      self.descriptors = descriptors
      self.expected = expected
    }

    func run() {
      defer { done.signal() }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      var received = 0
      guard let poller = try? Poller() else { return }
      for descriptor in descriptors { try? poller.add(descriptor, as: Int(descriptor)) }
      let deadline = Clock.now() + 60_000_000_000
      while received < expected, Clock.now() < deadline {
        try? poller.wait(100) { descriptor in
          let count = recv(Int32(descriptor), &buffer, buffer.count, Int32(MSG_DONTWAIT))
          received += max(0, count)
        }
      }
    }
  }
}
