import ArgumentParser
import Envelope
import Shore
import Sync

/// The shore end of Quartermaster on the command line. One file a subcommand; what is asked for
/// goes to standard output, one plain sentence about what went wrong to standard error.
@main
struct ShoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quartermaster-shore",
    abstract: "Receives and keeps the logs of Quartermaster hubs.",
    version: Version.current,
    subcommands: [
      Serve.self, SiteGroup.self, Send.self, CatalogueGroup.self, Export.self, Status.self,
      Verify.self, CourierGroup.self,
    ])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as any CustomStringConvertible & Error
      where error is ShoreError || error is EnvelopeError || error is CourierFault
    {
      Output.tell("Error: \(error)")
      exit(withError: ExitCode.failure)
    } catch {
      exit(withError: error)
    }
  }
}

struct DataOption: ParsableArguments {
  @Option(
    name: .customLong("data"), help: ArgumentHelp("Shore's folder.", valueName: "folder"))
  var path: String

  var directory: DataDirectory { DataDirectory(path) }
}

extension SiteName {
  init(argument: String) throws(ShoreError) {
    guard let name = SiteName(argument) else { throw .badSiteName(argument) }
    self = name
  }
}
