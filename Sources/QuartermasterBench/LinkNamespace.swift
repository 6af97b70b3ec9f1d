import Foundation

/// Another network, with a link to it whose rate the kernel's own token bucket limits: real TCP, real
/// acknowledgements, and every byte counted by the interface. For root only.
final class LinkNamespace {
  static let address = "10.231.7.2"
  private let name = "quartermaster-\(getpid())"
  private let near = "qm\(getpid())"

  /// - Returns: `nil` where this kernel or this user can't have one.
  init?(bitsPerSecond: Int) {
    let far = near + "f"
    let within = ["netns", "exec", name]
    // A bucket of one segment lets nothing pass faster than the rate, and 400 ms is a short queue.
    let bucket = ["tbf", "rate", "\(bitsPerSecond)bit", "burst", "1600", "latency", "400ms"]
    let steps = [
      ["ip", "netns", "add", name],
      ["ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name],
      ["ip", "addr", "add", "10.231.7.1/30", "dev", near], ["ip", "link", "set", near, "up"],
      ["ip"] + within + ["ip", "addr", "add", Self.address + "/30", "dev", far],
      ["ip"] + within + ["ip", "link", "set", far, "up"],
      // A server asks itself whether it is well.
      ["ip"] + within + ["ip", "link", "set", "lo", "up"],
      ["tc", "qdisc", "add", "dev", near, "root"] + bucket,
      ["ip"] + within + ["tc", "qdisc", "add", "dev", far, "root"] + bucket,
    ]
    guard getuid() == 0, steps.allSatisfy(Self.run) else {
      remove()
      return nil
    }
  }

  /// The words before a command that is to run there.
  var prefix: [String] { ["ip", "netns", "exec", name] }

  /// Bytes of whole Ethernet frames that went to the other network, and that came back.
  var carried: (up: Int, down: Int) { (count("tx_bytes"), count("rx_bytes")) }

  func remove() {
    _ = Self.run(["ip", "link", "del", near])
    _ = Self.run(["ip", "netns", "del", name])
  }

  private func count(_ name: String) -> Int {
    let text = try? String(
      contentsOfFile: "/sys/class/net/\(near)/statistics/\(name)", encoding: .utf8)
    return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 0
  }

  private static func run(_ words: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
