import ArgumentParser
import Shore

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check that every site's state is what its log tells.")

  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try ShoreStore(data.directory, create: false)
    let problems = try store.verify()
    try store.close()
    for problem in problems { try Output.say(problem) }
    guard problems.isEmpty else {
      throw ShoreError.badInput(
        "\(problems.count) found. Keep a copy of the folder, and report them.")
    }
    try Output.say("All is well: every site's state is what its log tells.")
  }
}
