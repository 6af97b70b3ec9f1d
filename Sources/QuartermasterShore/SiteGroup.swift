import ArgumentParser

struct SiteGroup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "site", abstract: "The sites whose logs are kept here.",
    subcommands: [SiteAdd.self, SiteList.self, SiteRotate.self, SiteRevoke.self])
}
