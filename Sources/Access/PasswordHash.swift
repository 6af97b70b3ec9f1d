import Crypto
import CryptoExtras
import Dispatch
import Foundation

/// Passwords as scrypt hashes (RFC 7914), in the usual `$scrypt$ln=…,r=…,p=…$salt$hash` form.
///
/// Each hash takes 16 MB and some 100 ms, one at a time, so that a flood of sign-ins can neither
/// fill the memory nor stop the hub.
package struct PasswordHash: Sendable {
  private let queue = DispatchQueue(label: "quartermaster.passwords", qos: .utility)
  private let cost: Cost

  package struct Cost: Sendable, Equatable {
    var logRounds: Int
    var blockSize: Int
    var parallelism: Int

    /// OWASP's password storage cheat sheet, the choice with the least memory.
    package static let standard = Cost(logRounds: 14, blockSize: 8, parallelism: 5)

    package init(logRounds: Int, blockSize: Int, parallelism: Int) {
      self.logRounds = logRounds
      self.blockSize = blockSize
      self.parallelism = parallelism
    }
  }

  package init(cost: Cost = .standard) {
    self.cost = cost
  }

  package func hash(_ password: String) async -> String {
    let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
    let key = await derive(password, salt: salt, cost)
    return "$scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
      + "$\(Data(salt).base64EncodedString())$\(Data(key).base64EncodedString())"
  }

  /// Whether `password` belongs to `hash`. Takes as long when there is no hash to compare with.
  package func matches(_ password: String, _ hash: String?) async -> Bool {
    guard let stored = hash.flatMap(Stored.init) else {
      _ = await derive(password, salt: Array(repeating: 0, count: 16), cost)
      return false
    }
    let key = await derive(password, salt: stored.salt, stored.cost)
    return ConstantTime.areEqual(key, stored.key)
  }

  private func derive(_ password: String, salt: [UInt8], _ cost: Cost) async -> [UInt8] {
    await withCheckedContinuation { continuation in
      queue.async {
        let key = try? KDF.Scrypt.deriveKey(
          from: Array(password.utf8), salt: salt, outputByteCount: 32,
          rounds: 1 << cost.logRounds, blockSize: cost.blockSize,
          parallelism: cost.parallelism)
        // Without memory for the hash nobody gets in: an empty key equals no stored one.
        continuation.resume(returning: key?.withUnsafeBytes(Array.init) ?? [])
      }
    }
  }

  private struct Stored {
    var cost: Cost
    var salt: [UInt8]
    var key: [UInt8]

    init?(_ text: String) {
      let parts = text.split(separator: "$")
      guard parts.count == 4, parts[0] == "scrypt" else { return nil }
      let numbers = parts[1].split(separator: ",").compactMap { parameter in
        parameter.split(separator: "=").last.flatMap { Int($0) }
      }
      guard numbers.count == 3, (1...20).contains(numbers[0]), (1...32).contains(numbers[1]),
        (1...16).contains(numbers[2]), let salt = Data(base64Encoded: String(parts[2])),
        let key = Data(base64Encoded: String(parts[3])), key.count == 32
      else { return nil }
      cost = Cost(logRounds: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
      self.salt = Array(salt)
      self.key = Array(key)
    }
  }
}

package enum ConstantTime {
  /// Compares secrets in a time that depends on their length alone.
  package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
