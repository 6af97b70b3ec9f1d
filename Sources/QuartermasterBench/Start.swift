import ArgumentParser
import Foundation

/// How long a hub with a long history keeps people waiting when the box is switched on.
struct Start: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Time the start of a hub, from the process to READY and to the first answer.")

  @Option(help: "Events in the log.") var events = 100_000
  @Option(help: "Starts that are timed.") var runs = 10
  @OptionGroup var options: BenchOptions

  func run() throws {
    let workplace = try Workplace()
    defer { workplace.remove() }
    let empty = try time(workplace.path("empty"), workplace)
    let products = try workplace.stock(products: 64)
    let filling = Clock.now()
    try workplace.fill(events, of: products)
    let filled = Clock.seconds(since: filling)
    let full = try time(workplace.data, workplace)

    var report = Report("start")
    report.heading("\(events) events, \(runs) starts (filled in \(Int(filled)) s)")
    add(full.ready, "ready", "to READY", "budget: 150", &report)
    add(full.health, "health", "to the first /health", "", &report)
    report.heading("An empty database")
    add(empty.ready, "emptyReady", "to READY", "", &report)
    add(empty.health, "emptyHealth", "to the first /health", "", &report)
    report.add(
      "ratio", "full / empty, median", median(full.ready) / median(empty.ready), "x", digits: 2)
    report.print(asJSON: options.json)
  }

  private func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }

  private func add(
    _ times: [Double], _ key: String, _ label: String, _ budget: String, _ report: inout Report
  ) {
    report.add(key + "Median", "\(label), median", median(times), "ms", budget)
    report.add(key + "Minimum", "\(label), shortest", times.min() ?? 0, "ms")
    report.add(key + "Maximum", "\(label), longest", times.max() ?? 0, "ms")
  }

  /// Starts a hub on `data` again and again, after once to create what is missing.
  /// - Returns: milliseconds, by run.
  private func time(
    _ data: String, _ workplace: Workplace
  ) throws -> (ready: [Double], health: [Double]) {
    var (ready, health): ([Double], [Double]) = ([], [])
    let mailbox = try NotifySocket(path: workplace.path("notify"))
    for run in 0...max(1, runs) {
      let start = Clock.now()
      var readyAt = start
      let hub = try HubProcess(
        options.program, data: data, environment: ["NOTIFY_SOCKET": mailbox.path],
        launched: { readyAt = try mailbox.waitForReady() })
      defer { hub.stop() }
      guard try Socket.get("/health", port: hub.port).hasPrefix("HTTP/1.1 200") else {
        throw Failure("The hub says that it is not well.")
      }
      let healthAt = Clock.now()
      guard run > 0 else { continue }
      ready.append(Double(readyAt - start) / 1e6)
      health.append(Double(healthAt - start) / 1e6)
    }
    return (ready, health)
  }
}
