import ArgumentParser
import Inventory
import Shore
import Wire

struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say how every site stands.")

  @OptionGroup var data: DataOption

  @Flag(help: "Print one JSON document, as /v1/status serves it.")
  var json = false

  func run() async throws {
    let store = try ShoreStore(data.directory, create: false)
    let sites = try store.summaries()
    try store.close()
    if json {
      try Output.say(JSON.compact(["sites": .array(sites.map(\.json))]).encoded)
    } else if sites.isEmpty {
      try Output.say("There is no site yet; `quartermaster-shore site add NAME` adds one.")
    } else {
      for site in sites { try Output.say(Self.sentence(site, now: ShoreServer.milliseconds())) }
    }
  }

  private static func sentence(_ summary: SiteSummary, now: Int64) -> String {
    let site = summary.status
    guard let epoch = site.epoch else { return "\(site.name): nothing received yet." }
    let cursors = Lane.allCases.map { "\($0.name) through \(site.cursors[$0] ?? 0)" }
    let refused = site.refused > 0 ? " \(site.refused) refused." : ""
    let age = site.lastContactAge(now: now)
    return "\(site.name): \(site.events) events of epoch \(epoch), "
      + "\(cursors.joined(separator: ", ")); last contact \(age).\(refused)\(attention(summary))"
  }

  /// What a person ought to look at; empty where nothing is.
  private static func attention(_ site: SiteSummary) -> String {
    let aboard = site.backlog?.values.reduce(0, +) ?? 0
    let notes = [
      (aboard, "events still aboard"), (site.alerts, "products low or out"),
      (site.openConflicts, "conflicts to settle"), (site.pendingChanges, "changes on their way"),
      (site.refusedChanges, "changes refused aboard"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return notes.isEmpty ? "" : " Also: \(notes.joined(separator: ", "))."
  }
}
