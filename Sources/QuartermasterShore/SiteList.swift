import ArgumentParser
import Shore

struct SiteList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Print the sites' names, one a line.")

  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try ShoreStore(data.directory, create: false)
    for name in try store.siteNames() { try Output.say(name) }
    try store.close()
  }
}
