import ArgumentParser
import Shore
import Sync

struct SiteList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Print the sites' names, one a line.")

  @Flag(help: "Also how the site's keys stand.") var keys = false

  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try ShoreStore(data.directory, create: false)
    let now = ShoreServer.milliseconds()
    for name in try store.siteNames() {
      let states = keys ? try store.keyStatus(of: name, at: now).map(\.state.rawValue) : []
      try Output.say(([name.text] + states).joined(separator: " "))
    }
    try store.close()
  }
}
