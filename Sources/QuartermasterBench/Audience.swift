/// Subscribers that speak one dialect and one writer on the hub's own protocol, which sends changes no faster than they are heard.
struct Audience {
  struct Outcome {
    var deliveries = 0
    var seconds = 0.0
    var processorSeconds = 0.0
    /// Of these, those of the event loops, which read and write the sockets.
    var loopSeconds = 0.0
    var bytes = 0.0
    var messagesPerRead = 0.0
    var latency = Latencies()

    var perSecond: Double { Double(deliveries) / seconds }
    var cores: Double { processorSeconds / seconds }
    /// The hub's processor time per delivery.
    var microseconds: Double { processorSeconds / Double(deliveries) * 1e6 }
    /// Without committing and making the messages, which other threads do.
    var tellingMicroseconds: Double { loopSeconds / Double(deliveries) * 1e6 }
    /// The same per piece that a device read, whatever number of messages were in it.
    var perRead: Double { microseconds * messagesPerRead }
  }

  private let hub: HubProcess
  private let swarm: Swarm
  private let subscribers: Int
  private let tongue: Tongue
  private let token: String
  private var adjustment: Adjustment
  private var number = 0
  private(set) var messageSize = 0

  init(
    _ hub: HubProcess, _ token: String, subscribers: Int, speaking tongue: Tongue, product: Int64
  ) throws {
    self.hub = hub
    self.tongue = tongue
    self.token = token
    self.subscribers = subscribers
    adjustment = Adjustment(product: product)
    swarm = try Swarm()
    try swarm.join(subscribers, port: hub.port, token: token, path: tongue.path)
    try swarm.subscribe(0..<subscribers, tongue, token: token)
    try swarm.join(1, port: hub.port, token: token)
    if tongue == .countRooms {
      swarm.say(
        #"{"type":"command","id":"open","command":"count.open","data":{"room":"\#(Tongue.room)"}}"#,
        from: writer)
      try swarm.flush(writer)
    }
  }

  /// Subscribers of a server that repeats each text to all who are connected.
  /// - Parameter size: of a message, in bytes.
  init(peer: HubProcess, subscribers: Int, size: Int) throws {
    hub = peer
    tongue = .peer
    token = ""
    self.subscribers = subscribers
    adjustment = Adjustment(product: 0)
    messageSize = size
    swarm = try Swarm()
    try swarm.join(subscribers + 1, port: peer.port, token: token, path: tongue.path)
  }

  private var writer: Int { subscribers }
  /// SwiftNIO's name for the threads of its loops.
  private static let loopThreads = "NIO-ELT"

  /// What the writer says to bring about a change.
  private func change(_ id: String) -> String {
    switch tongue {
    case .countRooms: return adjustment.scan(id: id)
    case .peer:
      let text = #"{"type":"inventory:updated","data":"\#(id) "#
      return text + String(repeating: "x", count: max(0, messageSize - text.utf8.count - 2))
        + #""}"#
    case .native, .sommos, .oda, .bms: return adjustment.message(id: id)
    }
  }

  /// Pads the changes' note until an event's message has `size` bytes.
  mutating func fit(size: Int) throws {
    for _ in 0..<2 {
      _ = try publish(1, inFlight: 1)
      let missing = size - messageSize - (adjustment.note.isEmpty ? #","note":"""#.utf8.count : 0)
      let length = min(500, adjustment.note.count + missing)
      if length > 0 { adjustment.note = String(repeating: "x", count: length) }
    }
  }

  mutating func publish(_ count: Int, inFlight: Int) throws -> Outcome {
    try publish(count, inFlight: inFlight, gap: 0)
  }

  /// - Parameter pace: changes a second, each sent at its time.
  mutating func publish(_ count: Int, pace: Int) throws -> Outcome {
    try publish(count, inFlight: .max, gap: 1_000_000_000 / UInt64(pace))
  }

  private mutating func publish(_ count: Int, inFlight: Int, gap: UInt64) throws -> Outcome {
    var sent: [UInt64] = []
    var heardBy = [Int](repeating: 0, count: count)
    var next = [Int](repeating: 0, count: subscribers)
    var complete = 0
    var outcome = Outcome()
    var size = messageSize
    let before = (try hub.figures.processorTime(), swarm.received)
    let loopsBefore = try hub.figures.processorTime(ofThreads: Self.loopThreads)
    let start = Clock.now()
    let deadline = start + 60_000_000_000

    while complete < count {
      let now = Clock.now()
      guard now < deadline else { throw Failure("Telling \(count) changes took over a minute.") }
      while sent.count < count, sent.count - complete < inFlight,
        now >= start + gap * UInt64(sent.count)
      {
        number += 1
        swarm.say(change("f-\(number)"), from: writer)
        sent.append(now)
      }
      try swarm.flush(writer)
      try swarm.turn(gap == 0 ? 100 : 1) { device, message in
        guard message.begins(with: tongue.change), device != writer else {
          for answer in tongue.answers(to: message, token: token) {
            swarm.say(answer, from: device)
          }
          return tongue == .peer ? () : try Adjustment.check(message)
        }
        size = message.count
        let event = next[device]
        next[device] += 1
        heardBy[event] += 1
        guard heardBy[event] == subscribers else { return }
        complete += 1
        outcome.latency.record(Clock.now() - sent[event])
      }
    }
    outcome.seconds = Clock.seconds(since: start)
    outcome.processorSeconds = try hub.figures.processorTime() - before.0
    outcome.loopSeconds =
      try hub.figures.processorTime(ofThreads: Self.loopThreads) - loopsBefore
    outcome.deliveries = count * subscribers
    outcome.bytes = Double(swarm.received.bytes - before.1.bytes)
    outcome.messagesPerRead =
      Double(outcome.deliveries) / Double(swarm.received.reads - before.1.reads)
    messageSize = size
    return outcome
  }
}
