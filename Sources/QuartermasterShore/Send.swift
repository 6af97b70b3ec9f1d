import ArgumentParser
import Shore
import Sync
import Wire

struct Send: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Queue a command for a site's hub.",
    discussion: """
      The hub carries it out once, as soon as there is a link, if its settings allow shore that \
      command; if it refuses, the reason shows in the tray here and aboard.

        quartermaster-shore send aurora product.update '{"productId":7,"price":1290}' --by Ana
      """)

  @Argument(help: "The site's name.") var site: String
  @Argument(help: "The command, such as product.update.") var command: String
  @Argument(help: "Its data, a JSON object.") var json: String
  @Option(help: ArgumentHelp("Who asks for it, for people aboard.", valueName: "name"))
  var by = "the office"
  @Option(
    help: ArgumentHelp(
      "An id of your own; the same one again sends nothing twice.", valueName: "id"))
  var key: String?
  @OptionGroup var data: DataOption

  func run() async throws {
    let site = try SiteName(argument: site)
    guard let json = try? JSON(parsing: json) else {
      throw ShoreError.badInput("The data is no JSON; write an object such as {\"productId\":7}.")
    }
    let store = try ShoreStore(data.directory, create: false)
    let order = try Ordered.order(command, json, by: by, tag: key)
    let numbers = try await store.enqueue([order], for: site, at: ShoreServer.milliseconds())
    try Output.say("Queued as change \(numbers[0]) for \(site).")
    try store.close()
  }
}

/// The same checks as the server's, with a plain sentence for the terminal.
enum Ordered {
  static func order(
    _ command: String, _ data: JSON, by author: String, tag: String? = nil
  ) throws(ShoreError) -> ShoreStore.Order {
    do throws(Problem) {
      return try ShoreStore.Order(command, data, by: author, tag: tag)
    } catch {
      throw .badInput(error.detail)
    }
  }
}
