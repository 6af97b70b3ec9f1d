import ArgumentParser
import Foundation

/// How many changes a second the hub saves, each acknowledged only when it is on disk.
struct Commit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Save stock changes from many devices, and compare with bare SQLite.")

  @Option(help: "Devices that send changes.") var devices = 64
  @Option(help: "Seconds of the saturated and of the paced part.") var seconds = 8
  @Option(help: "Changes that each device has on their way at a time.") var inFlight = 4
  @Option(help: "Changes a second of all devices together in the paced part.") var pace = 1000
  @OptionGroup var options: BenchOptions

  private static let products = 64
  private static let group = 128

  func run() throws {
    Socket.allowMany()
    let workplace = try Workplace()
    defer { workplace.remove() }
    let products = try workplace.stock(products: Self.products)
    let token = try HubProcess.token(options.program, data: workplace.data)
    let hub = try HubProcess(options.program, data: workplace.data)
    defer { hub.stop() }

    var crew = try Crew(hub, token, devices: devices, products: products)
    _ = try crew.saturate(inFlight: inFlight, seconds: 1)
    let busy = try crew.saturate(inFlight: inFlight, seconds: Double(seconds))
    let before = try hub.figures.bytesWritten()
    let calm = try crew.pace(perSecond: pace, seconds: Double(seconds))
    let written = try hub.figures.bytesWritten() - before
    crew.leave()
    hub.stop()
    let words = try HubProcess.run(options.program, ["verify", "--data", workplace.data])
    let kept = try CommitFloor.kept(in: workplace.data)
    guard kept.stock == crew.acknowledged + Self.products, kept.operations == crew.acknowledged
    else {
      throw Failure(
        "\(crew.acknowledged) changes were acknowledged, and \(kept.operations) are kept.")
    }
    let floor = try CommitFloor(in: workplace.path("floor"), workplace)
    let single = try floor.measure(group: 1, seconds: 2)
    let grouped = try floor.measure(group: Self.group, seconds: 3)
    let paced = try floor.pace(perSecond: pace, seconds: seconds)

    var report = Report("commit")
    report.heading("Saturated: \(devices) devices, \(inFlight) changes in flight each")
    report.add("changesPerSecond", "saved", busy.perSecond, "/s", digits: 0, "budget: 10000")
    report.add("saturatedP50", "sent to acknowledged, p50", busy.latency.percentile(50), "ms")
    report.add("saturatedP99", "sent to acknowledged, p99", busy.latency.percentile(99), "ms")
    report.add("hubCores", "processors that the hub kept busy", busy.cores, digits: 2)
    report.add("microsecondsPerChange", "hub's CPU per change", busy.microseconds, "us")
    report.heading("Paced: \(pace) changes a second in all")
    report.add("pacedPerSecond", "saved", calm.perSecond, "/s", digits: 0)
    report.add("pacedP50", "due to acknowledged, p50", calm.latency.percentile(50), "ms")
    report.add(
      "pacedP99", "due to acknowledged, p99", calm.latency.percentile(99), "ms", "budget: 20")
    report.add("pacedMaximum", "due to acknowledged, longest", calm.latency.maximum, "ms")
    report.add("pacedMicrosecondsPerChange", "hub's CPU per change", calm.microseconds, "us")
    report.add(
      "kilobytesWrittenPerThousand", "written to disk per 1,000 changes",
      written / Double(max(1, calm.changes)), "kB", digits: 0)
    report.heading("Floor: the same rows written by bare SQLite, fsynced")
    report.add("floorSingle", "one a transaction", single, "/s", digits: 0)
    report.add("floorGrouped", "\(Self.group) a transaction", grouped, "/s", digits: 0)
    report.add("ratioToSingle", "hub / one by one", busy.perSecond / single, "x", digits: 2)
    report.add("ratioToGrouped", "hub / grouped", busy.perSecond / grouped, "x", digits: 2)
    report.add("floorP99", "one at a time at the same pace, p99", paced.percentile(99), "ms")
    report.add("floorMaximum", "and the longest", paced.maximum, "ms")
    report.heading("Afterwards")
    report.add("verify", "verify", words)
    report.add("acknowledged", "acknowledged and kept", Double(crew.acknowledged), digits: 0)
    report.print(asJSON: options.json)
  }
}
