import ArgumentParser
import Shore
import Sync

struct Export: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what is kept here as JSON lines.", subcommands: [ExportEvents.self])
}

struct ExportEvents: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Print a site's log, oldest first: the lines that the hub's own export prints.")

  @Option(help: ArgumentHelp("The site's name.", valueName: "name"))
  var site: String

  @OptionGroup var data: DataOption

  func run() async throws {
    let site = try SiteName(argument: site)
    let store = try ShoreStore(data.directory, create: false)
    var buffer: [UInt8] = []
    try store.export(site) { line in
      buffer.append(contentsOf: line)
      buffer.append(UInt8(ascii: "\n"))
      if buffer.count >= 1 << 16 {
        try Output.write(buffer)
        buffer.removeAll(keepingCapacity: true)
      }
    }
    try Output.write(buffer)
    try store.close()
  }
}
