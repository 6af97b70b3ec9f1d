import ArgumentParser
import Uplink

struct LinkGroup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "link",
    abstract: "Tell the running hub that the link is up or down, as from a dispatcher hook.",
    discussion: """
      A hint that saves waiting: the hub tries at once when told `up`, and leaves the link alone for a \
      while when told `down`. It finds out by itself, too.
      """)

  @Argument(help: "up or down.") var word: LinkHint.Word
  @OptionGroup var data: DataOption

  func run() async throws {
    do {
      try LinkHint.say(word, in: data.directory)
    } catch {
      throw Failure("\(error)")
    }
  }
}

extension LinkHint.Word: ExpressibleByArgument {}
