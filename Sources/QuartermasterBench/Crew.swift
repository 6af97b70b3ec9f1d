/// Devices that book stock movements and wait for the hub to say that each is saved.
struct Crew {
  struct Outcome {
    var changes = 0
    var seconds = 0.0
    var processorSeconds = 0.0
    var latency = Latencies()

    var perSecond: Double { Double(changes) / seconds }
    var cores: Double { processorSeconds / seconds }
    /// The hub's processor time per change.
    var microseconds: Double { processorSeconds / Double(changes) * 1e6 }
  }

  private let hub: HubProcess
  private let swarm: Swarm
  private let products: [Int64]
  private let devices: Int
  /// When each change on its way was sent, or was due; acknowledgements keep the order per device.
  private var pending: [[UInt64]]
  private var number = 0
  private(set) var acknowledged = 0

  init(_ hub: HubProcess, _ token: String, devices: Int, products: [Int64]) throws {
    self.hub = hub
    self.products = products
    self.devices = devices
    pending = Array(repeating: [], count: devices)
    swarm = try Swarm()
    try swarm.join(devices, port: hub.port, token: token)
  }

  func leave() {
    swarm.leave()
  }

  /// Keeps `inFlight` changes of every device on their way.
  mutating func saturate(inFlight: Int, seconds: Double) throws -> Outcome {
    let end = Clock.now() + UInt64(seconds * 1e9)
    for device in 0..<devices {
      for _ in 0..<inFlight { send(from: device, at: Clock.now()) }
      try swarm.flush(device)
    }
    return try listen(until: { $0 >= end }) { crew, device, now in
      if now < end { crew.send(from: device, at: now) }
    }
  }

  /// Sends at even times, whether or not the hub keeps up; latency counts from when one was due.
  /// - Parameter isWanted: is asked before each change; the rest is left out once it says no.
  mutating func pace(
    perSecond: Int, seconds: Double, while isWanted: () throws -> Bool = { true }
  ) throws -> Outcome {
    var total = Int(Double(perSecond) * seconds)
    let start = Clock.now()
    var due = 0
    return try listen(until: { _ in due == total }, wait: 1, seconds: seconds) { _, _, _ in
    } before: { crew, now in
      while due < total {
        guard try isWanted() else {
          total = due
          return
        }
        let time = start + UInt64(due) * 1_000_000_000 / UInt64(perSecond)
        guard now >= time else { return }
        let device = due % crew.devices
        crew.send(from: device, at: time)
        try crew.swarm.flush(device)
        due += 1
      }
    }
  }

  private mutating func send(from device: Int, at time: UInt64) {
    number += 1
    let adjustment = Adjustment(product: products[number % products.count])
    swarm.say(adjustment.message(id: "\(device)-\(number)"), from: device)
    pending[device].append(time)
  }

  /// Hears acknowledgements until `isOver` and nothing is on its way any more.
  private mutating func listen(
    until isOver: (UInt64) -> Bool, wait: Int32 = 100, seconds: Double = 0,
    answered: (inout Crew, _ device: Int, _ now: UInt64) -> Void,
    before: (inout Crew, _ now: UInt64) throws -> Void = { _, _ in }
  ) throws -> Outcome {
    var outcome = Outcome()
    let (start, processor) = (Clock.now(), try hub.figures.processorTime())
    let deadline = start + UInt64((seconds + 50) * 1e9)
    while true {
      let now = Clock.now()
      guard now < deadline else { throw Failure("The hub did not answer every change in time.") }
      try before(&self, now)
      if isOver(now), pending.allSatisfy(\.isEmpty) { break }
      let swarm = swarm
      try swarm.turn(wait) { device, message in
        guard message.begins(with: #"{"type":"ack""#) else { return try Adjustment.check(message) }
        let now = Clock.now()
        outcome.latency.record(now - pending[device].removeFirst())
        outcome.changes += 1
        answered(&self, device, now)
      }
    }
    outcome.seconds = Clock.seconds(since: start)
    outcome.processorSeconds = try hub.figures.processorTime() - processor
    acknowledged += outcome.changes
    return outcome
  }
}
