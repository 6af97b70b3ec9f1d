import NIOCore

/// The deadlines of all sessions on one event loop: a session costs no timer of its own, and none
/// runs where there is no session.
final class EngineClock {
  let eventLoop: any EventLoop
  private let grain: TimeAmount
  private var connections: [ObjectIdentifier: EngineConnection] = [:]
  private var alarm: (time: NIODeadline, task: Scheduled<Void>)?

  init(_ eventLoop: any EventLoop, grain: TimeAmount) {
    self.eventLoop = eventLoop
    self.grain = grain
  }

  var all: [EngineConnection] { Array(connections.values) }

  func add(_ connection: EngineConnection) {
    connections[ObjectIdentifier(connection)] = connection
  }

  func remove(_ connection: EngineConnection) {
    connections[ObjectIdentifier(connection)] = nil
    if connections.isEmpty {
      alarm?.task.cancel()
      alarm = nil
    }
  }

  /// A session's deadline may have come nearer. One that has receded is noticed when the alarm rings.
  func changed(_ connection: EngineConnection) {
    guard connections[ObjectIdentifier(connection)] != nil else { return }
    set(connection.deadline)
  }

  private func set(_ deadline: NIODeadline) {
    guard deadline < .distantFuture else { return }
    let time = roundedUp(deadline)
    if let alarm, alarm.time <= time { return }
    alarm?.task.cancel()
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    alarm = (time, eventLoop.scheduleTask(deadline: time) { bound.value.ring() })
  }

  private func roundedUp(_ deadline: NIODeadline) -> NIODeadline {
    let grain = UInt64(max(1, self.grain.nanoseconds))
    let (grains, rest) = deadline.uptimeNanoseconds.quotientAndRemainder(dividingBy: grain)
    return .uptimeNanoseconds((rest == 0 ? grains : grains + 1) * grain)
  }

  private func ring() {
    alarm = nil
    let now = NIODeadline.now()
    for connection in all where connection.deadline <= now { connection.timePassed(now: now) }
    if let next = connections.values.map(\.deadline).min() { set(next) }
  }
}
