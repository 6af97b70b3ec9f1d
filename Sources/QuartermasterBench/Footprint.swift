import ArgumentParser
import Foundation

/// What a hub takes of a small machine while nothing happens.
struct Footprint: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure an idle hub, with and without devices connected.")

  @Option(help: "Devices that connect, sign in, subscribe and are silent.") var devices = 1000
  @OptionGroup var options: BenchOptions

  private struct State {
    var memory: ProcessFigures.Memory
    var threads: Int
    var wakeUps: Double

    init(_ process: ProcessFigures, over seconds: UInt32) throws {
      let before = try process.contextSwitches()
      sleep(seconds)
      // Threads that have ended meanwhile take their count with them.
      let switches = try process.contextSwitches().map { $1 - before[$0, default: 0] }
      wakeUps = switches.reduce(0, +) / Double(seconds)
      memory = try process.memory()
      threads = try process.threadCount()
    }
  }

  func run() throws {
    Socket.allowMany()
    let workplace = try Workplace()
    defer { workplace.remove() }
    try synchronize(options.program)
    _ = try workplace.stock(products: 15)
    let token = try HubProcess.token(options.program, data: workplace.data)
    let hub = try HubProcess(options.program, data: workplace.data)
    defer { hub.stop() }

    sleep(5)
    let idle = try State(hub.figures, over: 10)
    let swarm = try Swarm()
    try swarm.join(devices, port: hub.port, token: token)
    try swarm.subscribe(0..<devices, .native, token: token)
    sleep(2)
    let full = try State(hub.figures, over: 10)
    swarm.leave()
    sleep(3)
    let left = try State(hub.figures, over: 1)

    var report = Report("footprint")
    report.heading("Idle, nobody connected")
    add(idle, to: &report, "idle", (" <= 25", " <= 6", " <= 3"))
    report.heading("\(devices) devices, signed in, subscribed, silent")
    add(full, to: &report, "connected")
    // Clean pages are the program itself, of which more is in use; dirty ones are the devices.
    let each = (full.memory.privateDirty - idle.memory.privateDirty) / 1e3 / Double(max(1, devices))
    report.add(
      "privateKilobytesPerDevice", "private memory a device", each, "kB", digits: 2, "budget: 4")
    report.heading("After they left")
    add(left, to: &report, "left")
    report.heading("The program")
    report.add("binaryMegabytes", "as built", try size(options.program), "MB")
    if let stripped = try? strip(workplace.path("stripped")) {
      report.add("strippedMegabytes", "stripped", stripped, "MB")
    }
    report.print(asJSON: options.json)
  }

  private func add(
    _ state: State, to report: inout Report, _ key: String,
    _ budgets: (resident: String, dirty: String, wakeUps: String)? = nil
  ) {
    func budget(_ text: String?) -> String { text.map { "budget:\($0)" } ?? "" }
    let memory = state.memory
    report.add(
      key + "ResidentMegabytes", "resident (RSS)", memory.resident / 1e6, "MB",
      budget(budgets?.resident))
    report.add(key + "ProportionalMegabytes", "proportional (PSS)", memory.proportional / 1e6, "MB")
    report.add(
      key + "PrivateDirtyMegabytes", "private, dirty", memory.privateDirty / 1e6, "MB",
      budget(budgets?.dirty))
    report.add(key + "PrivateCleanMegabytes", "private, clean", memory.privateClean / 1e6, "MB")
    report.add(key + "Threads", "threads", Double(state.threads), digits: 0)
    report.add(
      key + "WakeUps", "wake-ups", state.wakeUps, "/s", budget(budgets?.wakeUps))
  }

  /// Pages of a program that was linked just now count as dirty until they are on disk.
  private func synchronize(_ file: String) throws {
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
    try handle.synchronize()
    try handle.close()
  }

  private func size(_ file: String) throws -> Double {
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    return ((attributes[.size] as? NSNumber)?.doubleValue ?? 0) / 1e6
  }

  private func strip(_ target: String) throws -> Double {
    _ = try HubProcess.run("/usr/bin/strip", ["-o", target, options.program])
    return try size(target)
  }
}
