import Foundation
import Inventory
import LinkRelay
import Logging
import Storage
import Synchronization

/// One hub with a backlog, one shore, and the link between them that comes up.
final class Voyage {
  struct Figures {
    var memory = ProcessFigures.Memory()
    var largestMemory = ProcessFigures.Memory()
    var events = 0
    /// Events that had not gone when the time was up.
    var left = 0
    /// From the link's coming to the first byte, and to shore being equal.
    var untilFirstByte = 0.0
    var untilEqual = 0.0
    /// Bytes of HTTP, heads and all, as the sockets count them.
    var up = 0
    var down = 0
    /// Bytes of whole packets on the link.
    var carriedUp = 0
    var carriedDown = 0
    var connections = 0
    var hubSeconds = 0.0
  }

  private static let crewPerSecond = 100
  private static let devices = 16
  /// Seconds of one window, and what passes before it counts after the link has been let go or held.
  private static let window = 4.0
  private static let settling = 1.0

  private let data: String
  private let profile: LinkProfile
  private let relay: Relay
  private let namespace: LinkNamespace?
  private let shore: HubProcess
  private let hub: HubProcess
  private var crew: Crew
  private let store: Store
  private var hasEnded = false

  /// - Parameters:
  ///   - data: the hub's folder with its backlog.
  ///   - shoreData: an empty place for shore's.
  init(
    _ profile: LinkProfile, hub program: String, shore shoreProgram: String, data: String,
    shoreData: String, products: [Int64], inNamespace: Bool
  ) throws {
    self.data = data
    self.profile = profile
    let key = try HubProcess.run(shoreProgram, ["site", "add", "bench", "--data", shoreData])
    try key.write(toFile: data + "/site.key", atomically: true, encoding: .utf8)
    let token = try HubProcess.token(program, data: data)
    var conditions = profile.conditions
    namespace =
      inNamespace ? conditions.bitsPerSecond.flatMap(LinkNamespace.init(bitsPerSecond:)) : nil
    if namespace != nil { conditions.bitsPerSecond = nil }
    let host = namespace == nil ? "127.0.0.1" : LinkNamespace.address
    let serve = ["serve", "--data", shoreData, "--listen", host + ":0"]
    // Shore stands elsewhere in truth: it takes what the hub and the crew leave of this machine.
    let apart = (namespace?.prefix ?? []) + ["nice", "-n", "19", shoreProgram]
    shore = try HubProcess("/usr/bin/env", apart + serve)
    let port = Int(shore.port)
    let shaped = conditions
    relay = try Self.wait { try await Relay(to: port, at: host, shaped) }
    relay.cut()
    hub = try HubProcess(
      program, data: data,
      arguments: [
        "--shore", "http://127.0.0.1:\(relay.port)", "--site", "bench", "--site-key-file",
        data + "/site.key",
      ])
    crew = try Crew(hub, token, devices: Self.devices, products: products)
    store = try Store(directory: data)
  }

  var isInNamespace: Bool { namespace != nil }

  func end() {
    guard !hasEnded else { return }
    hasEnded = true
    crew.leave()
    hub.stop()
    shore.stop()
    relay.close()
    namespace?.remove()
    try? store.close()
  }

  /// - Parameters:
  ///   - limit: seconds after which shore must be equal.
  ///   - bound: seconds after which it is enough, equal or not.
  func sail(within limit: Double, bound: Double?) throws -> Figures {
    var figures = Figures()
    let lookout = Lookout(relay, profile, hub.figures, store)
    defer { lookout.end() }
    _ = try crew.pace(perSecond: Self.crewPerSecond, seconds: 10)
    figures.memory = try hub.figures.memory()
    let safe = try confirmed()
    let processor = try hub.figures.processorTime()
    let (up, down, carried) = (relay.passed, relay.returned, carried)
    let connections = relay.connections

    lookout.linkUp()
    let start = Clock.now()
    // The crew goes on while the backlog drains; what it adds goes too.
    _ = try crew.pace(perSecond: Self.crewPerSecond, seconds: limit) {
      let view = lookout.view
      if let failure = view.failure { throw failure }
      return !view.isDrained && bound.map { Clock.seconds(since: start) < $0 } != false
    }
    let view = lookout.view
    figures.largestMemory = view.largest
    figures.untilFirstByte = view.firstByte.map { Double($0 - start) / 1e9 } ?? 0
    figures.connections = relay.connections - connections
    if !view.isDrained, bound != nil {
      figures.left = try waiting()
      figures.untilEqual = Clock.seconds(since: start)
      figures.events = try confirmed() - safe
      return try measured(figures, since: (up, down, carried), processor)
    }
    var seq = try store.position().seq
    while try store.safeOnShore() < seq {
      guard Clock.seconds(since: start) < limit else {
        throw Failure("Shore is not equal to the hub after \(Int(limit)) s.")
      }
      usleep(20_000)
      seq = try store.position().seq
    }
    figures.untilEqual = Clock.seconds(since: start)
    figures.events = try confirmed() - safe
    return try measured(figures, since: (up, down, carried), processor)
  }

  /// Lets the link go and holds it by turns, so many times each. What is under way when it is held goes
  /// on where it was: the hub has nothing to do, and no reason to give up.
  func contrast(windows: Int, backlog: Int) throws -> Contrast {
    var contrast = Contrast()
    relay.restore()
    let start = relay.passed
    // Batches are small until the link has been measured.
    _ = try crew.pace(perSecond: Self.crewPerSecond, seconds: 60) { relay.passed - start < 20_000 }
    for _ in 0..<windows {
      relay.stall()
      // Sent again: shore holds it already, and all that the hub does for it is the same.
      if try waiting() < backlog / 2 { try store.rewound(.normal, to: 0) }
      contrast.idle.add(try window())
      relay.restore()
      let before = relay.passed
      contrast.draining.add(try window())
      guard relay.passed > before else { throw Failure("Nothing drained in a window.") }
    }
    return contrast
  }

  private func window() throws -> Crew.Outcome {
    _ = try crew.pace(perSecond: Self.crewPerSecond, seconds: Self.settling)
    return try crew.pace(perSecond: Self.crewPerSecond, seconds: Self.window)
  }

  private func waiting() throws -> Int { try Int(store.backlog().values.reduce(0, +)) }

  private func confirmed() throws -> Int { try Int(store.position().seq) - waiting() }

  private func measured(
    _ sailed: Figures, since start: (up: Int, down: Int, carried: (up: Int, down: Int)),
    _ processor: Double
  ) throws -> Figures {
    var figures = sailed
    let (up, down, carried) = start
    (figures.up, figures.down) = (relay.passed - up, relay.returned - down)
    let after = self.carried
    (figures.carriedUp, figures.carriedDown) = (after.up - carried.up, after.down - carried.down)
    figures.hubSeconds = try hub.figures.processorTime() - processor
    return figures
  }

  private var carried: (up: Int, down: Int) { namespace?.carried ?? relay.carried }

  /// Waits on this thread, which may wait.
  private static func wait<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let result = Mutex<Result<Value, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
    Task {
      let made: Result<Value, any Error>
      do { made = .success(try await body()) } catch { made = .failure(error) }
      result.withLock { $0 = made }
      done.signal()
    }
    done.wait()
    guard let made = result.withLock({ $0 }) else { throw Failure("Nothing was made.") }
    return try made.get()
  }
}
