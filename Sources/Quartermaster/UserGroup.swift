import Access
import ArgumentParser
import Foundation
import Inventory
import Storage
import Wire

struct UserGroup: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Add, list, disable and enable people.",
    subcommands: [
      UserAdd.self, UserList.self, UserDisable.self, UserEnable.self, UserPassword.self,
    ])
}

struct UserAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a person who may sign in.")

  @Argument(help: "The name to sign in with.") var name: String
  @Option(help: "admin, manager, staff, customer or guest.") var role: String
  @Option(help: ArgumentHelp("A branch that they work in; may be repeated.", valueName: "id"))
  var branch: [Int64] = []
  @Option(help: ArgumentHelp("What people call them.", valueName: "name")) var displayName: String?
  @Flag(help: "Read the password from standard input, one line; a terminal is asked for it.")
  var passwordStdin = false
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore(creating: true)
    let gate = try await Gate.open(store, data.directory, logger: Console.logger())
    let password = try passwordStdin ? Password.read() : nil
    let command = try CreateUser(
      data: .compact([
        "name": .string(name), "role": .string(role), "displayName": .text(displayName),
        "branchIds": .array(branch.map(JSON.int)), "password": .text(password),
      ]))
    _ = try await gate.ledger.submit(Submission(await gate.sealed(command), by: .hub)).receipt
    Console.say("Added \(name) as \(role).")
    if password == nil {
      Console.remark(
        "\(name) has no password yet and can use tokens only; set one with: quartermaster user password \(name)"
      )
    }
  }
}

struct UserList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List people.")

  @Flag(help: "One JSON object a line.") var json = false
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    guard let users = Listing.named("users") else { return }
    var cursor: Int64?
    repeat {
      let page = try store.page(users, PageRequest(cursor: cursor, limit: 1000), for: .console)
      for item in page.items {
        guard !json, let user = try? JSON(parsing: item) else {
          Console.say(item)
          continue
        }
        let state = user["active"]?.boolean ?? true ? "" : "  (disabled)"
        Console.say("\(user["name"]?.text ?? "")  \(user["role"]?.text ?? "")\(state)")
      }
      cursor = page.next
    } while cursor != nil
  }
}

struct UserDisable: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Keep a person out; their sessions end at once.")

  @Argument(help: "The name to sign in with.") var name: String
  @OptionGroup var data: DataOption

  func run() async throws {
    try await UserState.set(name, active: false, data)
    Console.say("Disabled \(name).")
  }
}

struct UserEnable: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Let a person in again.")

  @Argument(help: "The name to sign in with.") var name: String
  @OptionGroup var data: DataOption

  func run() async throws {
    try await UserState.set(name, active: true, data)
    Console.say("Enabled \(name).")
  }
}

struct UserPassword: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "password",
    abstract: "Set a person's password; their sessions end.",
    discussion: "The password is one line on standard input; a terminal is asked for it.")

  @Argument(help: "The name to sign in with.") var name: String
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    let gate = try await Gate.open(store, data.directory, logger: Console.logger())
    let command = try SetPassword(
      data: [
        "userId": .int(try UserState.id(of: name, store)), "password": .string(try Password.read()),
      ])
    _ = try await gate.ledger.submit(Submission(await gate.sealed(command), by: .hub)).receipt
    Console.say("Set the password of \(name).")
  }
}

struct Token: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a bearer token for a script that acts as NAME.")

  @Argument(help: "The name to sign in with.") var name: String
  @OptionGroup var data: DataOption

  func run() async throws {
    let store = try data.openStore()
    let gate = try await Gate.open(store, data.directory, logger: Console.logger())
    do {
      Console.say(try await gate.issueToken(login: name))
    } catch {
      throw Failure(error.message)
    }
  }
}

private enum UserState {
  static func id(of name: String, _ store: Store) throws -> Int64 {
    guard let account = try store.account(login: name) else {
      throw Failure("There is no user called \(name). List them with: quartermaster user list")
    }
    return account.user
  }

  static func set(_ name: String, active: Bool, _ data: DataOption) async throws {
    let store = try data.openStore()
    let ledger = Ledger(store: store, logger: Console.logger())
    let command = try UpdateUser(
      data: ["userId": .int(try id(of: name, store)), "active": .bool(active)])
    _ = try await ledger.submit(Submission(command, by: .hub)).receipt
  }
}

private enum Password {
  static func read() throws -> String {
    let line = isatty(STDIN_FILENO) == 1 ? ask() : readLine(strippingNewline: true)
    guard let line, !line.isEmpty else {
      throw Failure(
        "No password came on standard input. Pipe one line, such as: echo secret-words | …")
    }
    return line
  }

  /// Reads a line that the terminal does not show.
  private static func ask() -> String? {
    Console.write("Password: ", to: STDERR_FILENO)
    var before = termios()
    tcgetattr(STDIN_FILENO, &before)
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
    defer {
      tcsetattr(STDIN_FILENO, TCSANOW, &before)
      Console.remark("")
    }
    return readLine(strippingNewline: true)
  }
}

extension Identity {
  /// Whoever may read the hub's files may see everything in them.
  static let console = Identity(user: 0, name: "console", role: .admin, session: 0)
}
