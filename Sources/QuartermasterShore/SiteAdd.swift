import ArgumentParser
import Shore
import Sync

struct SiteAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Enter a site and print its key, this once.",
    discussion: "Save the key to a file aboard and start the hub with --site-key-file FILE.")

  @Argument(help: "The site's name: \(SiteName.rule).")
  var name: String

  @OptionGroup var data: DataOption

  func run() async throws {
    let name = try SiteName(argument: name)
    let store = try ShoreStore(data.directory, create: true)
    try Output.say(try store.addSite(name, at: ShoreServer.milliseconds()).text)
    try store.close()
  }
}
