import ArgumentParser
import Foundation
import Inventory
import LinkRelay
import Storage
import Sync
import Wire

/// What a backlog costs on its way ashore, and what the crew notices of it.
struct Uplink: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Drain a backlog over links as they are at sea, while the crew goes on working.",
    discussion: """
      A relay of our own adds delay, jitter, loss and interruptions. The rate is the kernel's (tc tbf \
      between network namespaces) where this user may have one, else the relay's as well. 100,000 \
      events over 2G take some ten minutes.
      """)

  @Option(help: "Events in the backlog.") var events = 100_000
  @Option(
    parsing: .upToNextOption,
    help: "Links: \(LinkProfile.allCases.map(\.rawValue).joined(separator: ", ")). [default: all]")
  var link: [LinkProfile] = LinkProfile.allCases
  @Option(help: "Seconds after which a drain has failed.") var limit = 1800
  @Option(
    help: "Seconds after which a drain is long enough; the rest is reckoned. [default: none]")
  var bound: Int?
  @Option(
    help: "Windows with the link held, and as many draining, in which the crew's waits are taken.")
  var windows = 12
  @Option(help: "The shore server. [default: quartermaster-shore, beside this program]")
  var shore: String?
  @Flag(help: "Let the relay limit the rate even where namespaces are allowed.")
  var relayOnly = false
  @OptionGroup var options: BenchOptions

  func run() throws {
    Socket.allowMany()
    let workplace = try Workplace()
    defer { workplace.remove() }
    let products = try workplace.stock(products: 64)
    try workplace.fill(events, of: products)
    var report = Report("uplink")
    let alone = try gzipAlone(workplace)
    report.heading("The same events in batches of \(Limits.pageEvents), nothing but the bodies")
    report.add("plain", "as they are written", alone.plain, "bytes/event")
    report.add("gzip", "gzip -9", alone.gzip, "bytes/event")
    for profile in link {
      try measure(profile, workplace, products, &report)
      if windows > 0 { try compare(profile, workplace, products, &report) }
    }
    report.print(asJSON: options.json)
  }

  private func measure(
    _ profile: LinkProfile, _ workplace: Workplace, _ products: [Int64], _ report: inout Report
  ) throws {
    try onVoyage(profile, workplace, products) { voyage, data, ashore in
      let figures = try voyage.sail(within: Double(limit), bound: bound.map(Double.init))
      voyage.end()
      let aboard = try HubProcess.run(options.program, ["export", "events", "--data", data])
      let held = try HubProcess.run(
        shoreProgram, ["export", "events", "--site", "bench", "--data", ashore])
      let isSame =
        figures.left == 0
        ? aboard == held
        : Set(held.split(separator: "\n")).isSubset(of: aboard.split(separator: "\n"))
      guard isSame else { throw Failure("Shore's log differs from the hub's.") }
      let limiter = voyage.isInNamespace ? "tc tbf" : "the relay"
      report.heading("\(profile.words) (rate by \(limiter))")
      add(figures, profile, to: &report)
    }
  }

  /// On a voyage of its own: what a drain takes and what the crew waits are not asked of one another.
  private func compare(
    _ profile: LinkProfile, _ workplace: Workplace, _ products: [Int64], _ report: inout Report
  ) throws {
    let name = profile.rawValue
    try onVoyage(profile, workplace, products) { voyage, _, _ in
      let contrast = try voyage.contrast(windows: windows, backlog: events)
      voyage.end()
      for (key, label, percent) in [("P50", "p50", 50.0), ("P99", "p99", 99)] {
        let (idle, draining) = (contrast.idle.median(percent), contrast.draining.median(percent))
        report.add(
          name + "Idle" + key, "crew's \(label), link held, median", idle, "ms",
          contrast.idle.words(percent))
        report.add(
          name + "Drain" + key, "crew's \(label), draining, median", draining, "ms",
          contrast.draining.words(percent))
        report.add(
          name + "Ratio" + key, "ratio", draining / idle, "x", digits: 2,
          percent == 99 ? "budget: 1.2" : "")
      }
    }
  }

  private func onVoyage(
    _ profile: LinkProfile, _ workplace: Workplace, _ products: [Int64],
    _ body: (Voyage, _ data: String, _ ashore: String) throws -> Void
  ) throws {
    let name = profile.rawValue
    let data = workplace.path(name)
    // Not on the hub's disk, whose time is being measured.
    let memory = "/dev/shm"
    let ashore =
      FileManager.default.isWritableFile(atPath: memory)
      ? "\(memory)/\(data.split(separator: "/").suffix(2).joined(separator: "-"))"
      : workplace.path(name + "-shore")
    try FileManager.default.copyItem(atPath: workplace.data, toPath: data)
    // Else the hub's first commits would wait for the copy to reach the disk.
    sync()
    defer {
      for folder in [data, ashore] { try? FileManager.default.removeItem(atPath: folder) }
    }
    let voyage = try Voyage(
      profile, hub: try options.program, shore: try shoreProgram, data: data, shoreData: ashore,
      products: products, inNamespace: !relayOnly)
    do {
      try body(voyage, data, ashore)
    } catch {
      voyage.end()
      throw error
    }
  }

  private func add(
    _ figures: Voyage.Figures, _ profile: LinkProfile, to report: inout Report
  ) {
    let name = profile.rawValue
    let events = Double(figures.events)
    let busy = figures.untilEqual - figures.untilFirstByte
    report.add(name + "Events", "events that went", events, digits: 0)
    report.add(
      name + "Up", "up, HTTP heads in", Double(figures.up) / events, "bytes/event", "budget: 30")
    report.add(name + "Down", "down", Double(figures.down) / events, "bytes/event")
    report.add(
      name + "Packets", "up and down, packets with all heads",
      Double(figures.carriedUp + figures.carriedDown) / events, "bytes/event")
    report.add(name + "FirstByte", "link up to first byte", figures.untilFirstByte, "s")
    if figures.left == 0 {
      report.add(name + "Equal", "link up to shore equal", figures.untilEqual, "s")
    } else {
      let left = Double(figures.left)
      report.add(name + "Time", "time given", figures.untilEqual, "s")
      report.add(name + "Left", "events still aboard then", left, digits: 0)
      report.add(
        name + "Equal", "link up to shore equal", figures.untilEqual + left / events * busy, "s",
        "reckoned")
    }
    if let rate = profile.conditions.bitsPerSecond {
      let share = Double(figures.carriedUp) * 8 / Double(rate) / busy * 100
      report.add(name + "Share", "of the link's rate used", share, "%", "budget: 95 at 128 kbit/s")
    }
    report.add(name + "Connections", "connections", Double(figures.connections), digits: 0)
    report.add(
      name + "Resident", "resident with the backlog", figures.memory.resident / 1e6, "MB")
    report.add(
      name + "ResidentMost", "most while draining", figures.largestMemory.resident / 1e6, "MB")
    report.add(
      name + "Dirty", "private dirty, then", figures.largestMemory.privateDirty / 1e6, "MB")
    report.add(
      name + "CPU", "hub's CPU per event", figures.hubSeconds / events * 1e6, "us",
      "the crew's changes in")
  }

  private var shoreProgram: String {
    get throws {
      guard let program = shore ?? BenchOptions.beside("quartermaster-shore"),
        FileManager.default.isExecutableFile(atPath: program)
      else { throw Failure("There is no shore server. Build it, or name it with --shore.") }
      return program
    }
  }

  /// What the bodies alone would take: the floor that heads, answers and connections come on top of.
  private func gzipAlone(_ workplace: Workplace) throws -> (plain: Double, gzip: Double) {
    let store = try Store(directory: workplace.data)
    var (events, plain, gzip) = (0, 0, 0)
    var cursor: Int64 = 0
    while true {
      let page = try store.events(after: cursor, limit: Limits.pageEvents)
      guard let last = page.last else { break }
      var lines: [UInt8] = []
      for event in page {
        EventLine.append(event, to: &lines)
        lines.append(UInt8(ascii: "\n"))
      }
      events += page.count
      plain += lines.count
      gzip += try Gzip.deflated(lines).count
      cursor = last.seq
    }
    try store.close()
    return (Double(plain) / Double(max(1, events)), Double(gzip) / Double(max(1, events)))
  }
}
