import ArgumentParser
import Inventory
import Sync

@main
struct QuartermasterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quartermaster",
    abstract: "The onboard inventory hub, and its administration.",
    version: Version.current,
    subcommands: [
      Demo.self, Serve.self, UserGroup.self, Token.self, Import.self, Export.self, Status.self,
      Verify.self, Doctor.self, Backup.self, Restore.self, CourierGroup.self, LinkGroup.self,
      TrustCommand.self,
    ])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      Console.remark("Error: \(failure)")
      exit(withError: failure.status)
    } catch let refusal as Refusal {
      Console.remark("Error: \(refusal.message)")
      exit(withError: ExitCode.failure)
    } catch {
      exit(withError: error)
    }
  }
}
