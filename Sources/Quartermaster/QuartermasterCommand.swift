import ArgumentParser

@main
struct QuartermasterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quartermaster",
    abstract: "The onboard inventory hub, and its administration.",
    version: Version.current,
    subcommands: [
      Demo.self, Serve.self, UserGroup.self, Token.self, Import.self, Export.self, Status.self,
      Verify.self, Backup.self, Restore.self,
    ])
}

enum Version {
  static let current = "0.1.0"
}
