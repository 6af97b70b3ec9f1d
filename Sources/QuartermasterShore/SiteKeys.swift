import ArgumentParser
import Envelope
import Shore
import Sync

struct SiteRotate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Give a site a new key and print it, this once.",
    discussion: """
      The key before it counts until the new one is used for the first time, or until its days are \
      over. Counts at once, also while shore serves.
      """)

  @Argument(help: "The site's name.") var name: String
  @Option(help: ArgumentHelp("How long the key before it still counts.", valueName: "days"))
  var keep = 30
  @OptionGroup var data: DataOption

  func validate() throws {
    guard (0...3650).contains(keep) else {
      throw ValidationError("--keep takes 0 to 3650 days.")
    }
  }

  func run() async throws {
    let name = try SiteName(argument: name)
    let store = try ShoreStore(data.directory, create: false)
    let now = ShoreServer.milliseconds()
    let key = try store.rotateKey(of: name, at: now, until: now + Int64(keep) * 86_400_000)
    try Output.say(key.text)
    try store.close()
  }
}

struct SiteRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "End all of a site's keys and its courier's certificate at once; its log stays.",
    discussion: "`site rotate` gives it a key again, `courier trust` a certificate.")

  @Argument(help: "The site's name.") var name: String
  @OptionGroup var data: DataOption

  func run() async throws {
    let name = try SiteName(argument: name)
    let store = try ShoreStore(data.directory, create: false)
    try store.revokeKeys(of: name, at: ShoreServer.milliseconds())
    try CourierKeys(in: data.path).distrust(name.text)
    try Output.say("\(name) has no key any more.")
    try store.close()
  }
}
