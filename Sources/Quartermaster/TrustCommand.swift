import ArgumentParser
import Certificates
import Foundation

struct TrustCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust",
    abstract: "Print the fingerprint that devices must show before they trust this hub.",
    discussion: """
      On a device, open http://ADDRESS:8080/welcome and follow the pictures; compare the fingerprint \
      that it shows with this one.
      """)

  @OptionGroup var data: DataOption

  func run() async throws {
    let folder = data.directory + "/tls"
    guard FileManager.default.fileExists(atPath: folder + "/authority.pem") else {
      throw Failure(
        "There is no authority in \(folder). The hub makes one when it is started with HTTPS on.")
    }
    let names = BoxNames.now()
    let authority = try Authority(in: folder, hostname: names.hostname)
    Console.say(
      """
      SHA-256: \(try authority.fingerprint)
      Names:   \(names.domains.joined(separator: ", "))
      Address: \(names.reachable.isEmpty ? "none on a network" : names.reachable.joined(separator: ", "))
      """)
  }
}
